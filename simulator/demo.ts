import { appendFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { endSignal } from '../src/cli/end-signal.ts';
import { askGateway } from './answer.ts';
import { startCluster } from './cluster.ts';
import type { Cluster } from './cluster.ts';
import { readDemoOptions, USAGE, UsageError } from './demo-options.ts';
import { exampleLines, problemsOf, summaryText } from './demo-report.ts';
import { freeAddress, startGatewayProcess } from './gateway-process.ts';

const STEP_MS = 10_000;
const SCRAPE_TIMEOUT_SECONDS = 5;

async function main(): Promise<number> {
  const { help, once, pods, seed, listen } = readDemoOptions(process.argv.slice(2));
  if (help) {
    console.log(USAGE);
    return 0;
  }
  const stopped = endSignal().then(() => 'stop' as const);

  await using cluster = await startCluster({ pods, seed });
  await using folder = await temporaryFolder();
  const kubeconfig = join(folder.path, 'kubeconfig');
  await writeFile(kubeconfig, cluster.kubeconfig());
  console.log(
    `A KubeVirt of ${cluster.pods.length} pods and ${cluster.model.machines.length} virtual machines runs.`,
  );

  const logFile = join(folder.path, 'gateway.log');
  await using gateway = await startGatewayProcess({
    listen: listen ?? (await freeAddress('127.0.0.1', 8080)),
    args: ['--kubeconfig', kubeconfig],
    onLog: (text) => appendFileSync(logFile, text),
  });
  const answer = await askGateway(`${gateway.url}/metrics`, SCRAPE_TIMEOUT_SECONDS);
  console.log(summaryText(answer));
  console.log(exampleLines(answer.text));
  const problems = problemsOf(answer, cluster);
  for (const problem of problems) console.error(`Not as it must be: ${problem}`);
  if (once) {
    if (problems.length > 0) console.error(`The gateway logged:\n${gateway.log()}`);
    return problems.length > 0 ? 1 : 0;
  }

  console.log(`
Open  ${gateway.url}/           links to everything
      ${gateway.url}/targets    which pods are up, and where the time goes
      ${gateway.url}/metrics    the merged exposition
      ${gateway.url}/-/metrics  the gateway's own telemetry
Log   ${logFile}

A gateway of your own in front of the same pods:
  npm start -- --kubeconfig=${kubeconfig} --web.listen-address=127.0.0.1:8081

Pods come and go from now on. Ctrl-C ends it.`);
  let busy = false;
  let last = Date.now();
  const timer = setInterval(() => {
    if (busy) return;
    busy = true;
    cluster.advance(Date.now() - last);
    last = Date.now();
    void printStep(cluster).finally(() => (busy = false));
  }, STEP_MS);
  const outcome = await Promise.race([stopped, gateway.exited]);
  clearInterval(timer);
  if (outcome === 'stop') {
    console.log('Ending');
    return 0;
  }
  console.error(`The gateway ended (${outcome}); it logged:\n${gateway.log()}`);
  return 1;
}

async function printStep(cluster: Cluster): Promise<void> {
  try {
    const events = await cluster.step();
    const clock = new Date().toISOString().slice(11, 19);
    for (const { text } of events) console.log(`${clock}  ${text}`);
  } catch (error) {
    console.error(messageOf(error));
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

async function temporaryFolder(): Promise<AsyncDisposable & { readonly path: string }> {
  const path = await mkdtemp(join(tmpdir(), 'kubevirt-metrics-demo-'));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

try {
  process.exitCode = await main();
} catch (error) {
  console.error(messageOf(error));
  process.exitCode = error instanceof UsageError ? 2 : 1;
}
