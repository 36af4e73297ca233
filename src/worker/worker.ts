import { parentPort, workerData } from 'node:worker_threads';
import { ComposeAhead } from './compose-ahead.ts';
import { MatchAhead } from './match-ahead.ts';
import { MemoryLedger, type LedgerOptions } from './memory-ledger.ts';
import { OpenAnswers } from './open-answers.ts';
import { OutcomeBatch } from './outcome-batch.ts';
import { unpackEntries } from './packed-entries.ts';
import type { WorkerReply, WorkerRequest } from './protocol.ts';
import { WorkerScrapes } from './worker-scrapes.ts';

/** What the serving thread hands a worker when it starts it. */
export interface WorkerData {
  readonly userAgent: string;
  /** The worker's place among the workers, and in the ledger. */
  readonly thread: number;
  readonly ledger: LedgerOptions;
}

const port = parentPort!;
const { userAgent, thread, ledger } = workerData as WorkerData;
const outcomes = new OutcomeBatch((ended) => reply({ type: 'scraped', ended }));
const ahead = new ComposeAhead({
  running: () => scrapes.running,
  selected: () => matches.views,
  count: (bytes) => scrapes.memory.add(bytes),
});
const matches: MatchAhead = new MatchAhead({
  deflater: ahead.deflater,
  count: (bytes) => scrapes.memory.add(bytes),
});
const scrapes: WorkerScrapes = new WorkerScrapes({
  userAgent,
  thread,
  ledger: new MemoryLedger(ledger),
  ended: (scrape, outcome) => outcomes.add(scrape, outcome),
  memoryShort: () => reply({ type: 'memoryShort' }),
  ahead,
  matches,
});
const answers = new OpenAnswers({
  reply,
  targetOf: (entry) => scrapes.shareTarget(entry),
  letGo: (targets) => scrapes.letGo(targets),
  count: (bytes) => scrapes.memory.add(bytes),
  ahead,
  matches,
});

function reply(message: WorkerReply, transfer: ArrayBuffer[] = []): void {
  port.postMessage(message, transfer);
}

function handle(request: WorkerRequest): void {
  switch (request.type) {
    case 'targets':
      scrapes.changeTargets(request.added, request.removed);
      break;
    case 'scrape':
      for (const { target, scrape, told } of request.scrapes) void scrapes.scrape(target, scrape, told);
      break;
    case 'cancel':
      scrapes.cancel(request.scrape, request.reason);
      break;
    case 'collect':
      scrapes.collectGarbage(request.when);
      break;
    case 'metadata':
      reply({ type: 'metadata', metadata: scrapes.metadata.all() });
      break;
    case 'release':
      scrapes.release(request.scrapes);
      break;
    case 'expect':
      if (request.selectors.length === 0) ahead.expect(request.question);
      else matches.expect(request.question, request.selectors, scrapes.held(request.ended));
      ahead.waiting();
      break;
    case 'forget':
      matches.forget(request.question);
      ahead.forget(request.question);
      break;
    case 'survey':
      answers.handle({ ...request, entries: unpackEntries(request.entries) });
      break;
    default:
      answers.handle(request);
      break;
  }
}

port.on('message', handle);
