import type { Target } from '../discovery/target.ts';
import type { GatewayChain } from '../scrape/gateway-chain.ts';
import type { Outcome } from '../scrape/outcome.ts';
import type { TargetHistory } from './target-history.ts';

/** A scrape that ended; its times are in milliseconds since the epoch. */
export interface LastScrape {
  readonly outcome: Outcome;
  /** When it began; where no worker has told, when it was asked for. */
  readonly startedAt: number;
  readonly endedAt: number;
}

/** A target as the scraper keeps it: which worker owns it, and its scrapes. */
export interface OwnedTarget {
  /** Its number for the workers. A target that moves to another worker becomes a new one. */
  readonly id: number;
  /** The target of the latest target set, whose key is always the same; its discovered labels and its timeout may be others now. */
  target: Target;
  readonly worker: number;
  inFlight: Scrape | undefined;
  /** The last scrape that ended, while it may be used again. */
  reusable: Scrape | undefined;
  /** What became of the last scrape that ended; for pages and telemetry. */
  last: LastScrape | undefined;
  /** The scrapes before it too. */
  readonly history: TargetHistory;
  /** The id of the gateway that it turned out to be, where it is one. */
  gateway?: string | undefined;
  /** The target that this one stands beside, for a scrape that nobody shares. */
  readonly twinOf?: OwnedTarget;
  /** Rounds and scrapes that need the worker to know the target. */
  pins: number;
  /** No longer in the target set; the worker is told when nothing pins it. */
  gone: boolean;
}

/**
 * One request to one target and what became of it, shared by all who wait for it. `pins` counts who may still ask for
 * its exposition; at 0 the worker forgets it.
 */
export class Scrape {
  readonly id: number;
  readonly target: OwnedTarget;
  /** `performance.now()` at the beginning. */
  readonly startedAt: number;
  /** The same in milliseconds since the epoch. */
  readonly startedAtMs: number = Date.now();
  /** What the first caller gives it; the target is told. */
  readonly timeoutMs: number;
  /** The gateways that the first caller came through; the target is told. */
  readonly chain: GatewayChain;
  /** Nobody can join it any more. */
  cancelled: boolean = false;
  outcome: Outcome | undefined = undefined;
  pins: number = 0;
  readonly waiters: Set<() => void> = new Set();
  /** Runs while nobody waits for a scrape that is under way. */
  abandonTimer: NodeJS.Timeout | undefined = undefined;

  constructor(
    id: number,
    target: OwnedTarget,
    startedAt: number,
    timeoutMs: number,
    chain: GatewayChain = [],
  ) {
    this.id = id;
    this.target = target;
    this.startedAt = startedAt;
    this.timeoutMs = timeoutMs;
    this.chain = chain;
  }
}
