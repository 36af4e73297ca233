import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { comparedRow } from './compared-row.ts';
import { differenceOf } from './difference.ts';
import { figure, progress } from './report.ts';
import type { ScanTimes } from './scan-body.ts';
import type { ScanTask } from './scan-process.ts';
import { median } from './statistics.ts';

const ROOT = join(import.meta.dirname, '..');
const PROGRAM = join(import.meta.dirname, 'scan-process.ts');

/** The parts that are compared, in milliseconds a body, each of one run. */
const ROWS: readonly (readonly [name: string, of: (times: ScanTimes) => readonly number[]])[] = [
  ['together', ({ whole }) => whole],
  ['inflate', ({ inflated }) => inflated],
  ['together without the line coder', ({ plain }) => plain],
];

/** The scans of two revisions, as rows of the table of compared figures. */
export interface ComparedScans {
  readonly rows: readonly (readonly string[])[];
  /** Whether both give the same bytes, as a sentence. */
  readonly same: string;
}

/**
 * The scan of this revision beside that of the one in `folder`, over the same bodies: `pairs` times a process of each, one after the
 * other, so that what else the machine does hits both alike. Throws when the sources there cannot be run.
 */
export function compareScans(options: {
  readonly folder: string;
  readonly bytes: number;
  readonly runs: number;
  readonly pairs: number;
}): ComparedScans {
  const { folder, bytes, runs, pairs } = options;
  const same = compareBytes(folder, bytes);
  progress(`scan: ${same}`);
  const here: ScanTimes[] = [];
  const there: ScanTimes[] = [];
  for (let pair = 1; pair <= pairs; pair += 1) {
    const turns: [string, ScanTimes[]][] = [
      [ROOT, here],
      [folder, there],
    ];
    // Who comes second may find the processor warm, or throttled.
    if (pair % 2 === 0) turns.reverse();
    for (const [root, times] of turns) {
      times.push(JSON.parse(run({ folder: root, bytes, runs })) as ScanTimes);
    }
    const [own, other] = [here.at(-1), there.at(-1)].map((times) => median(times?.whole ?? []));
    progress(`scan: pair ${pair} of ${pairs}: ${figure(own ?? 0)} ms, ${figure(other ?? 0)} ms before`);
  }
  const rows = ROWS.map(([name, of]) =>
    comparedRow(
      `one body: ${name}, ms`,
      here.map((times) => median(of(times))),
      there.map((times) => median(of(times))),
    ),
  );
  return { rows, same };
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

function run(task: ScanTask): string {
  const child = spawnSync(process.execPath, [PROGRAM, JSON.stringify(task)], {
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });
  if (child.status === 0) return child.stdout;
  throw new Error(`the scan of ${task.folder} ended with ${child.status ?? child.signal}:\n${child.stderr}`);
}
