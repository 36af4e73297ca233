import type { Measured, MeasuredGateway } from './metrics-bench.ts';
import { SPREAD_MS } from './metrics-bench.ts';
import { figure, markdownTable } from './report.ts';

/** The figures for one number of pods. */
export interface MetricsRow {
  readonly pods: number;
  readonly gateway: MeasuredGateway;
  readonly prometheus?: Measured;
}

const COMMON_HEAD = [
  'samples',
  'best ms',
  'median ms',
  'CPU ms',
  'samples/s',
  'answer MB',
  'gzip MB',
  'peak MB',
];

/** The gateway beside Prometheus, with the ratio of the two where there is a Prometheus. */
export function comparisonTable(rows: readonly MetricsRow[], prometheusName: string): string {
  const lines = rows.flatMap(({ pods, gateway, prometheus }) => {
    const own = [[`${pods} pods, gateway`, ...commonCells(gateway)]];
    if (prometheus === undefined) return own;
    return [
      ...own,
      [`${pods} pods, ${prometheusName}`, ...commonCells(prometheus)],
      [`${pods} pods, gateway / Prometheus`, ...ratioCells(gateway, prometheus)],
    ];
  });
  return markdownTable(['', ...COMMON_HEAD], lines);
}

/** What only the gateway has. Milliseconds. */
export function delayTable(rows: readonly MetricsRow[]): string {
  return markdownTable(
    [
      'gateway',
      'first answer ms',
      'all pods at once: median ms',
      'of it after the slowest pod',
      `pods spread over ${SPREAD_MS} ms: median ms`,
      'of it after the slowest pod',
    ],
    rows.map(({ pods, gateway }) => [
      `${pods} pods`,
      ...[gateway.first, gateway.median, gateway.added, gateway.spreadMedian, gateway.spreadAdded].map(
        figure,
      ),
    ]),
  );
}

function commonCells(measured: Measured): string[] {
  return [
    String(measured.samples),
    figure(measured.least),
    figure(measured.median),
    figure(measured.cpu),
    String(Math.round((measured.samples / measured.median) * 1000)),
    figure(measured.bodyBytes / 1e6),
    figure(measured.wireBytes / 1e6),
    figure(measured.peakBytes / 1e6),
  ];
}

function ratioCells(gateway: Measured, prometheus: Measured): string[] {
  function ratio(of: (measured: Measured) => number): string {
    return figure(of(gateway) / of(prometheus));
  }
  return [
    '',
    ratio(({ least }) => least),
    ratio((measured) => measured.median),
    ratio(({ cpu }) => cpu),
    ratio(({ samples, median }) => samples / median),
    ratio(({ bodyBytes }) => bodyBytes),
    ratio(({ wireBytes }) => wireBytes),
    ratio(({ peakBytes }) => peakBytes),
  ];
}
