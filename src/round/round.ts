import type { GatewayChain } from '../scrape/gateway-chain.ts';
import type { Outcome } from '../scrape/outcome.ts';
import { timedOut } from '../scrape/outcome.ts';
import type { Selector } from '../selector/selector.ts';
import type { OwnedTarget, Scrape } from './scrape.ts';

/** One target in a finished round. */
export interface RoundEntry {
  readonly target: OwnedTarget;
  readonly scrape: Scrape;
  /** How it stands in this round; a scrape that goes on past the caller's deadline has timed out for this caller only. */
  readonly outcome: Outcome;
}

/** What one caller waits for. */
export interface RoundOptions {
  /** Milliseconds that the caller gives a target. */
  timeoutMs(target: OwnedTarget): number;
  /** The gateways that the caller's request came through; none by default. */
  readonly chain?: GatewayChain;
  /** The answer has no report series. */
  readonly unreported?: boolean;
  /** What the answer will be asked for; the workers pick it out while targets are waited for. None is everything. */
  readonly selectors?: readonly Selector[];
  /** Aborted when the caller goes away. */
  readonly signal: AbortSignal;
}

/**
 * Waits for the scrapes, each until its own deadline, and tells how each stands then. Rejects with the signal's reason.
 * `leave` is called once for each scrape that is not waited for any more before it ended.
 */
export async function awaitScrapes(
  scrapes: readonly Scrape[],
  options: RoundOptions,
  leave: (scrape: Scrape) => void,
): Promise<RoundEntry[]> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const waiting = new Map<Scrape, () => void>();
  const timers: NodeJS.Timeout[] = [];
  const deadlines = new Map<number, Scrape[]>();
  const stopWaiting = (scrape: Scrape): void => {
    const waiter = waiting.get(scrape);
    if (waiter === undefined) return;
    scrape.waiters.delete(waiter);
    waiting.delete(scrape);
  };
  for (const scrape of scrapes) {
    if (scrape.outcome !== undefined) continue;
    const waiter = (): void => {
      waiting.delete(scrape);
      if (waiting.size === 0) resolve();
    };
    waiting.set(scrape, waiter);
    scrape.waiters.add(waiter);
    const timeout = options.timeoutMs(scrape.target);
    const due = deadlines.get(timeout);
    if (due === undefined) deadlines.set(timeout, [scrape]);
    else due.push(scrape);
  }
  const expired = new Map<Scrape, Outcome>();
  for (const [timeout, due] of deadlines) {
    const expire = (): void => {
      for (const scrape of due) {
        if (!waiting.has(scrape)) continue;
        stopWaiting(scrape);
        expired.set(scrape, timedOut(timeout / 1000));
        leave(scrape);
      }
      if (waiting.size === 0) resolve();
    };
    timers.push(setTimeout(expire, timeout));
  }
  const abort = (): void => reject(options.signal.reason as Error);
  options.signal.addEventListener('abort', abort);
  try {
    if (options.signal.aborted) abort();
    else if (waiting.size === 0) resolve();
    await promise;
  } finally {
    options.signal.removeEventListener('abort', abort);
    for (const timer of timers) clearTimeout(timer);
    for (const scrape of waiting.keys()) {
      stopWaiting(scrape);
      leave(scrape);
    }
  }
  return scrapes.map((scrape) => ({
    target: scrape.target,
    scrape,
    outcome: expired.get(scrape) ?? scrape.outcome!,
  }));
}
