/** Deeper chains are cut: they come from errors that are their own cause. */
const MAX_CAUSES = 8;

/**
 * An error's message and those of its causes, as `outer: inner: innermost`. A cause that the message already ends with is
 * not repeated. An error without a message shows its code or name; an `AggregateError` shows the errors it is made of.
 */
export function errorText(error: unknown): string {
  let text = '';
  let current: unknown = error;
  for (let depth = 0; current !== undefined && current !== null && depth < MAX_CAUSES; depth += 1) {
    const own = ownText(current);
    if (!text.endsWith(own)) text = text === '' ? own : `${text}: ${own}`;
    current = current instanceof Error ? current.cause : undefined;
  }
  return text;
}

function ownText(error: unknown): string {
  if (!(error instanceof Error))
    return typeof error === 'string' ? error : (JSON.stringify(error) ?? String(error));
  if (error.message !== '') return error.message;
  // Node's failed connection to a name with several addresses: no message of its own, one error an address.
  if (error instanceof AggregateError && error.errors.length > 0) {
    return [...new Set(error.errors.map((inner) => ownText(inner)))].join('; ');
  }
  return 'code' in error && typeof error.code === 'string' ? error.code : error.name;
}
