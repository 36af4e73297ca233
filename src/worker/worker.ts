import { parentPort, workerData } from 'node:worker_threads';
import { BlockDeflater } from '../exposition/block-deflater.ts';
import { Workshop } from '../exposition/body-reader.ts';
import type { LabelledExposition } from '../exposition/family-block.ts';
import { Share, type SharePart, type ShareTarget } from '../merge/share.ts';
import { ScrapeFailure } from '../scrape/failure.ts';
import type { AnswerEntry, WorkerReply, WorkerRequest } from './protocol.ts';
import { TargetScraper, type ScrapedTarget } from '../scrape/target-scraper.ts';

/** What the serving thread hands a worker when it starts it. */
export interface WorkerData {
  readonly userAgent: string;
}

/** Parts of an answer that are made before the first is asked for again. */
const PARTS_AHEAD = 2;
/** Bytes of small blocks that may wait uncompressed; above it they are deflated each on its own. */
const MAX_SMALL_BYTES = 32 * 1024 * 1024;

const port = parentPort!;
const { userAgent } = workerData as WorkerData;
const shop = new Workshop();
const composer = new BlockDeflater();
const scrapers: Map<number, TargetScraper> = new Map();
/** Expositions that somebody may still ask for, by scrape. */
const expositions: Map<number, LabelledExposition> = new Map();
const running: Map<number, TargetScraper> = new Map();
const shares: Map<number, Share> = new Map();
const composing: Map<number, Generator<SharePart, void, void>> = new Map();
let smallBytes = 0;

function reply(message: WorkerReply, transfer: ArrayBuffer[] = []): void {
  port.postMessage(message, transfer);
}

/** Gives the memory back at once: the collector would wait until much more of it has gathered. Nobody may use the parts any more. */
function free(exposition: LabelledExposition): void {
  const buffers = new Set<ArrayBufferLike>();
  for (const { parts } of exposition.families) for (const part of parts) buffers.add(part.bytes.buffer);
  for (const buffer of buffers) if (buffer instanceof ArrayBuffer) buffer.transfer(0);
}

function keep(scrape: number, exposition: LabelledExposition): void {
  expositions.set(scrape, exposition);
  smallBytes += exposition.smallBytes;
  shop.packer.keepSmall = smallBytes < MAX_SMALL_BYTES;
}

function release(scrape: number): void {
  const exposition = expositions.get(scrape);
  if (exposition === undefined) return;
  expositions.delete(scrape);
  smallBytes -= exposition.smallBytes;
  shop.packer.keepSmall = smallBytes < MAX_SMALL_BYTES;
  free(exposition);
}

function changeTargets(added: readonly ScrapedTarget[], removed: readonly number[]): void {
  for (const id of removed) {
    scrapers.get(id)?.close();
    scrapers.delete(id);
  }
  for (const target of added) scrapers.set(target.id, new TargetScraper(target, shop, userAgent));
}

async function scrape(target: number, id: number, timeoutSeconds: number): Promise<void> {
  const scraper = scrapers.get(target)!;
  running.set(id, scraper);
  const { outcome, exposition } = await scraper.scrape(timeoutSeconds);
  running.delete(id);
  if (exposition !== undefined) keep(id, exposition);
  reply({ type: 'scraped', scrape: id, outcome });
}

function shareTarget({ target, scrape: id, outcome }: AnswerEntry): ShareTarget {
  const { rules } = scrapers.get(target)!;
  const exposition = outcome.up ? expositions.get(id) : undefined;
  if (outcome.up && exposition === undefined) throw new Error(`the exposition of scrape ${id} is gone`);
  return { rules, outcome, ...(exposition !== undefined && { exposition }) };
}

function sendNext(answer: number): void {
  const parts = composing.get(answer);
  if (parts === undefined) return;
  const next = parts.next();
  if (next.done === true) return;
  const { bytes, rows } = next.value;
  // Asking ahead costs nothing: the generator stops where a part is complete.
  reply({ type: 'composed', answer, bytes, rows }, [bytes.buffer]);
}

function drop(answer: number): void {
  shares.delete(answer);
  composing.delete(answer);
}

function handle(request: WorkerRequest): void {
  switch (request.type) {
    case 'targets':
      changeTargets(request.added, request.removed);
      break;
    case 'scrape':
      void scrape(request.target, request.scrape, request.timeoutSeconds);
      break;
    case 'cancel':
      running
        .get(request.scrape)
        ?.cancel(new ScrapeFailure('timeout', 'no complete answer in the time that any caller gave it'));
      break;
    case 'release':
      for (const id of request.scrapes) release(id);
      break;
    case 'survey': {
      const share = new Share(request.entries.map(shareTarget), request.selectors, composer);
      shares.set(request.answer, share);
      reply({ type: 'surveyed', answer: request.answer, families: share.survey() });
      break;
    }
    case 'settle': {
      const share = shares.get(request.answer)!;
      share.settle(request.decided);
      reply({ type: 'surveyed', answer: request.answer, families: share.survey() });
      break;
    }
    case 'compose':
      composing.set(request.answer, shares.get(request.answer)!.compose(request.order));
      for (let i = 0; i < PARTS_AHEAD; i++) sendNext(request.answer);
      break;
    case 'more':
      sendNext(request.answer);
      break;
    case 'drop':
      drop(request.answer);
      break;
  }
}

port.on('message', (request: WorkerRequest) => {
  try {
    handle(request);
  } catch (error) {
    if (!('answer' in request)) throw error;
    drop(request.answer);
    reply({ type: 'failed', answer: request.answer, error: (error as Error).message });
  }
});
