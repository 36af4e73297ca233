import { readdirSync, readFileSync } from 'node:fs';

/** Ends every child of this process when it ends, however that comes about, short of SIGKILL. */
export function endChildrenAtExit(): void {
  process.once('exit', () => {
    for (const pid of childrenOf(process.pid)) {
      try {
        process.kill(pid, 'SIGKILL');
      } catch {
        // It has ended by itself.
      }
    }
  });
}

/** Process ids of the children of a process, by /proc; none where there is no /proc. */
export function childrenOf(pid: number): readonly number[] {
  try {
    return readdirSync(`/proc/${pid}/task`).flatMap((task) =>
      // A child stands with the thread that started it.
      readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8')
        .split(' ')
        .filter((child) => child !== '')
        .map(Number),
    );
  } catch {
    return [];
  }
}
