import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, symlinkSync } from 'node:fs';
import path from 'node:path';

/** One instruction, with continued lines joined. */
export interface Instruction {
  readonly keyword: string;
  readonly rest: string;
}

/** One `FROM` and what follows it. */
export interface Stage {
  readonly name: string;
  readonly instructions: readonly Instruction[];
}

/** Cuts a Dockerfile into stages. Knows what this repository's Dockerfile needs. */
export function readDockerfile(text: string): Stage[] {
  const lines = text.replaceAll(/\\\n/g, ' ').split('\n');
  const stages: { name: string; instructions: Instruction[] }[] = [];
  for (const line of lines) {
    const match = /^([A-Z]+)\s+(.*)$/.exec(line);
    if (match === null) continue;
    const [, keyword = '', rest = ''] = match;
    if (keyword === 'FROM')
      stages.push({ name: / AS (\S+)$/i.exec(rest)?.[1] ?? String(stages.length), instructions: [] });
    else stages.at(-1)?.instructions.push({ keyword, rest });
  }
  return stages;
}

/** Sources and destination of a `COPY`, and the stage that it copies from; without one it is the build context. */
export function readCopy(rest: string): { from?: string; sources: string[]; destination: string } {
  const words = rest.split(/\s+/);
  const from = words.find((word) => word.startsWith('--from='))?.slice('--from='.length);
  const paths = words.filter((word) => !word.startsWith('--'));
  return {
    ...(from !== undefined && { from }),
    sources: paths.slice(0, -1),
    destination: paths.at(-1) ?? '',
  };
}

/**
 * Does what the stages say in folders below `place`, one for each stage, and returns the last one's. The build context is `context`.
 * `npm ci` becomes a link to `modules`.
 */
export function runStages(stages: readonly Stage[], place: string, context: string, modules: string): string {
  const roots = new Map(stages.map(({ name }) => [name, path.join(place, name)]));
  for (const { name, instructions } of stages) {
    const root = roots.get(name) ?? place;
    let folder = root;
    for (const { keyword, rest } of instructions) {
      if (keyword === 'WORKDIR') {
        folder = path.join(root, rest);
        mkdirSync(folder, { recursive: true });
      } else if (keyword === 'COPY') {
        copy(rest, folder, context, roots);
      } else if (keyword === 'RUN') {
        run(rest, folder, modules);
      }
    }
  }
  return roots.get(stages.at(-1)?.name ?? '') ?? place;
}

function copy(rest: string, folder: string, context: string, roots: ReadonlyMap<string, string>): void {
  const { from, sources, destination } = readCopy(rest);
  for (const source of sources) {
    const place = path.join(from === undefined ? context : (roots.get(from) ?? ''), source);
    const intoFolder = destination.endsWith('/') || sources.length > 1;
    cpSync(place, path.join(folder, destination, intoFolder ? path.basename(source) : ''), {
      recursive: true,
    });
  }
}

function run(command: string, folder: string, modules: string): void {
  if (command === 'npm ci') {
    if (!existsSync(path.join(folder, 'package-lock.json')))
      throw new Error('npm ci needs package-lock.json beside it');
    symlinkSync(modules, path.join(folder, 'node_modules'));
    return;
  }
  execFileSync('sh', ['-c', command], { cwd: folder, stdio: 'pipe', encoding: 'utf8' });
}
