import { existsSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import t from 'tap';
import { FLAG_TABLE } from '../../src/cli/flag-table.ts';
import { codeIn, commandsOf, DOCUMENTS, readDocument, root } from './markdown.ts';
import { servedPaths } from './program.ts';

const documents = DOCUMENTS.map(readDocument);
const read = (file: string): string => readFileSync(path.join(root, file), 'utf8');
const packageJson = JSON.parse(read('package.json')) as { version: string; scripts: Record<string, string> };

/** Everything that a document writes as code: in its prose, and as commands. */
const codes = documents.flatMap((document) =>
  [...codeIn(document.prose), ...commandsOf(document)].map((code) => ({ file: document.file, code })),
);

t.test('files and folders that are named exist', async (t) => {
  const folders = /^(?:\.\/)?(?:\.ci|benchmarks|bin|docs|helm|scripts|simulator|src|test)\//;
  let found = 0;
  for (const { file, code } of codes) {
    for (const word of code.split(/[\s"'=:]+/)) {
      if (!folders.test(word)) continue;
      found++;
      t.ok(existsSync(path.join(root, word)), `${word} in ${file}`);
    }
  }
  t.ok(found > 20, `${found} names`);
});

t.test('npm scripts that are named exist', async (t) => {
  let found = 0;
  for (const { file, code } of codes) {
    for (const [, run, script = ''] of code.matchAll(/\bnpm (?:--\w+ )?(run )?([\w:-]+)/g)) {
      if (run === undefined && script === 'ci') continue;
      found++;
      t.ok(packageJson.scripts[script], `npm ${run ?? ''}${script} in ${file}`);
    }
  }
  t.ok(found > 10, `${found} scripts`);
});

t.test('flags that are named exist', async (t) => {
  const flags = new Set<string>(
    FLAG_TABLE.flatMap(({ name, type }) =>
      type === 'boolean' ? [`--${name}`, `--no-${name}`] : [`--${name}`],
    ),
  );
  const demo = read('simulator/demo-options.ts');
  let found = 0;
  for (const { file, code } of codes) {
    if (/^(?:docker|helm|kubectl|curl|grep) /.test(code) || code.startsWith('--set')) continue;
    // What stands behind a lone -- is the program's, what stands before is npm's.
    const own = code.startsWith('npm ') ? (code.split(' -- ')[1] ?? '') : code;
    for (const [, flag = ''] of own.matchAll(/(?:^|\s)(--[a-z][\w.-]*)/g)) {
      found++;
      const isThere = code.startsWith('npm run demo')
        ? new RegExp(`^ +${flag}\\b`, 'm').test(demo)
        : flags.has(flag);
      t.ok(isThere, `${flag} in ${file}`);
    }
  }
  t.ok(found > 20, `${found} flags`);
});

t.test('paths that are named are served', async (t) => {
  const served = new Set(await servedPaths());
  let found = 0;
  for (const { file, code } of codes) {
    const paths = [
      /^(?:GET )?(\/[^\s?]*)/.exec(code)?.[1],
      ...[...code.matchAll(/localhost:8080(\/[^\s?'"]*)/g)].map(([, one]) => one),
    ];
    for (const one of paths) {
      if (one === undefined) continue;
      found++;
      t.ok(served.has(one), `${one} in ${file}`);
    }
  }
  t.ok(found > 10, `${found} paths`);
});

t.test('links lead somewhere', async (t) => {
  let found = 0;
  for (const { file, prose } of documents) {
    for (const [, target = ''] of prose.matchAll(/\]\(([^)\s]+)\)/g)) {
      if (/^https?:\/\//.test(target)) {
        t.ok(URL.canParse(target), `${target} in ${file}`);
        continue;
      }
      found++;
      const [name = '', anchor] = target.split('#');
      const linked = name === '' ? file : path.join(path.dirname(file), name);
      t.ok(existsSync(path.join(root, linked)), `${target} in ${file}`);
      if (anchor === undefined) continue;
      t.ok(
        statSync(path.join(root, linked)).isFile() &&
          readDocument(linked).sections.some((section) => section.anchor === anchor),
        `${target} in ${file}: the section`,
      );
    }
  }
  t.ok(found > 20, `${found} links`);
});

const BODY_BYTES = 'BODY_BYTES: number = 256 * MEBIBYTE';
const INFLATION = 'INFLATION = { from: 16 * MEBIBYTE, most: 200 }';

t.test('what is told in numbers, and what is not supported, is so in the sources', async (t) => {
  const numbers: readonly (readonly [file: string, told: string, source: string, written: string])[] = [
    ['README.md', 'have 256 MiB', 'src/scrape/target-scraper.ts', BODY_BYTES],
    ['README.md', 'above 16 MiB no more than 200 times', 'src/scrape/target-scraper.ts', INFLATION],
    ['docs/configuration.md', '256 MiB', 'src/scrape/target-scraper.ts', BODY_BYTES],
    ['docs/configuration.md', '200 times', 'src/scrape/target-scraper.ts', INFLATION],
    ['README.md', '250 ms', 'src/serve/caller.ts', 'MIN_ALLOWANCE_MS = 250'],
    ['README.md', 'a twentieth', 'src/serve/caller.ts', 'ALLOWANCE_PART = 1 / 20'],
    ['README.md', 'one and a half times', 'src/serve/caller.ts', '* 1.5'],
    ['README.md', 'never more than half', 'src/serve/caller.ts', 'timeoutMs / 2'],
    ['README.md', 'Node.js 24 or newer', 'bin/kubevirt-metrics-gateway.js', 'oldest = 24'],
    ['README.md', 'status 2', 'src/main.ts', 'MISUSE = 2'],
    [
      'docs/differences.md',
      '20,000 instructions',
      'src/selector/match-limits.ts',
      'MOST_INSTRUCTIONS = 20_000',
    ],
    ['docs/differences.md', 'take 2 s', 'src/selector/match-limits.ts', 'MOST_MS = 2000'],
    ['docs/differences.md', '256 MiB', 'src/scrape/target-scraper.ts', BODY_BYTES],
    ['docs/differences.md', 'more than 64 KiB', 'src/exposition/scanner.ts', 'MOST_HELP_BYTES = 64 * 1024'],
    ['docs/differences.md', 'may have 2 MiB', 'src/scrape/connection.ts', 'HEADER_BYTES = 2 * 1024 * 1024'],
    ['docs/differences.md', 'more than 200 times', 'src/scrape/target-scraper.ts', INFLATION],
    ['docs/differences.md', '4096 characters', 'src/selector/value-matcher.ts', 'MAX_PATTERN_LENGTH = 4096'],
    ['docs/differences.md', '5000 instructions', 'src/selector/value-matcher.ts', 'MAX_PROGRAM_SIZE = 5000'],
    ['docs/telemetry.md', 'first 200000 samples', 'src/merge/claims.ts', 'MOST_CLAIMS = 200_000'],
    ['docs/telemetry.md', '12 s old', 'src/round/scraper.ts', 'ABANDON_AFTER_MS = 12_000'],
    // A watch lasts up to a quarter more than this.
    ['docs/telemetry.md', 'below three minutes', 'src/discovery/kubernetes-watch.ts', 'watchSeconds: 120'],
    ['ARCHITECTURE.md', '12 s old', 'src/round/scraper.ts', 'ABANDON_AFTER_MS = 12_000'],
    ['ARCHITECTURE.md', '4 MiB of bodies', 'src/round/owned-targets.ts', 'COST_PER_WORKER = 4 * 1024 * 1024'],
    ['ARCHITECTURE.md', '100 kB more', 'src/round/target-costs.ts', 'COST_OF_SCRAPE = 100_000'],
    // 4 MiB are 25.3 times as much as the two together.
    ['ARCHITECTURE.md', 'every 25 targets', 'src/round/target-costs.ts', 'USUAL_BODY = 64 * 1024'],
    ['ARCHITECTURE.md', 'shrink by a fifth', 'src/round/assignment.ts', 'WORTH_MOVING = 0.8'],
    ['ARCHITECTURE.md', 'every five minutes', 'src/round/scraper.ts', 'SPREAD_EVERY_MS = 5 * 60_000'],
    ['README.md', 'and eight', 'src/gateway.ts', 'MAX_WORKERS = 8'],
    ['README.md', 'one for every 64 MiB', 'src/gateway.ts', 'WORKER_BYTES = 64 * 1024 * 1024'],
    ['ARCHITECTURE.md', 'at most eight', 'src/gateway.ts', 'MAX_WORKERS = 8'],
    ['ARCHITECTURE.md', 'below 4 KiB', 'src/exposition/packer.ts', 'SMALL_BYTES = 4096'],
    ['ARCHITECTURE.md', 'below 512 KiB', 'src/exposition/body-reader.ts', 'BATCH_BYTES = 512 * 1024'],
    ['ARCHITECTURE.md', 'about 1 MiB', 'src/merge/share.ts', 'PART_BYTES = 1024 * 1024'],
    ['ARCHITECTURE.md', 'at most two parts', 'src/worker/open-answers.ts', 'PARTS_AHEAD = 2'],
    ['ARCHITECTURE.md', 'pages of up to 4096', 'src/merge/survey.ts', 'PAGE_FAMILIES = 4096'],
    ['ARCHITECTURE.md', 'after 20 ms in a worker', 'src/worker/open-answers.ts', 'TURN_MS = 20'],
    ['ARCHITECTURE.md', '5 ms in the serving thread', 'src/round/answer.ts', 'TURN_MS = 5'],
    ['ARCHITECTURE.md', 'under way for 45 seconds', 'src/round/rest.ts', 'REST_MS = 45_000'],
    ['ARCHITECTURE.md', 'at most 10 s', 'src/discovery/kubernetes-watch.ts', 'maxBackoffMs: 10_000'],
  ];
  for (const [file, told, source, written] of numbers) {
    const text = read(file).replaceAll(/\s+/g, ' ');
    t.ok(text.includes(told), `${file}: ${told}`);
    t.ok(read(source).includes(written), `${source}: ${written}`);
  }
});

t.test('memory that is told is what was measured', async (t) => {
  const measured = read('benchmarks/README.md');
  const rows: readonly (readonly [what: string, row: RegExp])[] = [
    ['at rest', /^\| idle with 10 known pods, before any answer: memory .*\| +(\d+) MB resident/m],
    ['200 pods', /^\| 200 pods [^|]*: peak memory of the process .*\| +(\d+) MB, /m],
    ['1,000 pods', /^\| 1000 pods [^|]*: peak memory .*\| +(\d+) MB(?: \[\d+\])? +\|/m],
  ];
  for (const [what, row] of rows) {
    const figure = `${row.exec(measured)?.[1]} MB`;
    for (const file of ['README.md', 'helm/README.md', 'helm/values.yaml'])
      t.ok(read(file).includes(figure), `${file}, ${what}: ${figure}`);
  }
});

t.test('the changelog has the version of the package, and what is not released', async (t) => {
  const changelog = read('CHANGELOG.md');
  t.match(changelog, /^## \[Unreleased\]$/m);
  t.ok(changelog.includes(packageJson.version));
});
