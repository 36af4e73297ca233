import { Client, type Dispatcher } from 'undici';
import type { TlsConfig } from '../config/scrape-config.ts';
import { Connector } from './connector.ts';

/** KubeVirt's servers keep idle connections; between two scrapes usually lie 30 s, seldom more than minutes. */
const KEEP_ALIVE_MS = 10 * 60_000;
/** Go's client reads five times as much. What comes in many pieces costs time with the square of its length here. */
const MAX_HEADER_BYTES = 2 * 1024 * 1024;

/** The connection to one origin, which is opened when it is needed and kept: HTTP/1.1, one request at a time. */
export class Connection {
  readonly #connector: Connector;
  readonly #client: Client;
  #closed = false;

  constructor(origin: string, tls: TlsConfig) {
    this.#connector = new Connector(tls);
    this.#client = new Client(origin, {
      connect: this.#connector.connect,
      pipelining: 1,
      keepAliveTimeout: KEEP_ALIVE_MS,
      keepAliveMaxTimeout: KEEP_ALIVE_MS,
      maxHeaderSize: MAX_HEADER_BYTES,
      headersTimeout: 0,
      bodyTimeout: 0,
    });
  }

  /** How often it was opened so far. */
  get opened(): number {
    return this.#connector.opened;
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** Sends a request, or lets it wait until the one before has been answered. */
  dispatch(request: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): void {
    this.#client.dispatch(request, handler);
  }

  /** Ends it for good, whatever is under way. */
  close(): void {
    this.#closed = true;
    this.#connector.abort();
    // Nothing is under way that could be told of the end.
    void this.#client.destroy();
  }
}
