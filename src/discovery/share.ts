/**
 * The next of two plain values, made of the parts of the known one wherever they are equal; the known one itself when nothing differs.
 * So that identity tells what has changed. In lists, parts that were put in or changed, and up to eight in a row that were
 * taken out, leave the others as they are. It may change `next`. Hot: an Endpoints object with a thousand addresses comes with every change of a pod.
 */
export function share<T>(known: T, next: T): T {
  if (known === next || typeof known !== 'object' || typeof next !== 'object') return next;
  if (known === null || next === null) return next;
  if (Array.isArray(known)) return Array.isArray(next) ? (shareList(known, next) as T) : next;
  return Array.isArray(next) ? next : shareObject(known, next);
}

function shareObject<T extends object>(known: T, next: T): T {
  const names = Object.keys(next) as (keyof T)[];
  let isSame = Object.keys(known).length === names.length;
  for (const name of names) {
    const value = share(known[name], next[name]);
    if (value === next[name]) {
      if (value !== known[name]) isSame = false;
    } else {
      // The value is plain and nobody else's yet.
      next[name] = value;
      if (value !== known[name]) isSame = false;
    }
  }
  return isSame ? known : next;
}

function shareList(known: readonly unknown[], next: readonly unknown[]): readonly unknown[] {
  const shared: unknown[] = [];
  let at = 0;
  let isSame = known.length === next.length;
  for (const [index, value] of next.entries()) {
    const part = share(known[at], value);
    const isNext = at < known.length && part === known[at];
    const found = isNext ? at : lookAhead(known, at + 1, value);
    if (found !== undefined) at = found + 1;
    shared.push(found === undefined ? part : known[found]);
    if (shared[index] !== known[index]) isSame = false;
  }
  return isSame ? known : shared;
}

/** Where one of the next few known parts equals the value. */
function lookAhead(known: readonly unknown[], from: number, value: unknown): number | undefined {
  for (let at = from; at < Math.min(known.length, from + 8); at += 1)
    if (share(known[at], value) === known[at]) return at;
  return undefined;
}
