import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { startPods } from '../simulator/pods.ts';
import type { PodsOptions, PodsProcess } from '../simulator/pods.ts';

/** Pods of which it is known when the slowest had answered. */
export interface TimedPods extends AsyncDisposable {
  readonly pods: PodsProcess;
  /** When the last byte so far was handed over to the system by any pod, on the clock of `now()`; 0 before the first. */
  handedOverAt(): number;
  /** Lets the pods answer after 0 to `ms` milliseconds, in equal steps; 0 for all at once. */
  spread(ms: number): Promise<void>;
}

const PROBE = join(import.meta.dirname, 'hand-over-probe.ts');

/** Starts pods in a process of their own; `folder` is for the file in which they note their last byte. */
export async function startTimedPods(options: PodsOptions, folder: string): Promise<TimedPods> {
  const file = join(folder, `hand-over-${options.pods}`);
  writeFileSync(file, Buffer.alloc(8));
  const pods = await withEnvironment(
    { HAND_OVER_FILE: file, NODE_OPTIONS: `${process.env['NODE_OPTIONS'] ?? ''} --import=${PROBE}` },
    () => startPods(options),
  );
  return {
    pods,
    handedOverAt: () => readFileSync(file).readDoubleLE(),
    async spread(ms) {
      const last = Math.max(1, pods.pods.length - 1);
      for (const index of pods.pods.keys()) {
        const delay = (ms * index) / last;
        await pods.behave(index, delay > 0 ? { kind: 'delay', ms: delay } : { kind: 'normal' });
      }
    },
    [Symbol.asyncDispose]: () => pods[Symbol.asyncDispose](),
  };
}

/** Runs `start` up to its first `await` with other variables: what it forks has them, and nothing that is forked later. */
function withEnvironment<T>(
  variables: Readonly<Record<string, string>>,
  start: () => Promise<T>,
): Promise<T> {
  const before = { ...process.env };
  Object.assign(process.env, variables);
  try {
    return start();
  } finally {
    for (const name of Object.keys(variables)) {
      if (before[name] === undefined) delete process.env[name];
      else process.env[name] = before[name];
    }
  }
}
