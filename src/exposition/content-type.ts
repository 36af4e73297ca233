const TOKEN = String.raw`[\w!#$%&'*+.^\`|~-]+`;
const PARAMETER = String.raw`;\s*(${TOKEN})\s*=\s*(?:${TOKEN}|"(?:[^"\\]|\\.)*")\s*`;
const MEDIA_TYPE = new RegExp(`^\\s*(${TOKEN}/${TOKEN})\\s*((?:${PARAMETER})*);?\\s*$`);

/**
 * The media type in a Content-Type, in small letters; undefined when the header is malformed, which Prometheus takes for text:
 * Go's `mime.ParseMediaType`, which refuses a parameter that comes twice.
 */
function mediaTypeOf(header: string): string | undefined {
  const [, type, parameters = ''] = MEDIA_TYPE.exec(header) ?? [];
  const names = Array.from(parameters.matchAll(new RegExp(PARAMETER, 'g')), ([, name = '']) =>
    name.toLowerCase(),
  );
  return new Set(names).size === names.length ? type?.toLowerCase() : undefined;
}

/** Whether a body of that Content-Type is read by the rules of OpenMetrics. */
export function isOpenMetrics(header: string): boolean {
  return mediaTypeOf(header) === 'application/openmetrics-text';
}

/** Whether it says that the body is protobuf. */
export function isProtobuf(header: string): boolean {
  return mediaTypeOf(header) === 'application/vnd.google.protobuf';
}
