// Run by compare-scan.ts: scans with the sources of the folder that it is told, and tells how long that took.
import { writeFileSync } from 'node:fs';

import { loadScanSources, Scan } from './scan-body.ts';

/** What one process does. */
export interface ScanTask {
  /** The repository whose `src/` is used. */
  readonly folder: string;
  readonly bytes: number;
  readonly runs: number;
  /** Where the labelled bytes of all bodies go; with it, nothing is timed. */
  readonly labelledFile?: string;
}

const task = JSON.parse(process.argv[2] ?? '{}') as ScanTask;
const scan = new Scan(await loadScanSources(task.folder), task.bytes);
if (task.labelledFile !== undefined) {
  writeFileSync(task.labelledFile, Buffer.concat(scan.samples.map((sample) => scan.labelled(sample).bytes)));
} else {
  process.stdout.write(JSON.stringify(scan.time(task.runs)));
}
