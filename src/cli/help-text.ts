import packageJson from '../../package.json' with { type: 'json' };
import { FLAG_TABLE } from './flag-table.ts';
import type { FlagDefinition } from './flag-table.ts';

const INDENT = 31;
const WIDTH = 80;

/** What `--help` prints, with a newline at its end; laid out as the help of Prometheus and its exporters. */
export function helpText(): string {
  const flags = FLAG_TABLE.map((flag) => formatFlag(flag)).join('');
  const description = wrap(packageJson.description, WIDTH).join('\n');
  return `usage: ${packageJson.name} [<flags>]\n\n${description}\n\nFlags:\n${flags}`;
}

/** What `--version` prints, with a newline at its end. */
export function versionText(): string {
  const { platform, arch, version } = process;
  return `${packageJson.name}, version ${packageJson.version}
  node version:     ${version}
  platform:         ${platform}/${arch}
`;
}

/** What a flag does, and the values that it takes where they can be counted. */
export function helpOf({ help, choices }: FlagDefinition): string {
  return choices === undefined ? help : `${help} One of: [${choices.join(', ')}]`;
}

function formatFlag(flag: FlagDefinition): string {
  const short = flag.short === undefined ? '    ' : `-${flag.short}, `;
  const head = `  ${short}--${flag.name}${valueHint(flag)}`;
  const lines = wrap(helpOf(flag), WIDTH - INDENT);
  // A head too long for its column stands on a line of its own.
  const first = head.length + 2 > INDENT ? `${head}\n${' '.repeat(INDENT)}` : head.padEnd(INDENT);
  return `${first}${lines.join(`\n${' '.repeat(INDENT)}`)}\n`;
}

function valueHint(flag: FlagDefinition): string {
  if (flag.type === 'boolean') return '';
  const value = flag.default ?? flag.type.toUpperCase();
  return `=${value}${flag.isRepeatable ? ' ...' : ''}`;
}

function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else {
      line = line === '' ? word : `${line} ${word}`;
    }
  }
  return [...lines, line];
}
