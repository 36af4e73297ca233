/** How two texts differ, as a sentence with the first line in which they do. */
export function differenceOf(own: Buffer, other: Buffer): string {
  if (own.equals(other)) return `Both give the same ${own.length} labelled bytes.`;
  let different = Math.abs(own.length - other.length);
  let first = Math.min(own.length, other.length);
  for (let at = first - 1; at >= 0; at -= 1) {
    if (own[at] === other[at]) continue;
    different += 1;
    first = at;
  }
  const begin = own.lastIndexOf(0x0a, first - 1) + 1;
  const [mine, theirs] = [own, other].map((text) =>
    (text.toString('utf8', begin, begin + 4096).split('\n', 1)[0] ?? '').slice(0, 300),
  );
  return `${different} of ${own.length} labelled bytes are not those of before (${other.length}); the first line: ${mine}; before: ${theirs}.`;
}
