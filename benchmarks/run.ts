import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { benchClosedLoop } from './closed-loop.ts';
import { benchCompare } from './compare.ts';
import { benchDiscovery } from './discovery.ts';
import { benchEventLoop } from './event-loop.ts';
import { benchFederate } from './federate.ts';
import { benchFloor } from './floor.ts';
import { goalLine, goalsTable } from './goals.ts';
import type { BenchContext, GoalRow, PartOptions, PartResult } from './goals.ts';
import { benchIdle } from './idle.ts';
import { benchLargePod } from './large-pod.ts';
import { benchLoad } from './load.ts';
import { benchMatch } from './match.ts';
import { BENCH_USAGE, BenchUsageError, readBenchOptions } from './options.ts';
import type { BenchOptions, GoalPart } from './options.ts';
import { benchProbe } from './probe.ts';
import { describeMachine, progress } from './report.ts';
import { checkOut } from './revision.ts';
import { benchScaling } from './scaling.ts';
import { benchScan } from './scan.ts';
import { buildGateway } from './shipped-gateway.ts';
import { benchSpreadLatency } from './spread-latency.ts';
import { benchThousand } from './thousand.ts';

type Part = (context: BenchContext, options: PartOptions) => Promise<PartResult>;

const PARTS: Readonly<Record<GoalPart, Part>> = {
  floor: benchFloor,
  federate: benchFederate,
  match: benchMatch,
  scan: benchScan,
  thousand: benchThousand,
  'large-pod': rowsOnly(benchLargePod),
  spread: rowsOnly(benchSpreadLatency),
  'closed-loop': rowsOnly(benchClosedLoop),
  'event-loop': rowsOnly(benchEventLoop),
  idle: rowsOnly(benchIdle),
  discovery: rowsOnly(benchDiscovery),
};

function rowsOnly(bench: (context: BenchContext) => Promise<readonly GoalRow[]>): Part {
  return async (context) => ({ rows: await bench(context) });
}

function optionsOrExit(): BenchOptions {
  try {
    return readBenchOptions(process.argv.slice(2));
  } catch (error) {
    if (!(error instanceof BenchUsageError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exit(2);
  }
}

async function runBench(options: BenchOptions): Promise<void> {
  if (options.help) {
    process.stdout.write(BENCH_USAGE);
    return;
  }
  const { quick, other, revision, seconds, rate } = options;
  process.stdout.write(`${describeMachine()}${quick ? '; QUICK: not to be compared with anything' : ''}\n\n`);
  const folder = mkdtempSync(join(tmpdir(), 'gateway-bench-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));
  // What cannot be compared is said at once.
  using revised = other === 'compare' ? checkOut(revision) : undefined;
  let launcher = '';
  if (other !== undefined || options.parts.some((part) => part !== 'scan')) {
    progress('building the gateway');
    launcher = await buildGateway(folder);
  }
  const context: BenchContext = { launcher, folder, quick };
  if (revised !== undefined)
    process.stdout.write(await benchCompare(context, { ...options, revision: revised }));
  else if (other === 'scaling') process.stdout.write(await benchScaling(context, options));
  else if (other === 'probe') process.stdout.write(await benchProbe(context, options));
  else if (other === 'load')
    process.stdout.write(await benchLoad(context, { seconds: quick ? 3 : seconds, rate }));
  else await runGoals(context, options);
  progress('done');
}

/** One part after the other; one that fails is a row that says so, and the others are still run. */
async function runGoals(context: BenchContext, options: BenchOptions): Promise<void> {
  const rows: GoalRow[] = [];
  const details: string[] = [];
  for (const part of options.parts) {
    progress(`== ${part}`);
    try {
      const found = await PARTS[part](context, options);
      // What so few runs found is not held against anything.
      const held = found.rows.map((row) => (context.quick ? { ...row, met: undefined } : row));
      for (const row of held) progress(goalLine(row));
      rows.push(...held);
      if (found.details !== undefined) details.push(`#### ${part}\n\n${found.details}`);
    } catch (error) {
      const text = error instanceof Error ? error.message : String(error);
      process.stderr.write(`bench: ${part}: ${text}\n`);
      process.exitCode = 1;
      rows.push({ work: part, goal: '', measured: `failed: ${text.split('\n', 1)[0]}`, met: false });
    }
  }
  process.stdout.write([goalsTable(rows), ...details].join('\n'));
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
