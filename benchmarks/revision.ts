import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '..');

/** Another revision of the repository in a folder of its own. Disposing removes it. */
export interface Revision extends Disposable {
  readonly folder: string;
  /** Its abbreviated hash. */
  readonly name: string;
}

/** Checks a revision out as a worktree, with this one's `node_modules`. Throws an error of one line when there is no such revision. */
export function checkOut(revision: string): Revision {
  const commit = git('rev-parse', '--verify', '--quiet', '--end-of-options', `${revision}^{commit}`);
  if (commit === undefined) throw new Error(`compare: git knows no revision ${JSON.stringify(revision)}`);
  const home = mkdtempSync(join(tmpdir(), 'gateway-revision-'));
  const folder = join(home, 'tree');
  function remove(): void {
    if (!existsSync(home)) return;
    git('worktree', 'remove', '--force', folder);
    rmSync(home, { recursive: true, force: true });
    git('worktree', 'prune');
  }
  // Also when the benchmark ends in the middle.
  process.once('exit', remove);
  if (git('worktree', 'add', '--detach', folder, commit) === undefined) {
    remove();
    throw new Error(`compare: git worktree add ${folder} ${commit} failed`);
  }
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  buildCoder(folder);
  return { folder, name: commit.slice(0, 7), [Symbol.dispose]: remove };
}

/** What `npm ci` would make there. Older revisions have no such thing. */
function buildCoder(folder: string): void {
  const script = join(folder, 'scripts', 'build-coder.ts');
  if (!existsSync(script)) return;
  const built = spawnSync(process.execPath, [script], { encoding: 'utf8' });
  if (built.status !== 0) throw new Error(`compare: ${script} ended with ${built.status}:\n${built.stderr}`);
}

/** What git says; undefined when it fails. */
function git(...args: readonly string[]): string | undefined {
  const { status, stdout } = spawnSync('git', ['-C', ROOT, ...args], { encoding: 'utf8' });
  return status === 0 ? stdout.trim() : undefined;
}
