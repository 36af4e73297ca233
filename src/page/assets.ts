import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';

const TYPES = {
  'page.css': 'text/css; charset=utf-8',
  'page.js': 'text/javascript; charset=utf-8',
  'icon.svg': 'image/svg+xml',
} as const;
export type AssetName = keyof typeof TYPES;

/** The names of the files beside this one that a browser gets; the bundle has them beside itself too. */
export const ASSET_NAMES: readonly AssetName[] = Object.keys(TYPES) as AssetName[];

/** A file for browsers, under an address that changes with it. */
export interface Asset {
  /** Relative to the page. */
  readonly href: string;
  readonly contentType: string;
  readonly body: Buffer;
}

/** Reads the files that a browser gets. Throws when one is missing. */
export function readAssets(): ReadonlyMap<AssetName, Asset> {
  return new Map(
    ASSET_NAMES.map((name) => {
      const body = readFileSync(new URL(name, import.meta.url));
      const hash = createHash('sha256').update(body).digest('hex').slice(0, 12);
      const href = `targets/${name.replace('.', `.${hash}.`)}`;
      return [name, { href, contentType: TYPES[name], body }];
    }),
  );
}
