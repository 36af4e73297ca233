import t from 'tap';

import {
  BENCH_USAGE,
  BenchUsageError,
  GOAL_PARTS,
  OTHER_PARTS,
  readBenchOptions,
} from '../../benchmarks/options.ts';

const chosen: readonly {
  readonly args: readonly string[];
  readonly want: object;
  readonly why: string;
}[] = [
  { args: [], want: { parts: GOAL_PARTS, other: undefined, peers: true }, why: 'all, without a word' },
  { args: ['scan', 'floor'], want: { parts: ['floor', 'scan'] }, why: 'in the order of the table' },
  {
    args: ['--pods', '10,50', 'scaling'],
    want: { parts: [], other: 'scaling', pods: [10, 50] },
    why: 'numbers of pods',
  },
  {
    args: ['compare', 'HEAD~1', '--pairs', '6'],
    want: { other: 'compare', revision: 'HEAD~1', pairs: 6 },
    why: 'a revision',
  },
  {
    args: ['load', '--seconds', '5', '--rate', '7'],
    want: { other: 'load', seconds: 5, rate: 7 },
    why: 'time and rate',
  },
  { args: ['--no-peers', '--quick'], want: { peers: false, quick: true, runs: undefined }, why: 'switches' },
];

t.test('what the command line says', async (t) => {
  for (const { args, want, why } of chosen) t.match(readBenchOptions(args), want, why);
});

const wrong: readonly (readonly [args: readonly string[], said: RegExp])[] = [
  [['scam'], /there is no benchmark scam; there are: floor, .*compare;/],
  [['floor', 'scam'], /there is no benchmark scam;/],
  [['--pods', '1,x'], /--pods: "x" is no whole number above 0;/],
  [['--runs', '0'], /--runs: "0" is no whole number above 0;/],
  [['compare'], /compare needs one revision/],
  [['compare', 'a', 'b'], /compare needs one revision/],
  [['scaling', 'floor'], /scaling runs alone, without floor;/],
  [['floor', 'load'], /load runs alone, without floor;/],
  [['--against', 'HEAD'], /Unknown option '--against'/],
];

t.test('misuse', async (t) => {
  for (const [args, said] of wrong) {
    try {
      t.fail(`${args.join(' ')}: ${JSON.stringify(readBenchOptions(args))}`);
    } catch (error) {
      t.ok(error instanceof BenchUsageError, args.join(' '));
      t.match((error as Error).message, said, args.join(' '));
    }
  }
});

t.test('the help tells every part and every flag', async (t) => {
  for (const part of [...GOAL_PARTS, ...OTHER_PARTS]) t.match(BENCH_USAGE, new RegExp(`^  ${part} `, 'm'));
  for (const flag of ['quick', 'pods', 'bytes', 'runs', 'pairs', 'seconds', 'rate', 'no-peers', 'help'])
    t.match(BENCH_USAGE, new RegExp(`^ +--${flag}\\b`, 'm'));
});
