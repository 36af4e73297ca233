import { ScrapeFailure } from './failure.ts';

/** What is asked: `path` has the query with it, both as they are sent. */
export interface Place {
  /** Scheme, host and port. */
  readonly origin: string;
  readonly path: string;
}

/** The place of a target's URL, whose path and query stay as they are written: Prometheus does not resolve `..` in them. Undefined when it is no URL. */
export function placeOf(url: string): Place | undefined {
  const parsed = URL.parse(url);
  if (parsed === null) return undefined;
  const start = url.indexOf('/', url.indexOf('://') + 3);
  const path = start < 0 ? '/' : url.slice(start);
  return { origin: parsed.origin, path: path.replace(/#.*$/s, '') };
}

/** RFC 3986, appendix B. */
const PARTS = /^(?:([^:/?#]+):)?(?:\/\/([^/?#]*))?([^?#]*)(\?[^#]*)?/;
const SCHEME = /^[a-z][a-z0-9+.-]*$/i;
// oxlint-disable-next-line no-control-regex
const CONTROL = /[\0-\x1f\x7f]/;
const BROKEN_ESCAPE = /%(?![0-9a-f]{2})/i;

/**
 * Where the `Location` of a redirect leads, read as Go's client reads it, which is not as browsers do: a backslash is no slash, and
 * nothing in the path is taken for another spelling. Throws a ScrapeFailure when that is no place to ask.
 */
export function redirectedTo(from: Place, location: string): Place {
  const fail = (why: string): never => {
    throw new ScrapeFailure(
      'redirect',
      `the Location ${JSON.stringify(location.slice(0, 200))} of a redirect ${why}`,
    );
  };
  if (CONTROL.test(location)) return fail('has control characters');
  const [, scheme, authority, path = '', query = ''] = PARTS.exec(location)!;
  if (BROKEN_ESCAPE.test(path)) return fail('has a broken escape');
  if (scheme !== undefined && !SCHEME.test(scheme)) return fail('is no URL');
  if (scheme !== undefined && !/^https?$/i.test(scheme))
    return fail('has a scheme other than http and https');
  if (scheme !== undefined && (authority ?? '') === '') return fail('has no host');
  if (query.includes(' ')) return fail('has a blank in its query');
  const escaped = escapedPath(path);
  if (authority === undefined) {
    const [before = ''] = from.path.split('?', 1);
    if (path === '') return { origin: from.origin, path: before + (query || from.path.slice(before.length)) };
    return { origin: from.origin, path: resolved(before, escaped) + query };
  }
  const base = scheme ?? from.origin.slice(0, from.origin.indexOf(':'));
  const url = URL.parse(`${base}://${authority}`);
  const host = authority.slice(authority.lastIndexOf('@') + 1).toLowerCase();
  // A host in another spelling of an address is a name for Go, which nobody has.
  if (url === null || !host.startsWith(url.hostname)) return fail('is no URL');
  return { origin: url.origin, path: resolved('/', escaped === '' ? '/' : escaped) + query };
}

/** The header `Referer` of a request that follows a redirect, as Go's client sets it: none from https to http. */
export function refererOf(from: Place, to: Place): string | undefined {
  const isDowngrade = from.origin.startsWith('https:') && to.origin.startsWith('http:');
  return isDowngrade ? undefined : from.origin + from.path;
}

/** RFC 3986, 5.2: `path` seen from `base`, without dot segments. */
function resolved(base: string, path: string): string {
  const whole = path.startsWith('/') ? path : base.slice(0, base.lastIndexOf('/') + 1) + path;
  const segments: string[] = [];
  const parts = whole.split('/').slice(1);
  for (const [i, part] of parts.entries()) {
    const last = i === parts.length - 1;
    if (part === '..') segments.pop();
    if (part !== '.' && part !== '..') segments.push(part);
    else if (last) segments.push('');
  }
  return `/${segments.join('/')}`;
}

/** Go's `URL.EscapedPath`: as it is where that is a legal path, else every byte that need not stand for itself escaped. */
function escapedPath(path: string): string {
  if (/^[\w.~!$&'()*+,;=:@%/[\]-]*$/.test(path)) return path;
  // A header's characters are bytes.
  const raw = path.replaceAll(/%([0-9a-f]{2})/gi, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
  return raw.replaceAll(/[^\w.~$&+,/:;=@-]/g, (character) => {
    const hex = character.charCodeAt(0).toString(16).toUpperCase();
    return `%${hex.padStart(2, '0')}`;
  });
}
