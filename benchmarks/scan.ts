import { crc32, gzipSync, inflateRawSync } from 'node:zlib';

import { benchBody, countSamples } from '../simulator/render.ts';
import { BlockDeflater } from '../src/exposition/block-deflater.ts';
import type { Block } from '../src/exposition/block-deflater.ts';
import { BodyReader, runToEnd, Workshop } from '../src/exposition/body-reader.ts';
import type { LabelledExposition } from '../src/exposition/family-block.ts';
import { LabelRules } from '../src/exposition/label-rules.ts';
import { Flush } from '../src/exposition/zlib-handle.ts';
import { now } from './clock.ts';
import { figure, markdownTable, progress } from './report.ts';
import { podLabels } from './scrape-config.ts';
import { median } from './statistics.ts';

interface Sample {
  readonly body: Buffer;
  readonly gzip: Buffer;
  readonly rules: LabelRules;
}

/** Different bodies, taken in turns: one alone would stay in the caches and teach the branch predictors its lines. */
const BODIES = 16;
const LIMIT = 256 * 1024 * 1024;

/** Takes everything and makes nothing: what is missing then is what deflating costs. */
class NoDeflater extends BlockDeflater {
  override begin(): void {}
  override add(): void {}
  override finish(): Block {
    return { start: 0, length: 0, rawLength: 0, crc: 0 };
  }
}

/**
 * What one worker does with a body, in one thread, in its parts. Returns a Markdown table. Throws when what comes out is not
 * what a line by line version of the same makes of the body.
 */
export function benchScan(options: { readonly bytes: number; readonly runs: number }): string {
  const samples = Array.from({ length: BODIES }, (_, index) => createSample(options.bytes, index));
  const shop = new Workshop();
  const dryShop = new Workshop();
  dryShop.packer.deflater = new NoDeflater();
  let labelledBytes = 0;
  for (const sample of samples) labelledBytes += checkSample(shop, sample);
  progress(`scan: ${BODIES} bodies checked`);

  const variants: Record<'whole' | 'undeflated' | 'inflated', (sample: Sample) => void> = {
    whole: (sample) => void readBody(shop, sample),
    undeflated: (sample) => void readBody(dryShop, sample),
    inflated: ({ gzip }) => inflateOnly(shop, gzip),
  };
  const times = { whole: [] as number[], undeflated: [] as number[], inflated: [] as number[] };
  // The first tenth, at least once, is for the compiler.
  const warmups = Math.max(1, Math.round(options.runs / 10));
  for (let run = -warmups; run < options.runs; run += 1) {
    // In turns, so that what else the machine does hits all alike.
    for (const name of ['whole', 'undeflated', 'inflated'] as const) {
      const start = now();
      for (const sample of samples) variants[name](sample);
      if (run >= 0) times[name].push((now() - start) / BODIES);
    }
    if (run >= 0 && (run + 1) % 50 === 0) progress(`scan: ${run + 1} of ${options.runs}`);
  }

  const bodyBytes = samples.reduce((sum, { body }) => sum + body.length, 0) / BODIES;
  const whole = { median: median(times.whole), least: Math.min(...times.whole) };
  const undeflated = { median: median(times.undeflated), least: Math.min(...times.undeflated) };
  const inflated = { median: median(times.inflated), least: Math.min(...times.inflated) };
  function row(name: string, { median: middle, least }: { median: number; least: number }): string[] {
    return [
      name,
      figure(middle),
      figure(least),
      figure(bodyBytes / middle / 1e3),
      `${figure((middle / whole.median) * 100)} %`,
    ];
  }
  function less(a: typeof whole, b: typeof whole): typeof whole {
    return { median: a.median - b.median, least: a.least - b.least };
  }
  const table = markdownTable(
    ['one body, one thread', 'median ms', 'best ms', 'MB/s of body', 'share'],
    [
      row('inflate', inflated),
      row('scan and label', less(undeflated, inflated)),
      row('deflate and CRC', less(whole, undeflated)),
      row('together', whole),
    ],
  );
  const factor = labelledBytes / BODIES / bodyBytes;
  return `${table}\nA body is ${figure(bodyBytes / 1e6)} MB and ${figure(factor)} times that with its target's labels.\n`;
}

function createSample(bytes: number, index: number): Sample {
  const body = benchBody({ bytes, seed: 1000 + index });
  const labels = Object.entries({
    ...podLabels(`virt-handler-${String(index).padStart(5, '0')}`),
    instance: `127.1.0.${index + 1}:8443`,
    job: 'kubevirt-prometheus-metrics',
  });
  return { body, gzip: gzipSync(body), rules: new LabelRules(labels, true, true) };
}

function readBody(shop: Workshop, { gzip, rules }: Sample): LabelledExposition {
  const reader = new BodyReader(shop, rules, { gzip: true, limit: LIMIT });
  runToEnd(reader.push(gzip));
  return runToEnd(reader.finish());
}

/** What a BodyReader does with a body before it looks at it. */
function inflateOnly(shop: Workshop, gzip: Buffer): void {
  const { gunzip, window } = shop;
  gunzip.reset();
  let start = 0;
  do {
    gunzip.write(Flush.finish, gzip, start, gzip.length - start, window, 0, window.length);
    start = gzip.length - gunzip.inputLeft;
  } while (gunzip.outputLeft === 0);
}

/** Returns the number of labelled bytes. */
function checkSample(shop: Workshop, sample: Sample): number {
  const exposition = readBody(shop, sample);
  const samples = countSamples(sample.body);
  if (exposition.samples !== samples) throw new Error(`scan: ${exposition.samples} samples; want ${samples}`);
  const labelled = Buffer.concat(exposition.families.flatMap(({ parts }) => parts.map(rawBytes)));
  // client_golang writes each family's samples together, so families in their order are the lines in their order.
  const want = sample.body
    .toString()
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => `${labelLine(line, sample.rules)}\n`);
  const lines = labelled.toString().split(/(?<=\n)/);
  const wrong = want.findIndex((line, index) => line !== lines[index]);
  if (wrong >= 0) throw new Error(`scan: line ${wrong} is ${lines[wrong]}want ${want[wrong]}`);
  return labelled.length;
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

/** honor_labels as a regular expression sees it: the target's labels that the line does not have. */
function labelLine(line: string, rules: LabelRules): string {
  const [, name = '', own = '', rest = ''] = /^([^{ ]+)(?:\{(.*)\})?( .*)$/.exec(line) ?? [];
  const present = new Set(Array.from(own.matchAll(/(?:^|,)([a-zA-Z_]\w*)="/g), ([, label]) => label));
  const mask = rules.names.reduce((bits, label, bit) => bits | (present.has(label) ? 1 << bit : 0), 0);
  const { before } = rules.injection(mask);
  return `${name}{${`${Buffer.from(before).toString()}${own}`.replace(/,$/, '')}}${rest}`;
}
