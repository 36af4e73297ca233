import t from 'tap';
import { HELP, MisuseError, readOptions } from '../../fuzz/options.ts';
import { thrownBy } from '../exposition/fixture.ts';

t.test('flags are read', async (t) => {
  t.match(readOptions([]), { seconds: 10, only: undefined, oracle: undefined, repeat: undefined });
  t.same(readOptions(['--seconds', '600', '--seed=7', '--only', 'merge', '--no-oracle', '--repeat', 'x']), {
    seconds: 600,
    seed: 7,
    only: 'merge',
    oracle: false,
    repeat: 'x',
  });
  t.equal(readOptions(['--oracle'])?.oracle, true);
  t.equal(readOptions(['--help']), undefined);
  for (const flag of ['seconds', 'seed', 'only', 'oracle', 'no-oracle', 'repeat'])
    t.match(HELP, new RegExp(`^ {2}--${flag}\\b`, 'm'));
});

t.test('others are refused in one line', async (t) => {
  for (const args of [
    ['--minutes', '1'],
    ['x'],
    ['--seconds'],
    ['--seconds', '0'],
    ['--seconds', '1.5'],
    ['--seed', '-1'],
    ['--seed', ''],
    ['--only', 'html'],
  ]) {
    const thrown = thrownBy(() => readOptions(args));
    t.ok(thrown instanceof MisuseError, args.join(' '));
    t.match((thrown as MisuseError).message, /^[^\n]+$/, args.join(' '));
  }
});
