import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

type Collect = (options: {
  readonly type: 'major';
  readonly execution: 'sync';
  readonly flavor: 'last-resort';
}) => void;

let collect: Collect | undefined;

/**
 * Collects the garbage of this thread at once and gives its pages back to the system. Takes some tens of milliseconds: for when memory
 * is short. Left to itself, V8 lets a heap grow to a multiple of what is used in it, whatever the limit of the process is.
 */
export function collectGarbage(): void {
  if (collect === undefined) {
    // There is no other way to it but a flag at the start, which a program cannot give itself.
    setFlagsFromString('--expose-gc');
    collect = runInNewContext('gc') as Collect;
  }
  collect({ type: 'major', execution: 'sync', flavor: 'last-resort' });
}
