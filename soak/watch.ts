import { ask } from './ask.ts';
import { residentBytes } from './gateway-usage.ts';

/** What the gateway says of itself, by series; empty while it does not answer. */
export type Telemetry = ReadonlyMap<string, number>;

const EVERY_MS = 1_000;

export async function readTelemetry(url: string): Promise<Telemetry> {
  const answer = await ask({ url: `${url}/-/metrics`, gzip: false, timeout: undefined }).catch(
    () => undefined,
  );
  const values = new Map<string, number>();
  for (const line of answer?.body.toString().split('\n') ?? []) {
    const blank = line.lastIndexOf(' ');
    if (line !== '' && !line.startsWith('#')) values.set(line.slice(0, blank), Number(line.slice(blank + 1)));
  }
  return values;
}

/** The memory of the gateway as it goes. */
export class Watch implements Disposable {
  readonly rss: number[] = [];
  readonly heap: number[] = [];
  readonly #timer: NodeJS.Timeout;

  constructor(pid: number, url: string) {
    this.#timer = setInterval(() => {
      this.rss.push(residentBytes(pid));
      void this.#readHeap(url);
    }, EVERY_MS);
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }

  async #readHeap(url: string): Promise<void> {
    const heap = (await readTelemetry(url)).get('nodejs_heap_size_used_bytes');
    if (heap !== undefined) this.heap.push(heap);
  }
}
