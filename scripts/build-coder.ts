import { spawnSync } from 'node:child_process';
import path from 'node:path';

// Makes src/exposition/line-coder.wasm of the AssemblyScript sources, or the file that is named. `npm ci` runs it; without that file
// everything works, more slowly.

const ROOT = path.dirname(import.meta.dirname);
/** Pages of 64 KiB: what assembly/memory.ts lays out. It never grows. */
const PAGES = '99';

const [, , file = 'src/exposition/line-coder.wasm'] = process.argv;
const command = path.join(ROOT, 'node_modules/assemblyscript/bin/asc.js');
const options = ['-O3', '--noAssert', '--enable', 'simd', '--runtime', 'stub', '--use', 'abort='];
const memory = ['--initialMemory', PAGES, '--maximumMemory', PAGES];
const { status } = spawnSync(
  process.execPath,
  [command, 'assembly/line-coder.ts', '--outFile', file, ...options, ...memory],
  { cwd: ROOT, stdio: 'inherit' },
);
if (status !== 0) process.exit(1);
