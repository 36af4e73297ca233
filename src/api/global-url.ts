/** What Prometheus takes for this machine. */
const LOCALHOST: ReadonlySet<string> = new Set(['127.0.0.1', 'localhost', '::1']);

/** Where this gateway is reached from elsewhere: Prometheus without `--web.external-url` takes the machine's name too. */
export interface OwnAddress {
  readonly hostname: string;
  readonly port: number;
}

/**
 * The URL of a target as others may reach it (`globalUrl`): on this machine, with the machine's name; the gateway itself, at its own
 * address. As Prometheus' `getGlobalURL`.
 */
export function globalUrl(url: string, own: OwnAddress): string {
  const [, scheme, authority, rest] = /^([^/]*:)?\/\/([^/?]*)(.*)$/s.exec(url) ?? [];
  if (authority === undefined) return url;
  const [, bracketed, plain, port] = /^(?:\[(.*)\]|([^:]*))(?::(\d*))?$/.exec(authority) ?? [];
  if (!LOCALHOST.has(bracketed ?? plain ?? '')) return url;
  if (port === String(own.port)) return `http://${own.hostname}:${own.port}${rest}`;
  return `${scheme ?? ''}//${own.hostname}${port === undefined || port === '' ? '' : `:${port}`}${rest}`;
}
