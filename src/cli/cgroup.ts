import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const CGROUP_FOLDER = '/sys/fs/cgroup';

/** A cgroup that holds for the process. */
export interface Cgroup {
  readonly version: 1 | 2;
  /** The folder with its files. */
  readonly folder: string;
}

/**
 * The cgroups in which a controller such as `memory` or `cpu` may bound the process: its own and their parents, of version
 * 1 and 2. `ownCgroups` is the text of its `/proc/self/cgroup`. A folder need not be there.
 */
export function cgroupsOf(controller: string, ownCgroups: string): Cgroup[] {
  return ownCgroups.split('\n').flatMap((line): Cgroup[] => {
    const [, id, controllers = '', group = ''] = /^([0-9]+):([^:]*):(.*)$/.exec(line) ?? [];
    if (id === '0') return upwards(group).map((path) => ({ version: 2, folder: join(CGROUP_FOLDER, path) }));
    if (!controllers.split(',').includes(controller)) return [];
    return upwards(group).map((path) => ({ version: 1, folder: join(CGROUP_FOLDER, controller, path) }));
  });
}

/**
 * A cgroup and its parents up to the root. The root counts too: in a container it is often the container's own cgroup,
 * while the path is still that of the machine and leads nowhere.
 */
function upwards(group: string): string[] {
  // A cgroup beside the container's root is shown as `/../name`.
  const parts = group.split('/').filter((part) => part !== '' && part !== '..');
  return [...parts, ''].map((_, depth) => parts.slice(0, parts.length - depth).join('/'));
}

/** The text of a file, or nothing where it cannot be read. */
export function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
