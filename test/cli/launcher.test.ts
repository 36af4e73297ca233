import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { transformSync } from 'esbuild';
import t from 'tap';

const LAUNCHER = fileURLToPath(new URL('../../bin/kubevirt-metrics-gateway.js', import.meta.url));

function run(file: string, ...nodeFlags: string[]) {
  // The test runner gives child processes a loader that Node warns about.
  const args = ['--no-deprecation', ...nodeFlags, file, '--a-flag'];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  return { status, stdout, stderr };
}

/** A copy of the launcher among the given files. */
function launcherAmong(dir: string): string {
  const copy = join(dir, 'bin', 'kubevirt-metrics-gateway.js');
  mkdirSync(dirname(copy), { recursive: true });
  copyFileSync(LAUNCHER, copy);
  return copy;
}

t.test('a Node that is too old is told so in one line', async (t) => {
  for (const version of ['12.22.12', '20.19.0', '23.11.1']) {
    const dir = t.testdir({
      'package.json': '{ "type": "module" }',
      'old.cjs': `Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '${version}' } });`,
      src: { 'main.ts': 'console.log("started");' },
    });
    t.strictSame(
      run(launcherAmong(dir), '--require', join(dir, 'old.cjs')),
      {
        status: 2,
        stdout: '',
        stderr: `kubevirt-metrics-gateway needs Node.js 24 or newer, and this is ${version}\n`,
      },
      version,
    );
  }
});

t.test('nothing in it is newer than Node 12', async (t) => {
  const source = readFileSync(LAUNCHER, 'utf8');
  // What an older target lacks, esbuild rewrites or refuses; so both come out the same.
  const compile = (target: string) => transformSync(source, { target, format: 'esm' }).code;
  t.equal(compile('node12.20'), compile('esnext'));
  t.notMatch(source, /['"]node:/, 'imports with node: came later');
  t.match(source, /^#!\/usr\/bin\/env node\n/);
});

t.test('it starts the bundle where there is one, else the sources', async (t) => {
  const show = (name: string) => `console.log(${JSON.stringify(name)}, process.argv.slice(2).join());`;
  const sources = {
    'package.json': '{ "type": "module" }',
    src: { 'main.ts': `const x: number = 1;\n${show('src')}` },
  };
  t.strictSame(run(launcherAmong(t.testdir(sources))), { status: 0, stdout: 'src --a-flag\n', stderr: '' });
  const both = t.testdir({ ...sources, dist: { 'main.js': show('dist') } });
  t.strictSame(run(launcherAmong(both)), { status: 0, stdout: 'dist --a-flag\n', stderr: '' });
});

t.test('an entry that cannot be loaded ends with status 1', async (t) => {
  const dir = t.testdir({
    'package.json': '{ "type": "module" }',
    dist: { 'main.js': 'throw new Error("boom");' },
  });
  const { status, stderr } = run(launcherAmong(dir));
  t.equal(status, 1);
  t.match(stderr, /^kubevirt-metrics-gateway cannot start: Error: boom\n/);
});

t.test(
  'memory that is given back goes back to the system: glibc and V8 are told so when the process begins',
  async (t) => {
    const show = `console.log(process.pid, process.argv.length, process.execArgv.slice(1).join(' '), ${JSON.stringify(
      ['ARENA_MAX', 'MMAP_THRESHOLD_', 'TRIM_THRESHOLD_'].map((name) => `MALLOC_${name}`),
    )}.map((name) => process.env[name]).join());`;
    const launcher = launcherAmong(
      t.testdir({ 'package.json': '{ "type": "module" }', dist: { 'main.js': show } }),
    );
    const start = (env: NodeJS.ProcessEnv, ...flags: string[]) => {
      const { pid, stdout } = spawnSync(process.execPath, ['--no-deprecation', ...flags, launcher, '-x'], {
        encoding: 'utf8',
        env: { PATH: process.env['PATH'], ...env },
      });
      return stdout.replace(`${pid} `, 'the same process ');
    };
    const semi = '--max-semi-space-size';
    const grow = '--heap-growing-percent=50';
    const usual = '2,131072,262144\n';
    const set = 'what is set stays';
    t.equal(start({}), `the same process 3 ${semi}=2 ${grow} ${usual}`);
    t.equal(start({ MALLOC_ARENA_MAX: '8' }), `the same process 3 ${semi}=2 ${grow} 8,131072,262144\n`, set);
    t.equal(start({}, `${semi}=5`), `the same process 3 ${semi}=5 ${grow} ${usual}`, set);
    t.equal(start({ NODE_OPTIONS: `${semi}=5` }), `the same process 3 ${grow} ${usual}`, set);
    t.equal(
      start({}, '--heap-growing-percent=80'),
      `the same process 3 --heap-growing-percent=80 ${semi}=2 ${usual}`,
      set,
    );
    const file = readFileSync(join(dirname(LAUNCHER), '..', 'Dockerfile'), 'utf8');
    for (const [, name = '', value = ''] of readFileSync(LAUNCHER, 'utf8').matchAll(/(MALLOC_\w+): '(\d+)'/g))
      t.ok(file.includes(` ${name}=${value}`), `${name} in the Dockerfile`);
  },
);
