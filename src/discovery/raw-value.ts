// Reading of what came as JSON: whatever is absent or of another type is as if empty.

/** Names with texts, such as labels. */
export type Strings = Readonly<Record<string, string>>;

/** A field of an object; `undefined` where there is none. */
export function field(of: unknown, name: string): unknown {
  return typeof of === 'object' && of !== null ? (of as Record<string, unknown>)[name] : undefined;
}

export function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

export function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

/** A text, or `undefined`: for fields where an empty one and none are two things. */
export function optionalText(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

export function number(value: unknown): number {
  return typeof value === 'number' ? value : 0;
}

/** Those of the pairs whose values are texts. */
export function strings(value: unknown): Strings {
  if (typeof value !== 'object' || value === null) return {};
  return Object.fromEntries(
    Object.entries(value).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  );
}
