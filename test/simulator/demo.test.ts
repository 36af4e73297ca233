import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import t from 'tap';

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

t.test('a wrong option ends it with one line', async (t) => {
  const { code, output } = await runDemo(['--podz', '3']);
  t.equal(code, 1);
  t.match(output, /^Unknown option '--podz'/);
});
