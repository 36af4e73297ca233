import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { get, type IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { gunzipSync } from 'node:zlib';
import t from 'tap';

import { benchBody } from '../../simulator/render.ts';
import { startPlainPod, startScraper } from '../round/fixture.ts';
import { startTestServer } from '../serve/fixture.ts';

const PODS = 5;
const PYTHON = 'import gzip, sys; sys.stdout.buffer.write(gzip.open(sys.argv[1]).read())';

/** Everybody who reads a gzip file, or fetches one, beside Node and the real Prometheus servers. */
const READERS: readonly (readonly [program: string, args: (file: string, url: string) => string[]])[] = [
  ['gzip', (file) => ['-dc', file]],
  ['python3', (file) => ['-c', PYTHON, file]],
  ['curl', (_file, url) => ['-sS', '--fail', '--compressed', url]],
];

t.test('the stream of an answer is read by others', async (t) => {
  const bodies = Array.from({ length: PODS }, (_, i) =>
    benchBody({ bytes: 100_000, seed: 50 + i }).toString(),
  );
  await using stack = new AsyncDisposableStack();
  const pods = await Promise.all(bodies.map((body) => startPlainPod({ body: () => body })));
  for (const pod of pods) stack.use(pod);
  // What is fetched twice is the same answer but for the times, so the last one is asked for once.
  const scraper = stack.use(await startScraper(pods, { maxWorkers: 2, reuseMs: 600_000 }));
  const server = stack.use(await startTestServer(scraper));
  const url = `${server.url}/metrics`;
  const folder = mkdtempSync(join(tmpdir(), 'gzip-readers-'));
  t.teardown(() => rmSync(folder, { recursive: true }));

  const request = get(url, { headers: { 'accept-encoding': 'gzip' } });
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  const wire = await buffer(response);
  const want = gunzipSync(wire);
  const lines = want.toString().split('\n');
  const samples = bodies
    .join('')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#')).length;
  t.equal(lines.filter((line) => line !== '' && !line.startsWith('#')).length, samples + 4 * PODS);
  const file = join(folder, 'answer.gz');
  writeFileSync(file, wire);

  for (const [program, args] of READERS) {
    const { error } = spawnSync(program, ['--version']);
    const skip = error === undefined ? false : `${program} not found: apt-get install ${program}`;
    await t.test(program, { skip }, async (t) => {
      const { status, stdout, stderr } = await run(program, args(file, url));
      t.equal(status, 0, stderr);
      t.ok(stdout.equals(want), `${stdout.length} bytes, ${want.length} wanted`);
    });
  }
});

/** Runs a program while the server in this process can answer it. */
async function run(
  program: string,
  args: readonly string[],
): Promise<{ status: number | null; stdout: Buffer; stderr: string }> {
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  const [stdout, stderr, [status]] = await Promise.all([
    buffer(child.stdout),
    buffer(child.stderr),
    once(child, 'close') as Promise<[number | null]>,
  ]);
  return { status, stdout, stderr: stderr.toString() };
}
