import { mkdirSync } from 'node:fs';
import { join } from 'node:path';

import { startPods } from '../simulator/pods.ts';
import { compareGateways } from './compare-gateway.ts';
import { compareScans } from './compare-scan.ts';
import { comparedHead } from './compared-row.ts';
import { MOMENTS } from './goals.ts';
import type { BenchContext, PartOptions } from './goals.ts';
import { markdownTable, progress } from './report.ts';
import type { Revision } from './revision.ts';
import { buildGateway } from './shipped-gateway.ts';

const PODS = 50;
const PAIRS = 24;
const SCAN_PAIRS = 10;
const SCAN_RUNS = 40;

/**
 * This revision beside another one, both in turns in one run: the whole gateway, each built in a folder of its own, and the scan. Resolves
 * with a Markdown table of the ratios with their intervals. Rejects when the other cannot be built or run.
 */
export async function benchCompare(
  context: BenchContext,
  options: PartOptions & { readonly revision: Revision },
): Promise<string> {
  const { quick, launcher } = context;
  const { bytes, pods: [count = quick ? 5 : PODS] = [] } = options;
  const { pairs = quick ? 2 : PAIRS, runs = quick ? 4 : SCAN_RUNS } = options;
  const { revision } = options;
  const folder = join(context.folder, 'compare');
  mkdirSync(folder, { recursive: true });
  progress(`compare: building ${revision.name}`);
  const other = await buildGateway(join(folder, 'build'), revision.folder);
  const gateways = await (async () => {
    await using pods = await startPods({ pods: count, bytes, moments: MOMENTS });
    return await compareGateways({ launcher, other, pods, folder, pairs });
  })();
  progress(`gateway: ${gateways.same}`);
  const scans = compareScans({
    folder: revision.folder,
    bytes,
    runs,
    pairs: Math.min(pairs, SCAN_PAIRS),
  });
  const table = markdownTable(comparedHead(revision.name), [...gateways.rows, ...scans.rows]);
  return `${table}
A ratio below 1 is less than ${revision.name}. It is the median of the pairs' ratios, with the interval by signs.

- The gateway's answers: ${gateways.same}
- The scan: ${scans.same}
`;
}
