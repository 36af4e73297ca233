import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';

/** What a bundle owes to one package that is part of it. */
export interface Licence {
  readonly name: string;
  readonly version: string;
  /** SPDX identifier, as the package states it. */
  readonly id: string;
  /** The licence's text, absent where the package has no such file. */
  readonly text?: string;
}

const LICENCE_FILE = /^(?:licen[cs]e|copying|notice)(?:[.-].*)?$/i;

/**
 * The licences of the packages that bundled files come from, by name and version. `files` are paths as esbuild's metafile has them,
 * relative to `root`; those outside `node_modules` are passed over. Throws when a package states no licence.
 */
export async function collectLicences(root: string, files: readonly string[]): Promise<Licence[]> {
  const folders = new Set(files.map(packageFolder).filter((folder) => folder !== undefined));
  const licences = await Promise.all([...folders].map((folder) => readLicence(path.join(root, folder))));
  const byKey = new Map(licences.map((licence) => [`${licence.name}@${licence.version}`, licence]));
  return [...byKey.keys()].sort().map((key) => byKey.get(key) as Licence);
}

/** One text with every licence in full. */
export function formatLicences(licences: readonly Licence[]): string {
  const rule = '-'.repeat(80);
  const sections = licences.map(({ name, version, id, text }) => {
    const body = text ?? `The package states its licence as ${id} and has no file with its text.`;
    return `${rule}\n${name} ${version} (${id})\n${rule}\n\n${body.trim()}\n`;
  });
  return `This program contains the following packages.\n\n${sections.join('\n')}`;
}

/** `node_modules/a/node_modules/@b/c/lib/x.js` gives `node_modules/a/node_modules/@b/c`. */
function packageFolder(file: string): string | undefined {
  return /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(file)?.[1];
}

async function readLicence(folder: string): Promise<Licence> {
  const description = JSON.parse(await readFile(path.join(folder, 'package.json'), 'utf8')) as {
    name: string;
    version: string;
    license?: string;
  };
  const { name, version, license } = description;
  if (license === undefined)
    throw new Error(`${name}@${version} states no licence in its package.json: look before it is shipped`);
  const names = (await readdir(folder)).filter((file) => LICENCE_FILE.test(file)).sort();
  const texts = await Promise.all(names.map((file) => readFile(path.join(folder, file), 'utf8')));
  return { name, version, id: license, ...(texts.length > 0 && { text: texts.join('\n\n') }) };
}
