import { createExposition } from './exposition.ts';
import { typicalGuest } from './machine.ts';
import { createModel } from './model.ts';
import type { Model, ModelPod } from './model.ts';
import { writeProcess } from './process-metrics.ts';
import { writeVirtApi } from './virt-api.ts';
import { writeVirtController } from './virt-controller.ts';
import { writeVirtHandler } from './virt-handler.ts';
import { writeVirtOperator } from './virt-operator.ts';

/** The exposition of one pod at the model's time, as client_golang's promhttp writes it. */
export function renderPod(model: Model, pod: ModelPod): string {
  const out = createExposition(pod.component);
  const seconds = (model.time - pod.startedAt) / 1000;
  writeProcess(out, pod, seconds);
  switch (pod.component) {
    case 'virt-api':
      writeVirtApi(out, model, pod, seconds);
      break;
    case 'virt-controller':
      writeVirtController(out, model, pod, seconds);
      break;
    case 'virt-handler':
      writeVirtHandler(out, model, pod, seconds);
      break;
    case 'virt-operator':
      writeVirtOperator(out, model, pod, seconds);
      break;
    case 'virt-exportproxy':
      break;
  }
  return out.text();
}

/** The time that bodies for benchmarks are of, so that they are the same on every run. */
const BENCH_TIME = Date.UTC(2026, 0, 15);

/**
 * A virt-handler's body of about `bytes` bytes (within 5 % from 100 kB up), about 110 bytes a line: 0.5 MB are about 4,500 samples.
 * It is the same for the same seed; other seeds give other virtual machines and values. `labelCount` labels a virtual machine
 * (default 0) make longer lines: five make about 280 bytes, as seen on real clusters.
 */
export function benchBody(options: BenchBodyOptions): Buffer {
  return benchBodies(options, 1)[0]!;
}

export interface BenchBodyOptions {
  readonly bytes: number;
  readonly seed?: number;
  readonly labelCount?: number;
  readonly tenants?: number;
}

/** The time between two scrapes of a usual Prometheus. */
const MOMENT_MS = 30_000;

/** The same body at so many moments, 30 s apart: the same series with other values, but for those that stay. */
export function benchBodies(
  { bytes, seed = 1, labelCount = 0, tenants = 0 }: BenchBodyOptions,
  moments: number,
): Buffer[] {
  const { empty, each } = benchSizes(labelCount, bytes);
  const machines = Math.max(0, Math.round((bytes - empty) / each));
  return Array.from({ length: moments }, (_, moment) =>
    Buffer.from(renderBench(seed, machines, labelCount, { tenants, later: moment * MOMENT_MS })),
  );
}

const sizes = new Map<string, { empty: number; each: number }>();

/** Bytes of a body without machines, and of each machine in a body of about that size: names get longer as they are counted. */
function benchSizes(labelCount: number, bytes: number): { empty: number; each: number } {
  const key = `${labelCount} ${bytes}`;
  let size = sizes.get(key);
  if (size === undefined) {
    const empty = renderBench(10, 0, labelCount).length;
    let each = (renderBench(10, 20, labelCount).length - empty) / 20;
    const machines = Math.max(1, Math.round((bytes - empty) / each));
    each = (renderBench(10, machines, labelCount).length - empty) / machines;
    size = { empty, each };
    sizes.set(key, size);
  }
  return size;
}

function renderBench(
  seed: number,
  machines: number,
  labelCount: number,
  { tenants = 0, later = 0 } = {},
): string {
  const guest = typicalGuest();
  const model = createModel({
    seed,
    time: BENCH_TIME,
    machines,
    stopped: 0,
    labelCount,
    guest,
    namespaces: tenants > 0 ? Array.from({ length: tenants }, (_, i) => `tenant-${i}`) : [`s${seed}`],
  });
  const pod = model.addPod('virt-handler', { node: `n${seed}`, ageMs: 86_400_000 });
  model.advance(0);
  // Values follow the time; the virtual machines stay as they are, so that each moment has the same series.
  return renderPod({ ...model, time: model.time + later }, pod);
}

/** How many samples an exposition has: its lines that are neither empty nor begin with `#`. */
export function countSamples(body: string | Buffer): number {
  let samples = 0;
  for (const line of body.toString().split('\n')) if (line !== '' && !line.startsWith('#')) samples += 1;
  return samples;
}
