import type { FamilyMetadata, WorkerMetadata } from '../worker/metadata-store.ts';
import type { WorkerThread } from '../worker/worker-thread.ts';

/** By the number of the target, what it exposed last, sorted by name. Targets that expose the same have the same list. */
export type TargetsMetadata = ReadonlyMap<number, readonly FamilyMetadata[]>;

const NOTHING: WorkerMetadata = { families: [], lists: [], targets: [] };

/** What all workers know. One that has ended knows nothing. */
export async function readMetadata(workers: readonly WorkerThread[]): Promise<TargetsMetadata> {
  const told = await Promise.all(workers.map((worker) => worker.metadata().catch(() => NOTHING)));
  const all = new Map<number, readonly FamilyMetadata[]>();
  for (const { families, lists, targets } of told) {
    const read = lists.map((list) => Array.from(list, (number) => families[number]!));
    for (const [target, list] of targets) all.set(target, read[list]!);
  }
  return all;
}
