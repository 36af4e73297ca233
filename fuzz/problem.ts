/** What a check found wrong. */
export interface Problem {
  /** The check, and what makes this another problem than others that it finds; short. */
  readonly kind: string;
  /** What there was and what was expected, in a few lines. */
  readonly details: string;
}

const MOST_CHARACTERS = 4000;

/** Where two texts differ, with some of what stands around it. */
export function difference(got: string, want: string): string {
  let at = 0;
  while (at < got.length && got[at] === want[at]) at++;
  const start = Math.max(0, at - 120);
  const show = (text: string): string => JSON.stringify(text.slice(start, at + 200));
  return `  got  …${show(got)}\n  want …${show(want)}`;
}

/** A problem whose details are not too long. */
export function problem(kind: string, details: string): Problem {
  return { kind, details: details.slice(0, MOST_CHARACTERS) };
}
