import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import t from 'tap';
import { writeCase } from '../../fuzz/case-file.ts';
import { caseWith } from './fixture.ts';

const root = join(import.meta.dirname, '../..');

function run(...args: readonly string[]): { status: number | null; out: string; errors: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['fuzz/run.ts', ...args], {
    cwd: root,
    encoding: 'utf8',
    timeout: 100_000,
  });
  return { status, out: stdout, errors: stderr };
}

t.test('one case that is right', async (t) => {
  const path = `${t.testdir({})}/case.json`;
  writeCase(path, 'nothing', caseWith(['a 1\n', 'b 2\n']));
  const { status, out, errors } = run('--repeat', path, '--no-oracle', '--seed', '5');
  t.equal(errors, '');
  t.equal(status, 0);
  t.match(out, /^NOT COMPARED WITH PROMETHEUS/m);
  t.match(out, /^4 cases in .*, 8 bodies accepted, 0 refused, 0 findings, seed 5, WITHOUT the oracle$/m);
});

t.test('misuse is told in one line', async (t) => {
  for (const args of [['--bogus'], ['--seconds', 'x'], ['--repeat', 'no-such-file']]) {
    const { status, out, errors } = run(...args);
    t.equal(status, 2, args.join(' '));
    t.equal(out, '');
    t.match(errors, /^[^\n]+\n$/);
  }
});

t.test('help', async (t) => {
  const { status, out } = run('--help');
  t.equal(status, 0);
  t.match(out, /--seconds N/);
});
