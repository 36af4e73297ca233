import { join } from 'node:path';

import { countSamples } from '../simulator/render.ts';
import type { GoalRow, PartOptions, PartResult } from './goals.ts';
import { figure, markdownTable, progress } from './report.ts';
import { BODIES, loadScanSources, Scan } from './scan-body.ts';
import type { Labelled, ScanSample } from './scan-body.ts';
import { median } from './statistics.ts';

/** Milliseconds for one body. */
interface Time {
  readonly median: number;
  readonly least: number;
}

const RUNS = 200;
/** The goals: milliseconds for one body, and the deflated size against zlib's at level 1. */
const MILLISECONDS = 1.2;
const SIZE = 1.15;

/**
 * What one worker does with a body, in one thread, in its parts. Rejects when what comes out is not what a line by line version of the
 * same makes of the body.
 */
export async function benchScan(
  context: { readonly quick: boolean },
  options: Pick<PartOptions, 'bytes' | 'runs'>,
): Promise<PartResult> {
  const { bytes, runs = context.quick ? 20 : RUNS } = options;
  const scan = new Scan(await loadScanSources(join(import.meta.dirname, '..')), bytes);
  let labelledBytes = 0;
  let deflatedBytes = 0;
  let zlibBytes = 0;
  for (const sample of scan.samples) {
    const labelled = checkSample(scan, sample);
    labelledBytes += labelled.bytes.length;
    deflatedBytes += labelled.deflatedBytes;
    zlibBytes += labelled.zlibBytes;
    checkNext(scan, sample);
  }
  progress(`scan: ${BODIES} bodies checked`);
  const times = scan.time(runs, (run) => {
    if (run % 50 === 0) progress(`scan: ${run} of ${runs}`);
  });

  const bodyBytes = scan.samples.reduce((sum, { body }) => sum + body.length, 0) / BODIES;
  const [whole, inflated, next, same, plain, undeflated] = [
    times.whole,
    times.inflated,
    times.next,
    times.same,
    times.plain,
    times.plainUndeflated,
  ].map((ms): Time => ({ median: median(ms), least: Math.min(...ms) })) as [
    Time,
    Time,
    Time,
    Time,
    Time,
    Time,
  ];
  function row(name: string, { median: middle, least }: Time, of: Time): string[] {
    return [
      name,
      figure(middle),
      figure(least),
      figure(bodyBytes / middle / 1e3),
      `${figure((middle / of.median) * 100)} %`,
    ];
  }
  function less(a: Time, b: Time): Time {
    return { median: a.median - b.median, least: a.least - b.least };
  }
  const table = markdownTable(
    ['one body, one thread', 'median ms', 'best ms', 'MB/s of body', 'share'],
    [
      row('inflate', inflated, whole),
      row('scan, label, encode and CRC', less(whole, inflated), whole),
      row('together', whole, whole),
      row("together, when the target's last body was that of 30 s before", next, whole),
      row('together, when it was the same', same, whole),
      row('without the line coder: inflate', inflated, plain),
      row('without the line coder: scan and label', less(undeflated, inflated), plain),
      row('without the line coder: deflate and CRC', less(plain, undeflated), plain),
      row('without the line coder: together', plain, plain),
    ],
  );
  const factor = labelledBytes / BODIES / bodyBytes;
  const size = deflatedBytes / zlibBytes;
  const text = `A body is ${figure(bodyBytes / 1e6)} MB and ${figure(factor)} times that with its target's labels.`;
  const name = `one body of ${figure(bodyBytes / 1e6)} MB, one thread`;
  const rows: GoalRow[] = [
    {
      work: `${name}: inflate, scan, label, encode and CRC`,
      goal: `at most ${MILLISECONDS} ms, aim at 0.9`,
      measured: `median ${figure(whole.median)} ms, best ${figure(whole.least)} ms`,
      met: whole.median <= MILLISECONDS,
    },
    {
      work: `${name}: compressed size against zlib level 1, family by family`,
      goal: `at most ${SIZE} times`,
      measured: `${Math.round(deflatedBytes / BODIES)} bytes, ${Math.round(zlibBytes / BODIES)} bytes`,
      ratio: size,
      met: size <= SIZE,
    },
  ];
  return { rows, details: `${table}\n${text}\n` };
}

/** Returns what came of the body when it is right. */
function checkSample(scan: Scan, sample: ScanSample): Labelled {
  const exposition = scan.labelled(sample);
  const samples = countSamples(sample.body);
  if (exposition.samples !== samples) throw new Error(`scan: ${exposition.samples} samples; want ${samples}`);
  // client_golang writes each family's samples together, so families in their order are the lines in their order.
  const want = sample.body
    .toString()
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => `${labelLine(line, sample.rules)}\n`);
  const lines = exposition.bytes.toString().split(/(?<=\n)/);
  const wrong = want.findIndex((line, index) => line !== lines[index]);
  if (wrong >= 0) throw new Error(`scan: line ${wrong} is ${lines[wrong]}want ${want[wrong]}`);
  return exposition;
}

/** What follows another body is what it would be without. */
function checkNext(scan: Scan, sample: ScanSample): void {
  const alone = scan.labelled({ ...sample, gzip: sample.later });
  const next = scan.labelledNext(sample);
  if (alone.samples !== next.samples || !alone.bytes.equals(next.bytes))
    throw new Error('scan: a body comes out differently behind the one of 30 s before');
}

/** honor_labels as a regular expression sees it: the target's labels that the line does not have. */
function labelLine(line: string, rules: ScanSample['rules']): string {
  const [, name = '', own = '', rest = ''] = /^([^{ ]+)(?:\{(.*)\})?( .*)$/.exec(line) ?? [];
  const present = new Set(Array.from(own.matchAll(/(?:^|,)([a-zA-Z_]\w*)="/g), ([, label]) => label));
  const mask = rules.names.reduce((bits, label, bit) => bits | (present.has(label) ? 1 << bit : 0), 0);
  const { before } = rules.injection(mask);
  return `${name}{${`${Buffer.from(before).toString()}${own}`.replace(/,$/, '')}}${rest}`;
}
