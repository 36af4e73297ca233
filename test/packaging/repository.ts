import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync } from 'node:fs';
import path from 'node:path';

export const root = path.resolve(import.meta.dirname, '../..');

/** The files that a clone has or is about to have: tracked ones and new ones that are not ignored. Paths relative to the root. */
export function repositoryFiles(): string[] {
  const listed = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 1 << 26,
  });
  return listed.split('\0').filter((file) => file !== '' && existsSync(path.join(root, file)));
}

/** Copies the given files of the repository to a folder. */
export function copyFiles(files: readonly string[], folder: string): void {
  for (const file of files) {
    mkdirSync(path.dirname(path.join(folder, file)), { recursive: true });
    cpSync(path.join(root, file), path.join(folder, file));
  }
}

/** The program's path: from `.cache/bin`, where `.ci/run` builds tools, else from PATH. Undefined when there is none. */
export function findTool(name: string): string | undefined {
  const folders = [path.join(root, '.cache/bin'), ...(process.env.PATH ?? '').split(path.delimiter)];
  return folders.map((folder) => path.join(folder, name)).find((file) => existsSync(file));
}
