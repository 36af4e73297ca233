import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Logger } from '../log/logger.ts';
import { formatShard, shardWithin, type Shard } from '../relabel/shard.ts';
import { PlanMemory } from '../round/plan-memory.ts';
import type { OwnedTarget } from '../round/scrape.ts';
import type { Round, Scraper } from '../round/scraper.ts';
import type { Outcome } from '../scrape/outcome.ts';
import type { Selector } from '../selector/selector.ts';
import { breakOff, writeAnswer } from './answer-writer.ts';
import { readCaller, WriteTimes } from './caller.ts';
import { ConflictLog } from './conflict-log.ts';
import { DuplicateCheck } from './duplicate-check.ts';
import type { ExpositionQuery } from './exposition-query.ts';
import { sendFailure } from './failure-answer.ts';
import type { LoopGuard } from './loop-guard.ts';
import { TargetShards } from './target-shards.ts';
import type { Telemetry } from './telemetry.ts';

/** What a caller who names no timeout has to read its answer. One that reads more slowly would hold it in memory. */
const READ_TIMEOUT_MS = 60_000;
/** What every caller has, however long the targets took. */
const MIN_READ_MS = 1000;

export interface ExpositionOptions {
  readonly scraper: Scraper;
  readonly telemetry: Telemetry;
  readonly maxTimeoutMs: number;
  readonly view: 'metrics' | 'federate' | 'probe';
  /** The part of the targets that the gateway has; absent is all. */
  readonly shard?: Shard | undefined;
  readonly loops: LoopGuard;
  readonly log: Logger;
}

/** What is answered. */
interface Asked {
  readonly targets: readonly OwnedTarget[];
  /** Only series that one of them selects. */
  readonly selectors: readonly Selector[];
  /** Tells questions about some of the targets from those about others; empty is all. */
  readonly part: string;
  /** One target without its report series: where it failed, so does the answer. */
  readonly alone: boolean;
}

/** Answers with the merged exposition: a round for this caller, then its families as they are joined. */
export class ExpositionRoute {
  readonly #options: ExpositionOptions;
  readonly #plans = new PlanMemory();
  readonly #writeTimes = new WriteTimes();
  readonly #shards = new TargetShards();
  readonly #duplicates: DuplicateCheck;
  readonly #conflicts: ConflictLog;

  constructor(options: ExpositionOptions) {
    this.#options = options;
    this.#duplicates = new DuplicateCheck(options);
    this.#conflicts = new ConflictLog(options.log);
  }

  /** Handles one request. With selectors, only series that one of them selects; with a shard, only its targets, which alone are scraped. */
  async answer(
    request: FastifyRequest,
    reply: FastifyReply,
    { selectors, shard }: ExpositionQuery,
  ): Promise<void> {
    const { scraper, shard: own } = this.#options;
    const targets =
      shard === undefined
        ? scraper.targets
        : this.#shards.of(scraper.targets, own ? shardWithin(own, shard) : shard);
    const part = shard === undefined ? '' : formatShard(shard);
    await this.#answer(request, reply, { targets, part, selectors, alone: false });
  }

  /** The same of one target, which alone is scraped: without report series, and with 502 or 504 where its scrape failed. */
  async answerOne(request: FastifyRequest, reply: FastifyReply, target: OwnedTarget): Promise<void> {
    const part = `target ${target.id}`;
    await this.#answer(request, reply, { targets: [target], part, selectors: [], alone: true });
  }

  async #answer(
    request: FastifyRequest,
    reply: FastifyReply,
    { targets, part, selectors, alone }: Asked,
  ): Promise<void> {
    const { scraper, telemetry, maxTimeoutMs, view, log, loops } = this.#options;
    const chain = loops.admit(scraper.gatewayId, request, reply);
    if (chain === undefined) return;
    // Answers of such kinds take about as long to write as those of the same kind before.
    const kind = `${selectors.length > 0} ${part !== ''}`;
    const caller = readCaller(request.headers);
    const left = new AbortController();
    const onClose = (): void => {
      // An error takes its time to make, and nobody is left to hear of it then.
      if (!reply.raw.writableFinished) left.abort(new CallerLeft('the caller went away'));
    };
    reply.raw.once('close', onClose);
    const start = performance.now();
    let cutOff = false;
    let writingSince: number | undefined;
    const cut = (why: string): void => {
      cutOff = true;
      log.warn('answer broken off', { path: pathOf(request), why });
      breakOff(reply.raw);
    };
    try {
      const begunAt = Date.now();
      // Asked for every target, and nearly always the same.
      const budgets = new Map<number, number>();
      const timeoutMs = ({ target }: OwnedTarget): number => {
        const timeout = Math.min(caller.timeoutMs ?? target.scrapeTimeoutMs, maxTimeoutMs);
        const known = budgets.get(timeout);
        if (known !== undefined) return known;
        const budget = this.#writeTimes.budget(kind, timeout);
        budgets.set(timeout, budget);
        return budget;
      };
      using round = await scraper.round(targets, {
        timeoutMs,
        selectors,
        signal: left.signal,
        chain,
        unreported: alone,
      });
      if (view === 'metrics' && part === '') scraper.lastRound.record(begunAt, round.entries, timeoutMs);
      if (view === 'metrics')
        scraper.roundHistory.ended({ begunAt, endedAt: Date.now() }, round.entries, scraper.targets);
      const collected = performance.now();
      const whole = selectors.length === 0 && part === '';
      const check = whole ? scraper.claims : undefined;
      const isFailed = (): boolean => alone && failureOf(round) !== undefined;
      const answer = isFailed()
        ? undefined
        : await scraper.answers.get({ round, part, selectors, plans: this.#plans, check });
      // One that others may have too belongs to nobody.
      using own = answer?.own;
      // The worker may have ended meanwhile.
      if (answer === undefined || isFailed()) {
        const sent = sendFailure(reply, failureOf(round)!);
        const seconds = (performance.now() - start) / 1000;
        const collectSeconds = (collected - start) / 1000;
        telemetry.answered({ view, seconds, collectSeconds, bytes: sent, rawBytes: sent, complete: false });
        return;
      }
      reply.hijack();
      writingSince = collected;
      const patience = caller.timeoutMs ?? READ_TIMEOUT_MS;
      const readDeadline = setTimeout(
        () => cut('the caller did not read it in time'),
        Math.max(MIN_READ_MS, patience - (performance.now() - start)),
      );
      let sent: number;
      const reader = scraper.memory.reading(() =>
        cut('memory is short, and of all callers this one has been reading the longest'),
      );
      try {
        sent = await writeAnswer(answer, reply.raw, { gzip: caller.gzip, readers: scraper.memory.readers });
      } finally {
        clearTimeout(readDeadline);
        reader[Symbol.dispose]();
      }
      this.#writeTimes.record(kind, performance.now() - collected);
      telemetry.answered({
        view,
        seconds: (performance.now() - start) / 1000,
        collectSeconds: (collected - start) / 1000,
        bytes: sent,
        rawBytes: answer.rawLength,
        complete: round.entries.every((entry) => entry.outcome.up),
        ...(whole && { conflicts: answer.conflicts }),
      });
      if (!whole) return;
      this.#conflicts.answered(answer.conflicts);
      await this.#duplicates.look(own, round);
    } catch (error) {
      const leaving = cutOff || isLeaving(error);
      if (writingSince !== undefined && leaving && !cutOff)
        this.#writeTimes.lost(kind, performance.now() - writingSince);
      telemetry.answerFailed(view, cutOff ? 'cut_off' : leaving ? 'caller_left' : 'error');
      if (!reply.raw.headersSent && !left.signal.aborted) throw error;
      breakOff(reply.raw);
      if (!leaving) log.error('answer broken off', { path: pathOf(request), error: error as Error });
    } finally {
      reply.raw.off('close', onClose);
    }
  }
}

/** How the first target that is not up failed. A scrape that was up may have been lost with its worker since. */
function failureOf({ entries }: Round): Outcome | undefined {
  return entries
    .map(({ outcome, scrape }) => (outcome.up ? (scrape.outcome ?? outcome) : outcome))
    .find(({ up }) => !up);
}

function pathOf({ url }: FastifyRequest): string {
  return url.split('?', 1)[0]!;
}

class CallerLeft extends Error {}

/** What writing to a caller that went away fails with. An error of our own closes the connection too, but keeps its code. */
const leavingCodes = new Set([
  'ABORT_ERR',
  'ECONNRESET',
  'EPIPE',
  'ERR_STREAM_DESTROYED',
  'ERR_STREAM_PREMATURE_CLOSE',
  'ERR_STREAM_UNABLE_TO_PIPE',
]);

function isLeaving(error: unknown): boolean {
  return error instanceof CallerLeft || leavingCodes.has((error as NodeJS.ErrnoException).code ?? '');
}
