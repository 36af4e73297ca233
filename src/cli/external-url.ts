/**
 * Reads `http://host/path` or `https://host/path`.
 * @throws RangeError naming the text and the syntax
 */
export function readExternalUrl(text: string): string {
  const url = URL.parse(text);
  const isPlain = url !== null && `${url.username}${url.password}${url.search}${url.hash}` === '';
  if (!isPlain || !/^https?:\/\/[^/]/i.test(text))
    throw new RangeError(`"${text}" is not a URL; write it like https://gateway.example.org/metrics-gateway`);
  return url.href;
}
