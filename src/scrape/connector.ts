import { readFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import { createSecureContext, type SecureContext } from 'node:tls';
import { buildConnector } from 'undici';
import type { TlsConfig } from '../config/scrape-config.ts';
import { ScrapeFailure } from './failure.ts';

/** Prometheus' default lower bound (Go's since 1.18). */
const DEFAULT_MIN_VERSION = 'TLSv1.2';

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
  material: TlsMaterial,
  { minVersion = DEFAULT_MIN_VERSION, maxVersion }: TlsConfig,
): SecureContext {
  const options = { ...material, minVersion, ...(maxVersion !== undefined && { maxVersion }) };
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
  const { code = '', syscall, reason, message } = cause;
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
}

/**
 * Opens connections to one target. Certificate files are read again for every connection. Nothing here has a time limit:
 * `abort` ends a connection attempt at whatever stage.
 */
export class Connector {
  readonly #tls: TlsConfig;
  #material = '';
  #connect: buildConnector.connector | undefined;
  #socket: Socket | undefined;
  /** Connections opened so far. */
  opened: number = 0;

  constructor(tls: TlsConfig) {
    this.#tls = tls;
  }

  /** In the shape that undici calls. */
  readonly connect = (options: buildConnector.Options, callback: buildConnector.Callback): void => {
    try {
      const connector = this.#connector(options.protocol === 'https:');
      this.#socket = connector(options, (...[error, socket]) => {
        if (error === null) {
          this.opened++;
          callback(null, socket);
        } else callback(connectFailure(error), null);
      }) as unknown as Socket | undefined;
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

  #connector(secure: boolean): buildConnector.connector {
    if (!secure) return (this.#connect ??= buildConnector({ timeout: 0 }));
    const material = readMaterial(this.#tls);
    const print = JSON.stringify(material);
    if (this.#connect === undefined || print !== this.#material) {
      const { insecureSkipVerify, serverName } = this.#tls;
      const secureContext = contextOf(material, this.#tls);
      this.#material = print;
      this.#connect = buildConnector({
        secureContext,
        timeout: 0,
        allowH2: false,
        rejectUnauthorized: !insecureSkipVerify,
        ...(serverName !== undefined && { servername: serverName }),
      });
    }
    return this.#connect;
  }
}
