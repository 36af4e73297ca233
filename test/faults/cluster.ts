import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { startPods } from '../../simulator/pods.ts';
import type { PodsOptions, PodsProcess } from '../../simulator/pods.ts';
import { startProgram } from '../serve/program.ts';
import type { Program } from '../serve/program.ts';
import { readAnswer } from './answer-reader.ts';
import type { ReadAnswer } from './answer-reader.ts';
import { memoryOf } from './process-memory.ts';

/** A group of targets as it stands in a file of `file_sd_configs`. */
export interface TargetGroup {
  readonly targets: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
}

/** The gateway as a process, with healthy pods in one further process and faulty ones in another. */
export interface Cluster extends AsyncDisposable {
  readonly url: string;
  readonly program: Program;
  readonly pid: number;
  readonly healthy: PodsProcess;
  readonly faulty: PodsProcess;
  /** The first two numbers of all addresses. */
  readonly network: string;
  /** The samples of the healthy pods as they are without any fault. */
  readonly baseline: readonly string[];
  /** Bytes of memory that the gateway has when it is warm. */
  readonly baselineMemory: number;
  /** Waits until the gateway has these targets beside the healthy pods and the faulty ones. */
  setTargets(more: readonly TargetGroup[]): Promise<void>;
  ask(timeoutSeconds: number, headers?: Readonly<Record<string, string>>): Promise<ReadAnswer>;
  /** A value of the gateway's own metrics, by the series without the prefix; undefined when it is not there. */
  telemetry(series: string): Promise<number | undefined>;
}

const HEALTHY_PODS = 8;
/** Their addresses, written as text, stand between those of healthy pods, so that both share workers. */
const FIRST_FAULTY = 33;

/** Starts everything, and warms it up with some rounds in which all pods are well. */
export async function startCluster(options: {
  readonly faulty: Partial<PodsOptions> & { readonly pods: number };
  readonly healthy?: Partial<PodsOptions>;
  /** Further scrape configs, as YAML. Its own certificates and targets it writes into the folder. */
  readonly config?: (folder: string) => Promise<string>;
  readonly args?: readonly string[];
  /** Further fields of the scrape config of all pods, as YAML between braces. */
  readonly fields?: string;
  /** Rounds before the first fault. Default 30. */
  readonly rounds?: number;
  readonly env?: Record<string, string>;
}): Promise<Cluster> {
  await using stack = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), 'faults-'));
  stack.defer(() => rm(folder, { recursive: true, force: true }));
  const healthy = stack.use(await startPods({ pods: HEALTHY_PODS, bytes: 40_000, ...options.healthy }));
  const network = healthy.pods[0]!.address.split('.', 2).join('.');
  const faulty = stack.use(
    await startPods({ bytes: 20_000, distinct: 1, seed: 7, network, first: FIRST_FAULTY, ...options.faulty }),
  );
  const targetFile = join(folder, 'targets.json');
  async function writeTargets(more: readonly TargetGroup[]): Promise<void> {
    const groups: TargetGroup[] = [
      { targets: healthy.pods.map(({ address }) => address), labels: { role: 'healthy' } },
      { targets: faulty.pods.map(({ address }) => address), labels: { role: 'faulty' } },
      ...more,
    ];
    // A reader never sees half a file.
    await writeFile(`${targetFile}.new`, JSON.stringify(groups));
    await rename(`${targetFile}.new`, targetFile);
  }
  await writeTargets([]);
  const configFile = join(folder, 'config.yml');
  const more = (await options.config?.(folder)) ?? '';
  await writeFile(
    configFile,
    `scrape_configs:
- { job_name: pods, scheme: https, honor_labels: true, tls_config: { insecure_skip_verify: true }, file_sd_configs: [{ files: ["${targetFile}"] }], ${options.fields ?? ''} }
${more}`,
  );
  const program = stack.use(
    startProgram(
      [
        `--config.file=${configFile}`,
        '--web.listen-address=127.0.0.1:0',
        '--scrape.reuse=0s',
        ...(options.args ?? []),
      ],
      options.env,
    ),
  );
  const url = await program.listening;
  const ask: Cluster['ask'] = (timeoutSeconds, headers = {}) => readAnswer(url, { timeoutSeconds, headers });
  // The first finds cold code and closed connections, and may be long on a busy machine.
  let { healthy: baseline } = await ask(30);
  for (let round = 1; round < (options.rounds ?? 30); round += 1) ({ healthy: baseline } = await ask(30));
  const owned = stack.move();
  return {
    url,
    program,
    pid: program.process.pid!,
    healthy,
    faulty,
    network,
    baseline,
    baselineMemory: memoryOf(program.process.pid!, 'VmHWM'),
    async setTargets(groups) {
      const changes = (): number => program.log().split('msg="targets changed"').length;
      const before = changes();
      await writeTargets(groups);
      if (!(await reaches(() => changes() > before, true))) throw new Error('the targets never changed');
    },
    ask,
    async telemetry(series) {
      const text = await (await fetch(`${url}/-/metrics`)).text();
      const start = `kubevirt_metrics_gateway_${series} `;
      const line = text.split('\n').find((one) => one.startsWith(start));
      return line === undefined ? undefined : Number(line.slice(start.length));
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** Reads until the value is what is wanted, for at most so many seconds; returns the last value either way. */
export async function reaches<T>(
  read: () => T | Promise<T>,
  want: T,
  withinSeconds: number = 20,
): Promise<T> {
  const deadline = performance.now() + withinSeconds * 1000;
  for (;;) {
    const value = await read();
    if (value === want || performance.now() > deadline) return value;
    await sleep(50);
  }
}
