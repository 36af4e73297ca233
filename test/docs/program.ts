import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { Discovery } from '../../src/discovery/discovery.ts';
import { timedOut } from '../../src/scrape/outcome.ts';
import type { Scraper } from '../../src/round/scraper.ts';
import { createServer } from '../../src/serve/server.ts';
import { Telemetry } from '../../src/serve/telemetry.ts';
import { root } from './markdown.ts';
import { poolsOf, targetOf } from '../round/fixture.ts';

/** The paths that the server answers `GET` for, in the order in which it has them. */
export async function servedPaths(): Promise<string[]> {
  const server = createServer({} as Parameters<typeof createServer>[0]);
  await server.ready();
  const paths: string[] = [];
  const above: string[] = [];
  for (const line of server.printRoutes({ commonPrefix: false }).split('\n')) {
    const match = /^([│ ]*)[├└]── (\S+)(?: \((.*)\))?$/.exec(line);
    if (match === null) continue;
    const [, indent = '', piece = '', methods] = match;
    const depth = indent.length / 4;
    const whole = (above[depth - 1] ?? '') + piece;
    above[depth] = whole;
    if (methods?.split(', ').includes('GET')) paths.push(whole);
  }
  await server.close();
  return paths;
}

/** A metric family as a registry has it. */
export interface RegisteredFamily {
  readonly name: string;
  readonly help: string;
  readonly type: string;
  /** Names, sorted; those of the format itself (`le`) left out. */
  readonly labels: readonly string[];
}

const NONE = { types: { count: 0, names: [] }, helps: { count: 0, names: [] } };
const DOWN = timedOut(1);

/** Every family of the gateway's own telemetry after each of its events has happened once. */
export async function telemetryFamilies(): Promise<RegisteredFamily[]> {
  const telemetry = new Telemetry('1.2.3');
  const [config] = poolsOf('sample_limit: 1, target_limit: 1').values();
  const scraper = {
    targets: [{ target: targetOf({ url: 'http://pod/' }), last: { outcome: DOWN, endedAt: 0 } }],
    configs: [config],
    configOf: () => config,
    workers: 1,
    scrapesInFlight: 0,
    memory: { held: 0, heldLimit: 1 },
  };
  const state = {
    provider: 'kubernetes',
    config: 'job',
    synced: true,
    lastSync: 1,
    watchRestarts: 0,
    objects: 1,
    truncatedEndpoints: 0,
    usesSlices: false,
    refusedNamespaces: 0,
  };
  telemetry.observe(
    scraper as unknown as Scraper,
    { state: () => [state], elsewhere: 0 } as unknown as Discovery,
  );
  telemetry.scrapeEnded(DOWN);
  const answer = { seconds: 1, collectSeconds: 1, bytes: 1, rawBytes: 1, complete: true, conflicts: NONE };
  telemetry.answered({ view: 'metrics', ...answer });
  telemetry.answerFailed('metrics', 'error');
  telemetry.workerCrashed();
  const { text } = await telemetry.exposition();
  return [...text.matchAll(/^# HELP (\S+) (.*)\n# TYPE \S+ (\S+)\n((?:[^#\n].*\n?)*)/gm)].map(
    ([, name = '', help = '', type = '', samples = '']) => {
      const names = [...samples.matchAll(/[{,](\w+)="/g)].map(([, label = '']) => label);
      return { name, help, type, labels: [...new Set(names)].filter((label) => label !== 'le').sort() };
    },
  );
}

/** The folders of `src/`. */
export function sourceFolders(): string[] {
  return readdirSync(path.join(root, 'src'), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .sort();
}

/** The other folders of `src/` that the files of one import. */
export function importsOf(folder: string): string[] {
  const place = path.join(root, 'src', folder);
  const found = new Set<string>();
  for (const file of readdirSync(place)) {
    const text = readFileSync(path.join(place, file), 'utf8');
    for (const [, other = ''] of text.matchAll(/\bfrom '\.\.\/([\w-]+)\//g)) found.add(other);
  }
  return [...found].sort();
}
