import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';

import { startPod } from '../../simulator/pod.ts';
import type { Pod } from '../../simulator/pod.ts';
import type { PodFixture } from './bodies.ts';
import type { ExporterProgram } from './exporter.ts';
import { freeLoopbackAddress } from './loopback.ts';

/** One pod that runs: simulated (`pod`), or a real server. */
export interface Member {
  readonly name: string;
  readonly container: string;
  readonly instance: string;
  readonly pod?: Pod;
}

/** Pods on port 8443 of an address each, and the files by which a Prometheus and the gateway are told of them. */
export interface Fleet extends AsyncDisposable {
  /** A folder that goes away with the fleet. */
  readonly folder: string;
  readonly members: readonly Member[];
  /** Absolute path of a `file_sd_configs` file. */
  targetFile(name: string): string;
  /** Writes a `file_sd_configs` file whole, with the labels that KubeVirt's ServiceMonitor gives, and returns its path. */
  writeTargets(name: string, members: readonly Member[]): Promise<string>;
  /** Writes a configuration as YAML and returns its path. */
  writeConfig(name: string, config: object): Promise<string>;
}

/** Starts every fixture and every program, all at once. */
export async function startFleet(
  fixtures: readonly PodFixture[],
  programs: readonly ExporterProgram[] = [],
): Promise<Fleet> {
  await using running = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), 'fleet-'));
  running.defer(() => rm(folder, { recursive: true, force: true }));

  const pods = fixtures.map(async ({ name, container, body, behaviour }): Promise<Member> => {
    const address = await freeLoopbackAddress();
    const pod = running.use(
      await startPod({ address, port: 8443, body: () => body, ...(behaviour ? { behaviour } : {}) }),
    );
    return { name, container, instance: `${address}:8443`, pod };
  });
  const exporters = programs.map(async (program): Promise<Member> => {
    const exporter = running.use(await program.start(await freeLoopbackAddress()));
    return {
      name: `real-${program.name}`,
      container: program.name,
      instance: `${exporter.address}:${exporter.port}`,
    };
  });
  const settled = await Promise.allSettled([...pods, ...exporters]);
  const members = settled.map((one) => {
    if (one.status === 'rejected') throw one.reason;
    return one.value;
  });

  const owned = running.move();
  return {
    folder,
    members,
    targetFile: (name) => join(folder, `${name}.json`),
    async writeTargets(name, listed) {
      const path = join(folder, `${name}.json`);
      const groups = listed.map((member) => ({
        targets: [member.instance],
        labels: {
          namespace: 'kubevirt',
          pod: member.name,
          container: member.container,
          service: 'kubevirt-prometheus-metrics',
          endpoint: 'metrics',
        },
      }));
      // A reader never sees half a file.
      await writeFile(`${path}.new`, JSON.stringify(groups, undefined, 2));
      await rename(`${path}.new`, path);
      return path;
    },
    async writeConfig(name, config) {
      const path = join(folder, name);
      await writeFile(path, stringify(config));
      return path;
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}
