/**
 * What Prometheus 2.42 says to the same text: `takes` and `refuses` are checked against promtool where that is installed,
 * `unasked` is for what Debian's promtool cannot know (kubernetes_sd, fields of 3.x) or what only a running one finds.
 */
export type Verdict = 'takes' | 'refuses' | 'unasked';

export interface GoodCase {
  readonly yaml: string;
  /** Expected values by path in the loaded configuration. */
  readonly want: Readonly<Record<string, unknown>>;
  readonly why: string;
  readonly prometheus: Verdict;
  /** What a current 3.x says, where it is not the same. */
  readonly newer?: Verdict;
}

export interface BadCase {
  readonly yaml: string;
  /** Line, column and the rest of the message. */
  readonly want: string;
  readonly why: string;
  readonly prometheus: Verdict;
  /** What a current 3.x says, where it is not the same. */
  readonly newer?: Verdict;
}

/** One scrape config around the given lines; the first of them is line 3 and begins in column 5. */
export function job(...lines: string[]): string {
  return `scrape_configs:\n  - job_name: a\n${lines.map((line) => `    ${line}\n`).join('')}`;
}
