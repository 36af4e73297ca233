import { copyFile } from 'node:fs/promises';
import path from 'node:path';
import { build, type Metafile } from 'esbuild';
import { ASSET_NAMES } from '../src/page/assets.ts';
import { slimPackages } from './slim-packages.ts';

/** Files by the name that they have in the bundle. */
export type EntryPoints = Readonly<Record<string, string>>;

/** The repository. */
export const root: string = path.dirname(import.meta.dirname);

/** The program and its worker. */
export const PROGRAM: EntryPoints = { main: 'src/main.ts', worker: 'src/worker/worker.ts' };

/**
 * Bundles these entries, with all that they need, into a folder. Tells what went into it. Rejects when something that is imported is not
 * there.
 */
export async function bundle(outdir: string, entryPoints: EntryPoints): Promise<Metafile> {
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: { ...entryPoints },
    outdir,
    bundle: true,
    // What both need is there once, and the Kubernetes client is read only when it is asked for.
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
    plugins: [slimPackages(root)],
    logLevel: 'warning',
  });
  return metafile;
}

/** Copies what the program reads from beside itself: the assets of its page. The line coder, without which it works too, has to be built. */
export async function copyAssets(outdir: string): Promise<void> {
  for (const name of ASSET_NAMES) await copyFile(path.join(root, 'src/page', name), path.join(outdir, name));
}
