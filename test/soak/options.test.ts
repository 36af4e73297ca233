import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import t from 'tap';

import { readOptions } from '../../soak/options.ts';

t.test('what the command line may say', async (t) => {
  t.same(readOptions([]), { help: false, minutes: 1, seed: 1, pods: 30 });
  t.match(readOptions(['--minutes', '0.5', '--seed=7', '--pods', '12']), { minutes: 0.5, seed: 7, pods: 12 });
  for (const args of [
    ['--minutes', '0'],
    ['--minutes', 'ten'],
    ['--minutes', '1e3'],
    ['--minutes'],
    ['--seed', '1.5'],
    ['--pods', '3'],
    ['--rounds', '3'],
    ['more'],
  ]) {
    t.throws(() => readOptions(args), { message: /^soak: .+/ }, args.join(' '));
  }
});

t.test('a wrong flag is told in one line, and nothing is started', async (t) => {
  const run = spawnSync(process.execPath, [join(import.meta.dirname, '../../soak/run.ts'), '--rounds', '3'], {
    encoding: 'utf8',
    // tap's own is not for what it tests.
    env: { ...process.env, NODE_OPTIONS: '' },
  });
  t.equal(run.status, 2);
  t.match(run.stderr, /^soak: Unknown option '--rounds'.*--help\n$/);
  t.equal(run.stdout, '');
});
