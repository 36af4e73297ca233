import { copyFile, readdir, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { build } from 'esbuild';
import { collectLicences, formatLicences } from './licences.ts';

// Makes dist/, what the package and the image ship: the program and its worker with all that they need. All files lie in one folder,
// because the program starts the worker, and the worker reads the line coder, by their places beside themselves.

const root = path.dirname(import.meta.dirname);
const outdir = path.join(root, 'dist');

await rm(outdir, { recursive: true, force: true });
const { metafile } = await build({
  absWorkingDir: root,
  entryPoints: { main: 'src/main.ts', worker: 'src/worker/worker.ts' },
  outdir,
  bundle: true,
  // What both need is there once, and the Kubernetes client is read only when it is asked for: 80 MB at the start instead of 119.
  splitting: true,
  platform: 'node',
  format: 'esm',
  target: 'node24',
  minify: true,
  // Class names show in errors and logs.
  keepNames: true,
  legalComments: 'none',
  metafile: true,
  // CommonJS packages call `require` for Node's own modules, which an ES module does not have.
  banner: {
    js: 'import{createRequire as $createRequire}from"node:module";const require=$createRequire(import.meta.url);',
  },
  logLevel: 'warning',
});

await import('./build-coder.ts');
await copyFile(path.join(root, 'src/exposition/line-coder.wasm'), path.join(outdir, 'line-coder.wasm'));

const licences = await collectLicences(root, Object.keys(metafile.inputs));
await writeFile(path.join(outdir, 'THIRD-PARTY-LICENSES.txt'), formatLicences(licences));

for (const file of await readdir(outdir)) {
  const { size } = await stat(path.join(outdir, file));
  process.stdout.write(`dist/${file}  ${Math.ceil(size / 1024)} kB\n`);
}
