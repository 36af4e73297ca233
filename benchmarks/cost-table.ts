import type { CostSummary } from './answer-cost.ts';
import { figure, markdownTable } from './report.ts';

const HEAD = [
  'samples',
  'best ms',
  'median ms',
  'CPU ms',
  'samples/s',
  'answer MB',
  'on the wire MB',
  'peak MB',
];

/** What programs over so many pods cost, one a line, with the ratio of the first to each other one. */
export function costTable(costs: readonly CostSummary[], pods: number): string {
  return markdownTable(['', ...HEAD], costLines(costs, pods));
}

/** The same for several numbers of pods, one below the other. */
export function costTables(
  blocks: readonly { readonly pods: number; readonly costs: readonly CostSummary[] }[],
): string {
  return markdownTable(
    ['', ...HEAD],
    blocks.flatMap(({ pods, costs }) => costLines(costs, pods)),
  );
}

function costLines(costs: readonly CostSummary[], pods: number): string[][] {
  const [first, ...others] = costs;
  if (first === undefined) return [];
  return [
    ...costs.map((cost) => [`${pods} pods, ${cost.name}`, ...costCells(cost)]),
    ...others.map((other) => [`${pods} pods, ${first.name} / ${other.name}`, ...ratioCells(first, other)]),
  ];
}

function costCells(cost: CostSummary): string[] {
  return [
    Number.isNaN(cost.samples) ? '' : String(cost.samples),
    figure(cost.least),
    figure(cost.median),
    figure(cost.cpu),
    Number.isNaN(cost.samples) ? '' : String(Math.round((cost.samples / cost.median) * 1000)),
    figure(cost.bodyBytes / 1e6),
    figure(cost.wireBytes / 1e6),
    figure(cost.peakBytes / 1e6),
  ];
}

function ratioCells(first: CostSummary, other: CostSummary): string[] {
  function ratio(of: (cost: CostSummary) => number): string {
    return figure(of(first) / of(other));
  }
  return [
    '',
    ratio(({ least }) => least),
    ratio((cost) => cost.median),
    ratio(({ cpu }) => cpu),
    '',
    ratio(({ bodyBytes }) => bodyBytes),
    ratio(({ wireBytes }) => wireBytes),
    ratio(({ peakBytes }) => peakBytes),
  ];
}
