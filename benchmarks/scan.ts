import { join } from 'node:path';

import { countSamples } from '../simulator/render.ts';
import { figure, markdownTable, progress } from './report.ts';
import { BODIES, loadScanSources, Scan } from './scan-body.ts';
import type { ScanSample } from './scan-body.ts';
import { median } from './statistics.ts';

/**
 * What one worker does with a body, in one thread, in its parts. Resolves with a Markdown table. Rejects when what comes out is not
 * what a line by line version of the same makes of the body.
 */
export async function benchScan(options: { readonly bytes: number; readonly runs: number }): Promise<string> {
  const { bytes, runs } = options;
  const scan = new Scan(await loadScanSources(join(import.meta.dirname, '..')), bytes);
  let labelledBytes = 0;
  for (const sample of scan.samples) labelledBytes += checkSample(scan, sample);
  progress(`scan: ${BODIES} bodies checked`);
  const times = scan.time(runs, (run) => {
    if (run % 50 === 0) progress(`scan: ${run} of ${runs}`);
  });

  const bodyBytes = scan.samples.reduce((sum, { body }) => sum + body.length, 0) / BODIES;
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

/** Returns the number of labelled bytes. */
function checkSample(scan: Scan, sample: ScanSample): number {
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
  return exposition.bytes.length;
}

/** honor_labels as a regular expression sees it: the target's labels that the line does not have. */
function labelLine(line: string, rules: ScanSample['rules']): string {
  const [, name = '', own = '', rest = ''] = /^([^{ ]+)(?:\{(.*)\})?( .*)$/.exec(line) ?? [];
  const present = new Set(Array.from(own.matchAll(/(?:^|,)([a-zA-Z_]\w*)="/g), ([, label]) => label));
  const mask = rules.names.reduce((bits, label, bit) => bits | (present.has(label) ? 1 << bit : 0), 0);
  const { before } = rules.injection(mask);
  return `${name}{${`${Buffer.from(before).toString()}${own}`.replace(/,$/, '')}}${rest}`;
}
