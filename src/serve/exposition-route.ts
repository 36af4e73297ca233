import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Logger } from '../log/logger.ts';
import { formatShard, shardWithin, type Shard } from '../relabel/shard.ts';
import { PlanMemory } from '../round/plan-memory.ts';
import type { OwnedTarget } from '../round/scrape.ts';
import type { Scraper } from '../round/scraper.ts';
import { breakOff, writeAnswer } from './answer-writer.ts';
import { readCaller, WriteTimes } from './caller.ts';
import { ConflictLog } from './conflict-log.ts';
import { DuplicateCheck } from './duplicate-check.ts';
import type { ExpositionQuery } from './exposition-query.ts';
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
  readonly view: 'metrics' | 'federate';
  /** The part of the targets that the gateway has; absent is all. */
  readonly shard?: Shard | undefined;
  readonly log: Logger;
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
    const { scraper, telemetry, maxTimeoutMs, view, log } = this.#options;
    const targets =
      shard === undefined
        ? scraper.targets
        : this.#shards.of(
            scraper.targets,
            this.#options.shard ? shardWithin(this.#options.shard, shard) : shard,
          );
    // Answers of such kinds take about as long to write as those of the same kind before.
    const kind = `${selectors.length > 0} ${shard !== undefined}`;
    const caller = readCaller(request.headers);
    const left = new AbortController();
    const onClose = (): void => left.abort(new CallerLeft('the caller went away'));
    reply.raw.once('close', onClose);
    const start = performance.now();
    let cutOff = false;
    const cut = (why: string): void => {
      cutOff = true;
      log.warn('answer broken off', { path: pathOf(request), why });
      breakOff(reply.raw);
    };
    try {
      const begunAt = Date.now();
      const timeoutMs = ({ target }: OwnedTarget): number =>
        this.#writeTimes.budget(kind, Math.min(caller.timeoutMs ?? target.scrapeTimeoutMs, maxTimeoutMs));
      using round = await scraper.round(targets, { timeoutMs, signal: left.signal });
      if (view === 'metrics' && shard === undefined)
        scraper.lastRound.record(begunAt, round.entries, timeoutMs);
      const collected = performance.now();
      const whole = selectors.length === 0 && shard === undefined;
      const check = whole ? scraper.claims : undefined;
      const part = shard === undefined ? '' : formatShard(shard);
      const answer = await scraper.answers.get({ round, part, selectors, plans: this.#plans, check });
      // One that others may have too belongs to nobody.
      using own = answer.own;
      reply.hijack();
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
      telemetry.answerFailed(view, cutOff ? 'cut_off' : leaving ? 'caller_left' : 'error');
      if (!reply.raw.headersSent && !left.signal.aborted) throw error;
      breakOff(reply.raw);
      if (!leaving) log.error('answer broken off', { path: pathOf(request), error: error as Error });
    } finally {
      reply.raw.off('close', onClose);
    }
  }
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
