import { spawnSync } from 'node:child_process';
import t from 'tap';

import { findPrometheus, PROMETHEUS_MISSING } from '../real/prometheus.ts';
import { bench, REPOSITORY, SMALL } from './bench.ts';

t.test('scaling: a table and a chart', (t) => {
  const run = bench('scaling', '--pods', '2,3', '--quick', ...SMALL);
  t.equal(run.status, 0, run.stderr);
  t.match(run.stdout, /^\| 2 pods, gateway +\|( +[\d.]+ \|){8}$/m);
  t.match(run.stdout, /^\| 3 pods, gateway +\|( +[\d.]+ \|){8}$/m);
  t.match(run.stderr, /drawn to .*scaling\.svg/);
  t.end();
});

t.test(
  'one merged answer beside each pod on its own',
  { skip: findPrometheus().length === 0 ? PROMETHEUS_MISSING : false },
  (t) => {
    const run = bench('probe', '--pods', '2', '--quick', '--bytes', '20000');
    t.equal(run.status, 0, run.stderr);
    for (const way of ['one merged answer', 'each pod on its own'])
      t.match(run.stdout, new RegExp(`^\\| 2 pods, ${way} +\\|( +[\\d.]+ \\|){6}$`, 'm'));
    t.end();
  },
);

const noGit =
  spawnSync('git', ['-C', REPOSITORY, 'rev-parse', 'HEAD']).status === 0 ? false : 'no git, or no clone';

t.test('beside another revision', { skip: noGit }, (t) => {
  const run = bench('compare', 'HEAD', '--pods', '2', '--pairs', '1', ...SMALL);
  t.equal(run.status, 0, run.stderr);
  const rows = ['2 pods: time, ms', '2 pods: CPU, ms', '2 pods: peak memory, MB', 'one body: together, ms'];
  for (const row of rows)
    t.match(run.stdout, new RegExp(`^\\| ${row} +\\|( +[-–\\d.]+ \\|){5} +– \\|$`, 'm'));
  t.match(run.stdout, /answers: .*labelled bytes/);
  t.match(run.stdout, /scan: .*labelled bytes/);
  const worktrees = spawnSync('git', ['-C', REPOSITORY, 'worktree', 'list'], { encoding: 'utf8' }).stdout;
  t.notMatch(worktrees, /gateway-revision/, 'the worktree is gone');
  t.end();
});

t.test('misuse is one line', (t) => {
  const cases: [args: string[], status: number, said: RegExp][] = [
    [['scam'], 2, /^bench: there is no benchmark scam; there are: .*; see npm run bench -- --help\n$/],
    [['--wrong'], 2, /^bench: Unknown option '--wrong'; see npm run bench -- --help\n$/],
  ];
  if (noGit === false)
    cases.push([['compare', 'no-such'], 1, /^bench: compare: git knows no revision "no-such"\n$/]);
  for (const [args, status, said] of cases) {
    const run = bench(...args);
    t.equal(run.status, status, args.join(' '));
    t.match(run.stderr, said, args.join(' '));
  }
  t.end();
});

t.test('the scripts of both packages lead to the same program', (t) => {
  const run = spawnSync('npm', ['run', 'bench', '--', '--help'], {
    cwd: REPOSITORY,
    encoding: 'utf8',
    env: { ...process.env, NODE_OPTIONS: '' },
  });
  t.equal(run.status, 0, run.stderr);
  t.match(run.stdout, /^npm run bench \[-- \[part\.\.\.\] \[options\]\]$/m);
  t.end();
});
