import { getHeapStatistics, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

type Collect = (options: {
  readonly type: 'major';
  readonly execution: 'sync';
  readonly flavor: 'last-resort';
}) => void;

/** What a thread has to take more for a collection to be worthwhile. */
const WORTH_BYTES = 1024 * 1024;

let collect: Collect | undefined;
/** What this thread took when garbage was last collected. */
let takenThen = 0;

/**
 * Collects the garbage of this thread and gives its pages back to the system. Takes some tens of milliseconds: for when memory is short,
 * or there is nothing to do. Left to itself, V8 lets a heap grow to a multiple of what is used in it, whatever the limit of the process
 * is. With `worthwhile` it is done only when the thread has taken a megabyte more since the last time, as it has when it started.
 */
export function collectGarbage(when: 'now' | 'worthwhile'): void {
  if (when === 'worthwhile' && taken() - takenThen < WORTH_BYTES) return;
  collector()({ type: 'major', execution: 'sync', flavor: 'last-resort' });
  takenThen = taken();
}

/** Bytes of this thread's heap, with its free pages, and of the buffers that hang on it. */
function taken(): number {
  const { total_heap_size: heap, external_memory: external } = getHeapStatistics();
  return heap + external;
}

function collector(): Collect {
  if (collect === undefined) {
    // There is no other way to it but a flag at the start, which a program cannot give itself.
    setFlagsFromString('--expose-gc');
    collect = runInNewContext('gc') as Collect;
  }
  return collect;
}
