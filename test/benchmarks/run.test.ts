import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import t from 'tap';

import { differenceOf } from '../../benchmarks/scan-against.ts';
import { countAnswer, problemOf } from '../../benchmarks/scrape-client.ts';

const REPOSITORY = join(import.meta.dirname, '..', '..');

function bench(...args: readonly string[]) {
  return spawnSync(process.execPath, [join(REPOSITORY, 'benchmarks', 'run.ts'), ...args], {
    encoding: 'utf8',
    // tap's own is not for what it tests.
    env: { ...process.env, NODE_OPTIONS: '' },
  });
}

t.test('metrics: a row for each number of pods, progress on stderr', (t) => {
  const run = bench('--pods', '2,3', '--bytes', '20000', '--runs', '1', '--no-prometheus');
  t.equal(run.status, 0, run.stderr);
  t.match(run.stdout, /^\| 2 pods, gateway +\|( +[\d.]+ \|){8}$/m);
  t.match(run.stdout, /^\| 3 pods, gateway +\|( +[\d.]+ \|){8}$/m);
  t.match(run.stdout, /^\| 3 pods +\|( +[\d.]+ \|){5}$/m);
  t.match(run.stdout, /Node v\d+/);
  t.match(run.stderr, /3 pods, gateway: first answer whole/);
  t.end();
});

t.test('scan: its parts and their sum', (t) => {
  const run = bench('scan', '--bytes', '20000', '--runs', '2');
  t.equal(run.status, 0, run.stderr);
  for (const part of ['inflate', 'scan and label', 'deflate and CRC', 'together'])
    t.match(run.stdout, new RegExp(`^\\| ${part} +\\|( +-?[\\d.]+ %? ?\\|){4}$`, 'm'));
  t.end();
});

const noGit =
  spawnSync('git', ['-C', REPOSITORY, 'rev-parse', 'HEAD']).status === 0 ? false : 'no git, or no clone';

t.test('scan beside another revision', { skip: noGit }, (t) => {
  const run = bench('scan', '--against', 'HEAD', '--bytes', '20000', '--runs', '2', '--pairs', '1');
  t.equal(run.status, 0, run.stderr);
  for (const part of ['inflate', 'scan and label', 'together'])
    t.match(run.stdout, new RegExp(`^\\| ${part} +\\|( +-?[\\d.]+ \\|){6}$`, 'm'));
  t.match(run.stdout, /labelled bytes/);
  const worktrees = spawnSync('git', ['-C', REPOSITORY, 'worktree', 'list'], { encoding: 'utf8' }).stdout;
  t.notMatch(worktrees, /gateway-revision/, 'the worktree is gone');
  t.end();
});

t.test('how labelled bytes differ', async (t) => {
  const [own, other] = ['a 1\nb 2\nc 3\n', 'a 1\nb 5\nc 3\nd 4\n'].map((text) => Buffer.from(text));
  t.equal(differenceOf(own!, own!), 'Both give the same 12 labelled bytes.');
  t.match(differenceOf(own!, other!), /^5 of 12 labelled bytes .* the first line: b 2; before: b 5\.$/);
});

t.test('misuse is one line', (t) => {
  const cases: [args: string[], status: number, said: RegExp][] = [
    [['scam'], 2, /^bench: there is no benchmark scam; there are: metrics, scan; see .*\n$/],
    [['metrics', 'scan'], 2, /^bench: there is no benchmark metrics scan.*\n$/],
    [['--wrong'], 2, /^bench: Unknown option '--wrong'; see npm run bench -- --help\n$/],
    [['--pods', '1,x'], 2, /^bench: --pods: "x" is no whole number above 0; .*\n$/],
    [['--against', 'HEAD'], 2, /^bench: --against is for scan only; .*\n$/],
  ];
  if (noGit === false)
    cases.push([
      ['scan', '--against', 'no-such'],
      1,
      /^bench: --against: git knows no revision "no-such"\n$/,
    ]);
  for (const [args, status, said] of cases) {
    const run = bench(...args);
    t.equal(run.status, status, args.join(' '));
    t.match(run.stderr, said, args.join(' '));
  }
  const help = bench('--help');
  t.equal(help.status, 0);
  for (const flag of ['--pods', '--bytes', '--runs', '--no-prometheus', '--against', '--pairs'])
    t.match(help.stdout, flag);
  t.end();
});

const WHOLE = '# TYPE up gauge\nup{pod="a"} 1\nup{pod="b"} 0\nx 1 1700000000000\n';
const BROKEN = gzipSync(WHOLE);
BROKEN.writeUInt32LE(1, BROKEN.length - 8);

const answers: readonly { readonly why: string; readonly gzip: Buffer; readonly want: object | RegExp }[] = [
  { why: 'whole', gzip: gzipSync(WHOLE), want: { samples: 3, up: 1, bytes: WHOLE.length } },
  { why: 'cut in a line', gzip: gzipSync(WHOLE.slice(0, -3)), want: /in the middle of a line/ },
  { why: 'cut in the gzip', gzip: gzipSync(WHOLE).subarray(0, -8), want: /unexpected end of file/ },
  { why: 'a wrong checksum', gzip: BROKEN, want: /incorrect data check/ },
];

t.test('answers are checked before they count', async (t) => {
  for (const { why, gzip, want } of answers) {
    const counted = countAnswer({ chunks: [gzip], wireBytes: gzip.length, milliseconds: 0, endedAt: 0 });
    if (want instanceof RegExp) await t.rejects(counted, { message: want }, why);
    else t.same(await counted, want, why);
  }
  const count = { samples: 3, up: 1, bytes: 0 };
  t.equal(problemOf(count, { samples: 3, up: 1 }), undefined);
  t.equal(problemOf(count, { samples: 4, up: 1 }), '3 samples and 1 targets up; want 4 and 1');
  t.equal(problemOf(count, { samples: 3, up: 2 }), '3 samples and 1 targets up; want 3 and 2');
});
