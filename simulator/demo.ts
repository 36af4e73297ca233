import { appendFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

import { askGateway } from './answer.ts';
import { startCluster } from './cluster.ts';
import type { Cluster } from './cluster.ts';
import { exampleLines, problemsOf, summaryText } from './demo-report.ts';
import { freeAddress, startGatewayProcess } from './gateway-process.ts';

const USAGE = `npm run demo [-- options]

Starts a KubeVirt of its own on addresses of 127.0.0.0/8, puts the gateway in front of it, and shows the merged answer.

  --pods <n>          how many KubeVirt pods, at least 7 (default 12)
  --listen <address>  where the gateway listens (default 127.0.0.1:8080, or a free port when that is taken)
  --seed <n>          another seed makes other virtual machines (default 1)
  --once              print the summary and end: 0 when the answer is what it must be, else 1
  --help
`;
const STEP_MS = 10_000;
const SCRAPE_TIMEOUT_SECONDS = 5;

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      pods: { type: 'string', default: '12' },
      listen: { type: 'string' },
      seed: { type: 'string', default: '1' },
      once: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    console.log(USAGE);
    return 0;
  }
  const stopped = new Promise<'stop'>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve('stop'));
  });

  await using cluster = await startCluster({
    pods: wholeNumber('--pods', values.pods),
    seed: wholeNumber('--seed', values.seed),
  });
  await using folder = await temporaryFolder();
  const kubeconfig = join(folder.path, 'kubeconfig');
  await writeFile(kubeconfig, cluster.kubeconfig());
  console.log(
    `A KubeVirt of ${cluster.pods.length} pods and ${cluster.model.machines.length} virtual machines runs.`,
  );

  const listen = values.listen ?? (await freeAddress('127.0.0.1', 8080));
  const logFile = join(folder.path, 'gateway.log');
  await using gateway = await startGatewayProcess({
    listen,
    args: ['--kubeconfig', kubeconfig],
    onLog: (text) => appendFileSync(logFile, text),
  });
  const answer = await askGateway(`${gateway.url}/metrics`, SCRAPE_TIMEOUT_SECONDS);
  console.log(summaryText(answer));
  console.log(exampleLines(answer.text));
  const problems = problemsOf(answer, cluster);
  for (const problem of problems) console.error(`Not as it must be: ${problem}`);
  if (values.once) {
    if (problems.length > 0) console.error(`The gateway logged:\n${gateway.log()}`);
    return problems.length > 0 ? 1 : 0;
  }

  console.log(`
Open  ${gateway.url}/           links to everything
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
  if (outcome === 'stop') return 0;
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

function wholeNumber(option: string, text: string): number {
  if (!/^\d+$/.test(text)) throw new Error(`${option} must be a whole number, not ${JSON.stringify(text)}`);
  return Number(text);
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
  process.exitCode = 1;
}
