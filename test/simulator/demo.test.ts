import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { readDemoOptions } from '../../simulator/demo-options.ts';

const DEMO = fileURLToPath(new URL('../../simulator/demo.ts', import.meta.url));

async function runDemo(args: string[]): Promise<{ code: number; output: string }> {
  const child = spawn(process.execPath, [DEMO, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8');
    stream.on('data', (text: string) => (output += text));
  }
  const [code] = (await once(child, 'close')) as [number];
  return { code, output };
}

t.test('the demo shows a merged answer with ten of twelve pods, and ends', async (t) => {
  const { code, output } = await runDemo(['--once']);
  t.equal(code, 0, output);
  t.match(output, '10 of 12 up');
  t.match(output, /virt-handler-\w{5} failed: timeout/);
  t.notMatch(output, 'Not as it must be');
});

t.test('Ctrl-C, which npm hands on a second time, leaves nothing behind', async (t) => {
  const child = spawn(process.execPath, [DEMO], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, TMPDIR: t.testdir({}) },
    detached: true,
  });
  const ended = once(child, 'exit');
  let shown = '';
  const shows = async (text: string): Promise<void> => {
    while (!shown.includes(text)) shown += String((await once(child.stdout, 'data'))[0]);
  };
  await shows('Ctrl-C');
  // To the gateway too, as a terminal does it.
  process.kill(-child.pid!, 'SIGINT');
  await shows('Ending');
  child.kill('SIGINT');
  t.same(await ended, [0, null]);
  t.same(readdirSync(t.testdirName), []);
});

t.test('what its command line may say', async (t) => {
  t.same(readDemoOptions([]), { help: false, once: false, pods: 12, seed: 1, listen: undefined });
  t.match(readDemoOptions(['--pods=200', '--listen', '[::1]:81']), { pods: 200, listen: '[::1]:81' });
  const cases: readonly (readonly [args: readonly string[], want: string])[] = [
    [['--podz', '3'], "Unknown option '--podz'; see npm run demo -- --help"],
    [['more'], "Unexpected argument 'more'"],
    [['--pods'], "Option '--pods <value>' argument missing"],
    [['--pods', '--once'], "Option '--pods' argument is ambiguous"],
    [['--once=1'], "Option '--once' does not take an argument"],
    [['--pods', 'many'], '--pods is "many"; it must be a whole number from 7 to 50000'],
    [['--pods', '3'], '--pods is "3"; it must be a whole number from 7 to 50000'],
    [['--seed', '1.5'], '--seed is "1.5"; it must be a whole number from 0'],
    [['--listen', '8080'], '--listen is "8080"; write it like 127.0.0.1:8080'],
    [['--listen', ':8080'], '--listen is ":8080"'],
  ];
  for (const [args, want] of cases) {
    let message = '';
    try {
      readDemoOptions(args);
    } catch (error) {
      ({ message } = error as Error);
    }
    t.ok(message.startsWith(`demo: ${want}`) && !message.includes('\n'), `${args.join(' ')}: ${message}`);
  }
});

t.test('a wrong option ends it with one line and status 2', async (t) => {
  const { code, output } = await runDemo(['--pods', 'many']);
  t.equal(code, 2);
  t.match(output, /^demo: --pods is "many"; .*\n$/);
});
