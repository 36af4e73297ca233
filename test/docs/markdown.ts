import { readFileSync } from 'node:fs';
import path from 'node:path';

export const root = path.resolve(import.meta.dirname, '../..');

/** The documents whose claims are tested. Paths relative to the root. */
export const DOCUMENTS = [
  'README.md',
  'ARCHITECTURE.md',
  'CONTRIBUTING.md',
  'CHANGELOG.md',
  'docs/api.md',
  'docs/configuration.md',
  'docs/differences.md',
  'docs/sharding.md',
  'docs/telemetry.md',
  'helm/README.md',
] as const;

/** A fenced block with the word behind its fence. */
export interface CodeBlock {
  readonly language: string;
  readonly text: string;
}

/** Rows of a table by column name; cells as written. */
export type Table = readonly Readonly<Record<string, string>>[];

export interface Section {
  readonly title: string;
  /** The anchor that a link can name, as GitHub makes it. */
  readonly anchor: string;
  readonly tables: readonly Table[];
  /** Prose without code blocks. */
  readonly prose: string;
}

export interface Document {
  readonly file: string;
  readonly sections: readonly Section[];
  readonly blocks: readonly CodeBlock[];
  readonly prose: string;
}

/** Reads a document as far as its claims are tested: sections, tables, code. */
export function readDocument(file: string): Document {
  const text = readFileSync(path.join(root, file), 'utf8');
  const blocks: CodeBlock[] = [];
  const prose = text.replaceAll(/^```(\w*)\n(.*?)^```$/gms, (_, language: string, block: string) => {
    blocks.push({ language, text: block });
    return '';
  });
  const parts = prose.split(/^#+ (.*)$/m).slice(1);
  const sections: Section[] = [];
  for (let i = 0; i < parts.length; i += 2) {
    const title = parts[i] ?? '';
    const own = parts[i + 1] ?? '';
    sections.push({ title, anchor: anchorOf(title), tables: tablesOf(own), prose: own });
  }
  return { file, sections, blocks, prose };
}

/** The section of that title; fails when there is none. */
export function section(document: Document, title: string): Section {
  const found = document.sections.find((one) => one.title === title);
  if (found === undefined) throw new Error(`${document.file} has no section "${title}"`);
  return found;
}

/** The table of a section that has the column; fails when there is none. */
export function table(document: Document, title: string, column: string): Table {
  const found = section(document, title).tables.find((one) => Object.hasOwn(one[0] ?? {}, column));
  if (found === undefined)
    throw new Error(`${document.file}, "${title}": no table with a column "${column}"`);
  return found;
}

/** What stands between backquotes in a text. */
export function codeIn(text: string): string[] {
  return [...text.matchAll(/`([^`\n]+)`/g)].map(([, code = '']) => code);
}

/** The only code of a cell; the cell itself when it has none. */
export function codeOf(cell: string | undefined): string {
  return codeIn(cell ?? '')[0] ?? cell ?? '';
}

/** The commands of all shell blocks, continued lines joined. */
export function commandsOf(document: Document): string[] {
  return document.blocks
    .filter(({ language }) => language === 'sh')
    .flatMap(({ text }) => text.replaceAll(/\\\n\s*/g, ' ').split('\n'))
    .flatMap((line) => line.split(/ && | \| /))
    .map((command) => command.trim())
    .filter((command) => command !== '' && !command.startsWith('#'));
}

function anchorOf(title: string): string {
  return title
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-');
}

function tablesOf(text: string): Table[] {
  return [...text.matchAll(/(?:^\|.*\|\n)+/gm)].map(([lines]) => {
    const [head = [], , ...rows] = lines.trimEnd().split('\n').map(cellsOf);
    return rows.map((row) => Object.fromEntries(head.map((name, i) => [name, row[i] ?? ''])));
  });
}

function cellsOf(line: string): string[] {
  return line
    .slice(1, -1)
    .split(/(?<!\\)\|/)
    .map((cell) => cell.trim().replaceAll('\\|', '|'));
}
