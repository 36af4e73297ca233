import { readFileSync } from 'node:fs';
import { connect as connectTcp, isIP, type Socket } from 'node:net';
import { checkServerIdentity, connect as connectTls, createSecureContext } from 'node:tls';
import type { PeerCertificate, SecureContext } from 'node:tls';
import type { buildConnector } from 'undici';
import type { TlsConfig } from '../config/scrape-config.ts';
import { ScrapeFailure } from './failure.ts';

/** Prometheus' default lower bound (Go's since 1.18). */
const DEFAULT_MIN_VERSION = 'TLSv1.2';
/**
 * Go's default until 1.23, which Prometheus 2.42 offers. OpenSSL would make keys for a key exchange beside X25519 that withstands quantum
 * computers: for both sides together that was a third of what a handshake takes.
 */
const KEY_EXCHANGES = 'X25519:P-256:P-384:P-521';
/** Both as in undici's own connector: no more than this comes at a time, and an idle connection is kept alive where something on the way would forget it. */
const RECORD_BYTES = 16 * 1024;
const KEEP_ALIVE_MS = 60_000;

/** TLS material as `tls.connect` takes it. */
interface TlsMaterial {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
}

function readMaterial(tls: TlsConfig): TlsMaterial {
  const read = (field: string, inline: string | undefined, file: string | undefined): string | undefined => {
    if (inline !== undefined || file === undefined) return inline;
    try {
      return readFileSync(file, 'utf8');
    } catch (error) {
      throw new ScrapeFailure('tls', `tls_config.${field}: ${(error as Error).message}`, { cause: error });
    }
  };
  const ca = read('ca_file', tls.ca, tls.caFile);
  const cert = read('cert_file', tls.cert, tls.certFile);
  const key = read('key_file', tls.key, tls.keyFile);
  return {
    ...(ca !== undefined && { ca }),
    ...(cert !== undefined && { cert }),
    ...(key !== undefined && { key }),
  };
}

/** Contexts that were made, by what they were made of. One takes tens of kilobytes and much of a handshake's time. */
const contexts: Map<string, SecureContext> = new Map();
/** More come only when certificates change. */
const MOST_CONTEXTS = 16;

/** The context of all connections with that material and those versions. Throws what `createSecureContext` throws. */
function contextOf(
  { ca, ...own }: TlsMaterial,
  { insecureSkipVerify, minVersion = DEFAULT_MIN_VERSION, maxVersion }: TlsConfig,
): SecureContext {
  const options = {
    ...own,
    // Where nobody looks at it, the system's authorities need not be read.
    ...(insecureSkipVerify ? { ca: ca ?? [] } : ca !== undefined && { ca }),
    ecdhCurve: KEY_EXCHANGES,
    minVersion,
    ...(maxVersion !== undefined && { maxVersion }),
  };
  const key = JSON.stringify(options);
  let context = contexts.get(key);
  if (context === undefined) {
    context = createSecureContext(options);
    const [oldest] = contexts.keys();
    if (contexts.size === MOST_CONTEXTS) contexts.delete(oldest!);
    contexts.set(key, context);
  }
  return context;
}

const connectCodes = new Set([
  'ECONNREFUSED',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EADDRNOTAVAIL',
  'ETIMEDOUT',
  'EINVAL',
  'EACCES',
]);

function connectFailure(cause: ConnectError): ScrapeFailure {
  const { code = '', syscall, reason, errors = [] } = cause;
  // Where a name has several addresses, what was said of each of them.
  const message = cause.message === '' ? errors.map((error) => error.message).join('; ') : cause.message;
  if (syscall === 'getaddrinfo') return new ScrapeFailure('dns', message, { cause });
  if (syscall === 'connect' || connectCodes.has(code))
    return new ScrapeFailure('connect', message, { cause });
  // OpenSSL's whole message has its source lines in it, and a newline.
  const text = code.startsWith('ERR_SSL_') && reason !== undefined ? `TLS handshake: ${reason}` : message;
  return new ScrapeFailure('tls', text, { cause });
}

/** What Node and OpenSSL say of a connection that was not made. */
interface ConnectError extends NodeJS.ErrnoException {
  readonly reason?: string;
  /** Of an AggregateError, which has no message of its own. */
  readonly errors?: readonly Error[];
}

/**
 * Opens connections to one target. Certificate files are read again for every connection. Nothing here has a time limit:
 * `abort` ends a connection attempt at whatever stage.
 */
export class Connector {
  readonly #tls: TlsConfig;
  #socket: Socket | undefined;
  /** Connections opened so far. */
  opened: number = 0;

  constructor(tls: TlsConfig) {
    this.#tls = tls;
  }

  /** In the shape that undici calls. */
  readonly connect = (options: buildConnector.Options, callback: buildConnector.Callback): void => {
    let isOpen = false;
    try {
      const socket = (this.#socket = this.#open(options).setNoDelay(true).setKeepAlive(true, KEEP_ALIVE_MS));
      socket.once(options.protocol === 'https:' ? 'secureConnect' : 'connect', () => {
        isOpen = true;
        this.opened++;
        callback(null, socket);
      });
      // What comes once it is open, undici listens to itself.
      socket.on('error', (error: ConnectError) => {
        if (!isOpen) callback(connectFailure(error), null);
      });
    } catch (error) {
      // Node reads certificates and keys here.
      callback(error instanceof ScrapeFailure ? error : connectFailure(error as ConnectError), null);
    }
  };

  /** Destroys the connection, or the attempt at one. */
  abort(): void {
    this.#socket?.destroy();
    this.#socket = undefined;
  }

  /** Sessions are not resumed, as in Prometheus: a server that went away has mostly forgotten them. */
  #open({ protocol, hostname, port }: buildConnector.Options): Socket {
    if (protocol !== 'https:') return connectTcp({ host: hostname, port: Number(port || 80) });
    const { insecureSkipVerify, serverName } = this.#tls;
    const name = (serverName ?? hostname).replace(/\.$/, '');
    const options = {
      host: hostname,
      port: Number(port || 443),
      // As in Go's client: an address is no name to send, and a dot behind one is not sent.
      servername: isIP(name) === 0 ? name : '',
      checkServerIdentity: (_: string, certificate: PeerCertificate) =>
        checkServerIdentity(name, certificate),
      secureContext: contextOf(readMaterial(this.#tls), this.#tls),
      rejectUnauthorized: !insecureSkipVerify,
      ALPNProtocols: ['http/1.1'],
      // The types of Node don't have it.
      highWaterMark: RECORD_BYTES,
    };
    return connectTls(options);
  }
}
