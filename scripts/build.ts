import { copyFile, readdir, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { bundle, copyAssets, PROGRAM, root } from './bundle.ts';
import { collectLicences, formatLicences } from './licences.ts';

// Makes dist/, what the package and the image ship: the program and its worker with all that they need. All files lie in one folder,
// because the program starts the worker, and the worker reads the line coder, and the page its assets, by their places beside themselves.

const outdir = path.join(root, 'dist');

await rm(outdir, { recursive: true, force: true });
const metafile = await bundle(outdir, PROGRAM);

await import('./build-coder.ts');
await copyFile(path.join(root, 'src/exposition/line-coder.wasm'), path.join(outdir, 'line-coder.wasm'));
await copyAssets(outdir);

const licences = await collectLicences(root, Object.keys(metafile.inputs));
await writeFile(path.join(outdir, 'THIRD-PARTY-LICENSES.txt'), formatLicences(licences));

for (const file of await readdir(outdir)) {
  const { size } = await stat(path.join(outdir, file));
  process.stdout.write(`dist/${file}  ${Math.ceil(size / 1024)} kB\n`);
}
