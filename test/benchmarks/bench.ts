import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

export const REPOSITORY: string = join(import.meta.dirname, '..', '..');

/** Few and small bodies, one run, and no other programs. */
export const SMALL: readonly string[] = ['--bytes', '20000', '--runs', '1', '--no-peers'];

/** What a run of the benchmarks' program came to. */
export interface BenchRun {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export function bench(...args: readonly string[]): BenchRun {
  return spawnSync(process.execPath, [join(REPOSITORY, 'benchmarks', 'run.ts'), ...args], {
    encoding: 'utf8',
    // tap's own is not for what it tests.
    env: { ...process.env, NODE_OPTIONS: '' },
  });
}
