import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { PROMETHEUS_MISSING } from '../test/real/prometheus.ts';
import { choosePrometheus } from './federating-prometheus.ts';
import { startTimedPods } from './hand-over.ts';
import { measureGateway, measurePrometheus } from './metrics-bench.ts';
import { comparisonTable, delayTable } from './metrics-table.ts';
import type { MetricsRow } from './metrics-table.ts';
import { BENCH_USAGE, BenchUsageError, readBenchOptions } from './options.ts';
import type { BenchOptions } from './options.ts';
import { describeMachine, progress } from './report.ts';
import { benchScanAgainst } from './scan-against.ts';
import { benchScan } from './scan.ts';
import { buildGateway } from './shipped-gateway.ts';

const FEDERATE_RUNS = 3;

function optionsOrExit(): BenchOptions {
  try {
    return readBenchOptions(process.argv.slice(2));
  } catch (error) {
    if (!(error instanceof BenchUsageError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exit(2);
  }
}

async function benchMetrics({ pods: counts, bytes, runs = 11, prometheus }: BenchOptions): Promise<void> {
  const program = prometheus ? choosePrometheus() : undefined;
  const name = `Prometheus ${program?.version}`;
  process.stdout.write(`${describeMachine()}\n`);
  if (program !== undefined) process.stdout.write(`Beside it: /federate of ${name}\n\n`);
  else process.stdout.write(`Without Prometheus: ${prometheus ? PROMETHEUS_MISSING : 'not asked for'}\n\n`);

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
      const beside = await measurePrometheus(program, pods, { runs: FEDERATE_RUNS, folder: own });
      rows.push({ pods: count, gateway, prometheus: beside });
    }
  }
  process.stdout.write(`${comparisonTable(rows, name)}\n${delayTable(rows)}`);
  progress('done');
}

// What was started ends with this process, and is killed where it does not end by itself.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));

const options = optionsOrExit();
try {
  await runBench(options);
} catch (error) {
  // What goes wrong says what in its message.
  process.stderr.write(`bench: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}

async function runBench({ help, bench, bytes, runs, against, pairs }: BenchOptions): Promise<void> {
  if (help) {
    process.stdout.write(BENCH_USAGE);
  } else if (bench === 'metrics') {
    await benchMetrics(options);
  } else {
    process.stdout.write(`${describeMachine()}\n\n`);
    process.stdout.write(
      against === undefined
        ? await benchScan({ bytes, runs: runs ?? 200 })
        : benchScanAgainst({ revision: against, bytes, runs: runs ?? 40, pairs }),
    );
  }
}
