import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { figure, markdownTable, progress } from './report.ts';
import { checkOut } from './revision.ts';
import type { ScanTimes } from './scan-body.ts';
import type { ScanTask } from './scan-process.ts';
import { median } from './statistics.ts';

const ROOT = join(import.meta.dirname, '..');
const PROGRAM = join(import.meta.dirname, 'scan-process.ts');

/** The parts that are compared, in milliseconds a body, each of one run. */
const ROWS: readonly (readonly [name: string, of: (times: ScanTimes) => number[]])[] = [
  ['inflate', ({ inflated }) => [...inflated]],
  ['scan and label', ({ undeflated, inflated }) => undeflated.map((ms, run) => ms - (inflated[run] ?? 0))],
  ['together', ({ whole }) => [...whole]],
];

/**
 * The scan of this revision beside that of another one, over the same bodies: `pairs` times a process of each, one after the other, so
 * that what else the machine does hits both alike. Returns a Markdown table and a line about whether both give the same bytes.
 * Throws when there is no such revision, or its sources cannot be run.
 */
export function benchScanAgainst(options: {
  readonly revision: string;
  readonly bytes: number;
  readonly runs: number;
  readonly pairs: number;
}): string {
  const { bytes, runs, pairs } = options;
  using revision = checkOut(options.revision);
  const same = compareBytes(revision.folder, bytes);
  progress(`scan: ${same}`);
  const here: ScanTimes[] = [];
  const there: ScanTimes[] = [];
  for (let pair = 1; pair <= pairs; pair += 1) {
    const turns: [string, ScanTimes[]][] = [
      [ROOT, here],
      [revision.folder, there],
    ];
    // Who comes second may find the processor warm, or throttled.
    if (pair % 2 === 0) turns.reverse();
    for (const [folder, times] of turns) {
      times.push(JSON.parse(run({ folder, bytes, runs })) as ScanTimes);
    }
    const [own, other] = [here.at(-1), there.at(-1)].map((times) => median(times?.whole ?? []));
    progress(`scan: pair ${pair} of ${pairs}: ${figure(own ?? 0)} ms, ${figure(other ?? 0)} ms before`);
  }
  const rows = ROWS.map(([name, of]) => {
    const own = here.map(of);
    const other = there.map(of);
    // Pair by pair, so that a slow minute counts as little as a quick one.
    const ratios = own.map((times, pair) => median(times) / median(other[pair] ?? []));
    const cells = [own, other].flatMap((times) => [Math.min(...times.flat()), median(times.flat())]);
    const best = (cells[0] ?? 0) / (cells[2] ?? 0);
    return [name, ...cells.map(figure), figure(best), figure(median(ratios))];
  });
  const head = ['one body, one thread', 'best ms', 'median ms'];
  const before = revision.name;
  const table = markdownTable(
    [...head, `${before} best ms`, `${before} median ms`, 'best ratio', 'median ratio'],
    rows,
  );
  return `${table}\nA ratio above 1 is slower than ${before}; the median one is that of ${pairs} pairs. ${same}\n`;
}

/** Whether both revisions make the same labelled bytes of the same bodies, as a sentence. */
function compareBytes(folder: string, bytes: number): string {
  const home = mkdtempSync(join(tmpdir(), 'gateway-scan-'));
  try {
    const [own, other] = [ROOT, folder].map((root, index) => {
      const labelledFile = join(home, String(index));
      run({ folder: root, bytes, runs: 0, labelledFile });
      return readFileSync(labelledFile);
    });
    return differenceOf(own ?? Buffer.alloc(0), other ?? Buffer.alloc(0));
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}

/** How two texts differ, as a sentence with the first line in which they do. */
export function differenceOf(own: Buffer, other: Buffer): string {
  if (own.equals(other)) return `Both give the same ${own.length} labelled bytes.`;
  let different = Math.abs(own.length - other.length);
  let first = Math.min(own.length, other.length);
  for (let at = first - 1; at >= 0; at -= 1) {
    if (own[at] === other[at]) continue;
    different += 1;
    first = at;
  }
  const begin = own.lastIndexOf(0x0a, first - 1) + 1;
  const [mine, theirs] = [own, other].map((text) =>
    (text.toString('utf8', begin).split('\n', 1)[0] ?? '').slice(0, 300),
  );
  return `${different} of ${own.length} labelled bytes are not those of before (${other.length}); the first line: ${mine}; before: ${theirs}.`;
}

function run(task: ScanTask): string {
  const child = spawnSync(process.execPath, [PROGRAM, JSON.stringify(task)], {
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });
  if (child.status === 0) return child.stdout;
  throw new Error(`the scan of ${task.folder} ended with ${child.status ?? child.signal}:\n${child.stderr}`);
}
