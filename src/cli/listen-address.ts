import { isIPv6 } from 'node:net';

/** Where to listen. Without a host: every address, of IPv6 too where the machine has it. */
export interface ListenAddress {
  readonly host?: string;
  /** 0 takes a free port. */
  readonly port: number;
}

/**
 * Reads `host:port`, `:port` or `[address]:port`, as Go's `net.Listen` does.
 * @throws RangeError naming the text and the syntax
 */
export function readListenAddress(text: string): ListenAddress {
  const match = /^(?:\[([^\]]*)\]|([^:[\]]*)):([0-9]{1,5})$/.exec(text);
  const port = Number(match?.[3]);
  const bracketed = match?.[1];
  const host = bracketed ?? match?.[2] ?? '';
  const isHost = bracketed === undefined ? /^[\w.-]*$/.test(host) : isIPv6(host);
  if (!match || !isHost || port > 65_535) {
    throw new RangeError(`"${text}" is not an address; write it like 0.0.0.0:8080, :8080 or [::1]:8080`);
  }
  return host === '' ? { port } : { host, port };
}
