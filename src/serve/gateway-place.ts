import type { IncomingHttpHeaders } from 'node:http';

/** Where a reader reaches the gateway. */
export interface GatewayPlace {
  /** `host` or `host:port`. */
  readonly address: string;
  /** Absent where it is not known: something in front may speak TLS. */
  readonly scheme?: 'http' | 'https';
  /** What stands before every path; empty, or with a slash at its beginning only. */
  readonly pathPrefix: string;
}

/**
 * The place that `--web.external-url` names, else the one that the caller itself used: `Host`, or what a proxy says of it
 * (`X-Forwarded-Host`, `X-Forwarded-Proto`). When that is no address, what it is.
 */
export function gatewayPlace(headers: IncomingHttpHeaders, externalUrl?: URL): GatewayPlace | string {
  if (externalUrl !== undefined) {
    const { host, protocol } = externalUrl;
    const scheme = protocol === 'https:' ? 'https' : 'http';
    return { address: host, scheme, pathPrefix: pathPrefixOf(externalUrl) };
  }
  const address = first(headers['x-forwarded-host']) ?? headers.host ?? '';
  const match = /^(?:[\w.-]+|\[[\da-f:.]+\])(?::(\d{1,5}))?$/i.exec(address);
  if (match === null || Number(match[1] ?? 0) > 65535) return address;
  const scheme = first(headers['x-forwarded-proto'])?.toLowerCase();
  return { address, ...((scheme === 'http' || scheme === 'https') && { scheme }), pathPrefix: '' };
}

/** The path of an external URL, as Prometheus takes it for a prefix: without slashes at its end. */
export function pathPrefixOf({ pathname }: URL): string {
  return pathname.replace(/\/+$/, '');
}

/** Each proxy may add its own; the first has spoken with the caller. */
function first(header: string | string[] | undefined): string | undefined {
  const text = (typeof header === 'object' ? header[0] : header)?.split(',', 1)[0]?.trim();
  return text === '' ? undefined : text;
}
