import { constants, crc32, deflateRawSync, gzipSync, inflateRawSync } from 'node:zlib';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

import { benchBodies } from '../simulator/render.ts';
import type * as bodyFamily from '../src/exposition/body-family.ts';
import type * as bufferPool from '../src/exposition/buffer-pool.ts';
import type * as blockDeflater from '../src/exposition/block-deflater.ts';
import type * as bodyReader from '../src/exposition/body-reader.ts';
import type { LabelledExposition } from '../src/exposition/family-block.ts';
import type * as labelRules from '../src/exposition/label-rules.ts';
import type * as workshop from '../src/exposition/workshop.ts';
import type * as zlibHandle from '../src/exposition/zlib-handle.ts';
import { now } from './clock.ts';
import { podLabels } from './scrape-config.ts';

/** What the scan is made of: of this revision or of another one. */
export type ScanSources = Pick<typeof blockDeflater, 'BlockDeflater'> &
  Pick<typeof bodyReader, 'BodyReader'> &
  Pick<typeof workshop, 'Workshop'> &
  Pick<typeof labelRules, 'LabelRules'> &
  Pick<typeof zlibHandle, 'Flush'> & {
    /** Undefined in revisions that read every body as if it were the first. */
    readonly SpareFamilies: typeof bodyFamily.SpareFamilies | undefined;
  };

/** One body as a worker gets it. */
export interface ScanSample {
  readonly body: Buffer;
  readonly gzip: Buffer;
  /** The target's body 30 s later. */
  readonly later: Buffer;
  readonly rules: labelRules.LabelRules;
}

/** What comes of a body. */
export interface Labelled {
  readonly samples: number;
  /** The labelled bytes, family after family. */
  readonly bytes: Buffer;
  /** Bytes of all blocks that were deflated, and what zlib makes of the same bytes, family by family, at level 1. */
  readonly deflatedBytes: number;
  readonly zlibBytes: number;
}

/**
 * All of it; inflating alone; all of it for a target whose last body was that of 30 s before, or the same; all of it without the line coder, which is
 * how lines are worked off that it does not take; and that with a deflater that makes nothing.
 */
export const SCAN_PARTS = ['whole', 'inflated', 'next', 'same', 'plain', 'plainUndeflated'] as const;
/** Milliseconds for one body, of each run. */
export type ScanTimes = Readonly<Record<(typeof SCAN_PARTS)[number], readonly number[]>>;

/** Different bodies, taken in turns: one alone would stay in the caches and teach the branch predictors its lines. */
export const BODIES = 16;
const LIMIT = 256 * 1024 * 1024;
const ZLIB = { level: 1, memLevel: 9, finishFlush: constants.Z_SYNC_FLUSH };

/** Loads `src/` of the repository in that folder. Rejects when its files are not where they are in this revision. */
export async function loadScanSources(folder: string): Promise<ScanSources> {
  async function load<T>(name: string): Promise<T> {
    return (await import(pathToFileURL(join(folder, 'src', 'exposition', name)).href)) as T;
  }
  const { BlockDeflater } = await load<typeof blockDeflater>('block-deflater.ts');
  const reader = await load<typeof bodyReader & Partial<typeof workshop>>('body-reader.ts');
  // Older revisions have both in one file.
  const { Workshop } = reader.Workshop
    ? (reader as typeof workshop)
    : await load<typeof workshop>('workshop.ts');
  const { BodyReader } = reader;
  const { LabelRules } = await load<typeof labelRules>('label-rules.ts');
  const { Flush } = await load<typeof zlibHandle>('zlib-handle.ts');
  const family = await load<Partial<typeof bodyFamily>>('body-family.ts').catch(() => undefined);
  const pool = await load<Partial<typeof bufferPool>>('buffer-pool.ts').catch(() => undefined);
  const SpareFamilies = pool?.ParkedBuffers === undefined ? undefined : family?.SpareFamilies;
  return { BlockDeflater, BodyReader, Workshop, LabelRules, Flush, SpareFamilies };
}

/** What one worker does with bodies of about `bytes` bytes, in one thread. */
export class Scan {
  readonly samples: readonly ScanSample[];
  readonly #sources: ScanSources;
  readonly #shop: workshop.Workshop;
  readonly #plainShop: workshop.Workshop;
  readonly #dryShop: workshop.Workshop;
  /** Of each target, what its last body left to the next: of those that change, and of those that do not. */
  readonly #spares: readonly Spares[];

  constructor(sources: ScanSources, bytes: number) {
    const { BlockDeflater, LabelRules, Workshop } = sources;
    this.#sources = sources;
    this.samples = Array.from({ length: BODIES }, (_, index) => createSample(LabelRules, bytes, index));
    this.#shop = new Workshop();
    // Older revisions have no line coder, and take no notice.
    this.#plainShop = new Workshop(null);
    this.#dryShop = new Workshop(null);
    /** Takes everything and makes nothing: what is missing then is what deflating costs. */
    class NoDeflater extends BlockDeflater {
      override begin(): void {}
      override add(): void {}
      override finish(): blockDeflater.Block {
        return { start: 0, length: 0, rawLength: 0, crc: 0 };
      }
    }
    this.#dryShop.packer.deflater = new NoDeflater();
    const { SpareFamilies } = sources;
    const spare = (): bodyFamily.SpareFamilies | undefined => SpareFamilies && new SpareFamilies();
    this.#spares = this.samples.map(() => ({ next: spare(), same: spare(), isLater: false }));
  }

  /** What comes of a body. Throws on a block whose CRC or length is wrong. */
  labelled(sample: ScanSample): Labelled {
    return this.#labelledOf(this.#read(this.#shop, sample));
  }

  /** The same for the target's later body, when it follows the other one. */
  labelledNext(sample: ScanSample): Labelled {
    const spare = this.#sources.SpareFamilies && new this.#sources.SpareFamilies();
    this.#readNext(sample, sample.gzip, spare);
    return this.#labelledOf(this.#read(this.#shop, { ...sample, gzip: sample.later }, spare));
  }

  #labelledOf({ samples, families }: LabelledExposition): Labelled {
    const bytes: Buffer[] = [];
    let deflatedBytes = 0;
    let zlibBytes = 0;
    for (const { parts } of families) {
      bytes.push(...parts.map(rawBytes));
      const deflated = parts.filter((part) => part.deflated);
      if (deflated.length === 0) continue;
      for (const { start, end } of deflated) deflatedBytes += end - start;
      zlibBytes += deflateRawSync(Buffer.concat(deflated.map(rawBytes)), ZLIB).length;
    }
    return { samples, bytes: Buffer.concat(bytes), deflatedBytes, zlibBytes };
  }

  /** Runs each part over all bodies, in turns, so that what else the machine does hits all alike. `done` is told of each run. */
  time(runs: number, done: (run: number) => void = () => undefined): ScanTimes {
    const parts: Record<keyof ScanTimes, (sample: ScanSample, spares: Spares) => void> = {
      whole: (sample) => void this.#read(this.#shop, sample),
      inflated: ({ gzip }) => this.#inflate(gzip),
      next: (sample, spares) => {
        spares.isLater = !spares.isLater;
        this.#readNext(sample, spares.isLater ? sample.later : sample.gzip, spares.next);
      },
      same: (sample, spares) => this.#readNext(sample, sample.gzip, spares.same),
      plain: (sample) => void this.#read(this.#plainShop, sample),
      plainUndeflated: (sample) => void this.#read(this.#dryShop, sample),
    };
    const times: Record<keyof ScanTimes, number[]> = {
      whole: [],
      inflated: [],
      next: [],
      same: [],
      plain: [],
      plainUndeflated: [],
    };
    // The first tenth, at least once, is for the compiler.
    const warmups = Math.max(1, Math.round(runs / 10));
    for (let run = 1 - warmups; run <= runs; run += 1) {
      for (const name of SCAN_PARTS) {
        const start = now();
        for (const [i, sample] of this.samples.entries()) parts[name](sample, this.#spares[i]!);
        if (run >= 1) times[name].push((now() - start) / BODIES);
      }
      if (run >= 1) done(run);
    }
    return times;
  }

  #read(
    shop: workshop.Workshop,
    { gzip, rules }: Pick<ScanSample, 'gzip' | 'rules'>,
    spare?: bodyFamily.SpareFamilies,
  ): LabelledExposition {
    const { BodyReader } = this.#sources;
    const reader = new BodyReader(shop, rules, { gzip: true, limit: LIMIT, ...(spare && { spare }) });
    runToEnd(reader.push(gzip));
    return runToEnd(reader.finish());
  }

  /** Reads a target's next body, and lets go of it. */
  #readNext({ rules }: ScanSample, gzip: Buffer, spare: bodyFamily.SpareFamilies | undefined): void {
    const exposition = this.#read(this.#shop, { gzip, rules }, spare);
    spare?.give(exposition, this.#shop.packer.buffers);
  }

  /** What a BodyReader does with a body before it looks at it. */
  #inflate(gzip: Buffer): void {
    const { gunzip, window } = this.#shop;
    gunzip.reset();
    let start = 0;
    do {
      gunzip.write(this.#sources.Flush.finish, gzip, start, gzip.length - start, window, 0, window.length);
      start = gzip.length - gunzip.inputLeft;
    } while (gunzip.outputLeft === 0);
  }
}

interface Spares {
  readonly next: bodyFamily.SpareFamilies | undefined;
  readonly same: bodyFamily.SpareFamilies | undefined;
  isLater: boolean;
}

/** Here and not from `src/`, so that revisions without it can be run. */
function runToEnd<T>(steps: Generator<void, T, void>): T {
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
  }
}

function createSample(LabelRules: ScanSources['LabelRules'], bytes: number, index: number): ScanSample {
  const [body, later] = benchBodies({ bytes, seed: 1000 + index }, 2) as [Buffer, Buffer];
  const labels = Object.entries({
    ...podLabels(`virt-handler-${String(index).padStart(5, '0')}`),
    instance: `127.1.0.${index + 1}:8443`,
    job: 'kubevirt-prometheus-metrics',
  });
  return { body, gzip: gzipSync(body), later: gzipSync(later), rules: new LabelRules(labels, true, true) };
}

function rawBytes(part: LabelledExposition['families'][number]['parts'][number]): Buffer {
  const bytes = Buffer.from(part.bytes.buffer, part.bytes.byteOffset + part.start, part.end - part.start);
  if (!part.deflated) return bytes;
  // A block ends without a final one; these two bytes are one that is empty.
  const raw = inflateRawSync(Buffer.concat([bytes, Buffer.of(3, 0)]));
  if (raw.length !== part.rawLength || crc32(raw) !== part.crc)
    throw new Error(`scan: a block of ${raw.length} bytes says ${part.rawLength}, or its CRC is wrong`);
  return raw;
}
