// npm run bench [-- --pods 10,50,200 --bytes 500000 --runs 11 --no-prometheus]
// npm run bench -- scan [--bytes 500000 --runs 200]
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

import { PROMETHEUS_MISSING } from '../test/real/prometheus.ts';
import { choosePrometheus } from './federating-prometheus.ts';
import { startTimedPods } from './hand-over.ts';
import { measureGateway, measurePrometheus } from './metrics-bench.ts';
import { comparisonTable, delayTable } from './metrics-table.ts';
import type { MetricsRow } from './metrics-table.ts';
import { describeMachine, progress } from './report.ts';
import { benchScan } from './scan.ts';
import { buildGateway } from './shipped-gateway.ts';

const FEDERATE_RUNS = 3;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  allowNegative: true,
  options: {
    pods: { type: 'string', default: '10,50,200' },
    bytes: { type: 'string', default: '500000' },
    runs: { type: 'string' },
    prometheus: { type: 'boolean', default: true },
  },
});

/** A whole number above 0. */
function positive(flag: string, text: string): number {
  const number = Number(text);
  if (Number.isInteger(number) && number > 0) return number;
  throw new Error(`--${flag}: ${JSON.stringify(text)} is no whole number above 0`);
}

async function benchMetrics(): Promise<void> {
  const counts = values.pods.split(',').map((text) => positive('pods', text));
  const bytes = positive('bytes', values.bytes);
  const runs = positive('runs', values.runs ?? '11');
  const program = values.prometheus ? choosePrometheus() : undefined;
  const name = `Prometheus ${program?.version}`;
  process.stdout.write(`${describeMachine()}\n`);
  if (program !== undefined) process.stdout.write(`Beside it: /federate of ${name}\n\n`);
  else
    process.stdout.write(
      `Without Prometheus: ${values.prometheus ? PROMETHEUS_MISSING : 'not asked for'}\n\n`,
    );

  const folder = mkdtempSync(join(tmpdir(), 'gateway-bench-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));
  progress('building the gateway');
  const launcher = await buildGateway(folder);
  const rows: MetricsRow[] = [];
  for (const count of counts) {
    const own = join(folder, String(count));
    mkdirSync(own, { recursive: true });
    progress(`${count} pods: starting`);
    await using pods = await startTimedPods({ pods: count, bytes }, own);
    const gateway = await measureGateway(launcher, pods, { runs, folder: own });
    if (program === undefined) rows.push({ pods: count, gateway });
    else {
      const prometheus = await measurePrometheus(program, pods, { runs: FEDERATE_RUNS, folder: own });
      rows.push({ pods: count, gateway, prometheus });
    }
  }
  process.stdout.write(`${comparisonTable(rows, name)}\n${delayTable(rows)}`);
  progress('done');
}

// What was started ends with this process, and is killed where it does not end by itself.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));

const [bench = 'metrics', ...others] = positionals;
if (others.length > 0 || !['metrics', 'scan'].includes(bench)) {
  process.stderr.write(
    `there is no benchmark ${positionals.join(' ')}; there are: metrics (the default), scan\n`,
  );
  process.exitCode = 2;
} else if (bench === 'scan') {
  process.stdout.write(`${describeMachine()}\n\n`);
  process.stdout.write(
    benchScan({ bytes: positive('bytes', values.bytes), runs: positive('runs', values.runs ?? '200') }),
  );
} else {
  await benchMetrics();
}
