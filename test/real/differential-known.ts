import type { Difference, TargetState } from './differential-compare.ts';
import { compareTargets } from './differential-compare.ts';

export type Format = 'text' | 'openMetrics';

/** What of one body differs, and where. */
export interface Found {
  readonly difference: Difference;
  readonly direct: TargetState | undefined;
  readonly through: TargetState | undefined;
  readonly format: Format;
  readonly honorLabels: boolean;
  /** One character a byte. */
  readonly body: string;
}

/**
 * A difference that docs/differences.md gives a reason for. `versions` is the beginning of those in which it is seen, and `witness` the name of a
 * body of {@link witnesses} that shows it in each of them.
 */
export interface KnownDifference {
  readonly why: string;
  readonly versions: '' | '3.';
  readonly witness: string;
  readonly applies: (found: Found) => boolean;
}

function onlyCounts({ difference }: Found): boolean {
  return difference.lines.every((line) => line.startsWith('scrape_samples_'));
}

function isUp(state: TargetState | undefined): boolean {
  return state?.report.get('up') === '1';
}

/** Directly accepted, and refused through the gateway. */
function isRefusedByTheGateway({ direct, through }: Found): boolean {
  return isUp(direct) && through?.report.get('up') === '0';
}

/** From 3.0 on, bounds and quantiles are stored as floats where the TYPE line above says histogram or summary. */
function withFloats(state: TargetState | undefined): TargetState | undefined {
  if (state === undefined) return undefined;
  const samples = [...state.samples].map(([labels, values]): [string, string] => [
    labels.replace(
      /(le|quantile)="([^"]+)"/g,
      (_, name: string, text: string) => `${name}="${floatOf(text)}"`,
    ),
    values,
  ]);
  return { ...state, samples: new Map(samples) };
}

function floatOf(text: string): string {
  if (/^[-+]?inf(inity)?$/i.test(text)) return text.startsWith('-') ? '-Inf' : '+Inf';
  return Number.isNaN(Number(text)) ? text : String(Number(text));
}

function hasReportName(body: string): boolean {
  return /^(up|scrape_\w+)\b/m.test(body);
}

export const KNOWN_DIFFERENCES: readonly KnownDifference[] = [
  {
    why: 'names in quotes',
    versions: '3.',
    witness: 'quoted-name',
    applies: ({ body }) => /[{,]\s*"[^"]*"\s*[,}=]|^\s*#\s*(HELP|TYPE)\s+"/m.test(body),
  },
  {
    why: 'an exemplar behind any sample of OpenMetrics',
    versions: '3.',
    witness: 'exemplar-of-a-gauge',
    applies: ({ format, body }) => format === 'openMetrics' && / # \{/.test(body),
  },
  {
    why: 'a comma behind the last label of OpenMetrics',
    versions: '3.',
    witness: 'trailing-comma',
    applies: ({ format, body }) => format === 'openMetrics' && /,\}/.test(body),
  },
  {
    why: 'samples counted before the bad one of an OpenMetrics body',
    versions: '3.',
    witness: 'blank-behind-a-value',
    applies: (found) => found.format === 'openMetrics' && !isUp(found.direct) && onlyCounts(found),
  },
  {
    why: "le and quantile as floats, by the family's one TYPE",
    versions: '3.',
    witness: 'bounds-of-another-family',
    applies: ({ direct, through }) => compareTargets(withFloats(direct), withFloats(through)).length === 0,
  },
  {
    why: 'an exported_ label without a value is a taken name',
    versions: '3.',
    witness: 'empty-exported',
    applies: ({ body, honorLabels }) => !honorLabels && /exported_\w+\s*=\s*""/.test(body),
  },
  {
    why: 'a NUL byte where a line begins',
    versions: '',
    witness: 'nul',
    applies: (found) => isRefusedByTheGateway(found) && /(^|\n)[ \t]*\0/.test(found.body),
  },
  {
    why: 'a label name twice in a sample whose timestamp is out of bounds',
    versions: '',
    witness: 'label-twice-too-old',
    applies: (found) =>
      found.through?.report.get('up') === '0' &&
      /^.*\{(?:.*[\s,])?(\w+)\s*=\s*"(.*[\s,])?\1\s*=.* \d+$|\{(.*,)?\s*__name__\s*=.* \d+/m.test(found.body),
  },
  {
    why: "report series are the gateway's own",
    versions: '',
    witness: 'own-report',
    applies: ({ body }) => hasReportName(body),
  },
];

/** A body for each known difference. */
export function witnesses(): readonly {
  readonly name: string;
  readonly text?: Buffer;
  readonly openMetrics?: Buffer;
}[] {
  return [
    { name: 'quoted-name', text: Buffer.from('{"a"} 1\n') },
    { name: 'exemplar-of-a-gauge', openMetrics: Buffer.from('# TYPE a gauge\na 1 # {b="c"} 1\n# EOF\n') },
    { name: 'trailing-comma', openMetrics: Buffer.from('a{b="1",} 1\n# EOF\n') },
    { name: 'blank-behind-a-value', openMetrics: Buffer.from('a 1 \n# EOF\n') },
    {
      name: 'bounds-of-another-family',
      text: Buffer.from('# TYPE a_histogram histogram\nnot_of_it{le="1"} 1\n'),
    },
    { name: 'empty-exported', text: Buffer.from('a{job="x",exported_job=""} 1\n') },
    { name: 'nul', text: Buffer.from('a 1\n\0b 1\nc 1\n') },
    { name: 'label-twice-too-old', text: Buffer.from('a{b="1",b="2"} 1 1000\nc 1\n') },
    { name: 'own-report', text: Buffer.from('up 0\nscrape_samples_scraped 7\nc 1\n') },
  ];
}
