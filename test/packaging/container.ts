import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { findExecutable, startServer } from '../real/server.ts';
import type { Server } from '../real/server.ts';
import type { Stage } from './dockerfile.ts';

/**
 * Makes a root of what is bound into it and of nothing else, all of it read-only, and becomes the program in it. `$1` is an empty folder for
 * the root, `$2` the image, `$3` a folder with node and what else is given in; then comes the command that gives up root's rights.
 */
const ENTER = `set -e
root=$1 image=$2 given=$3
shift 3
mount -t tmpfs -o mode=755 none "$root"
for name in proc sys usr; do mkdir "$root/$name"; mount --rbind "/$name" "$root/$name"; done
for name in bin lib lib64 sbin; do
  if [ -L "/$name" ]; then cp -P "/$name" "$root/$name"
  elif [ -d "/$name" ]; then mkdir "$root/$name"; mount --rbind "/$name" "$root/$name"; fi
done
mkdir "$root/dev" "$root/etc" "$root/app" "$root/given"
touch "$root/dev/null"; mount --bind /dev/null "$root/dev/null"
[ ! -e /etc/ld.so.cache ] || cp /etc/ld.so.cache "$root/etc"
mount --bind "$image/app" "$root/app"
mount --bind "$given" "$root/given"
for name in usr app given .; do mount -o remount,bind,ro "$root/$name"; done
exec chroot "$root" "$@"
`;

/** Why there can be no such root here; false when there can. */
export function containerRefusal(): string | false {
  for (const program of ['unshare', 'setpriv', 'chroot'])
    if (findExecutable(program) === undefined)
      return `${program} not found: apt-get install util-linux coreutils`;
  const { status, stderr } = spawnSync('unshare', [...unshared(), 'true'], { encoding: 'utf8' });
  return status === 0
    ? false
    : `no file system can be made read-only here (${stderr.trim()}): run as root, or allow user namespaces`;
}

/** Without root's own rights a namespace of users lends them. */
function unshared(): string[] {
  return ['--mount', ...(isRoot() ? [] : ['--user', '--map-root-user'])];
}

function isRoot(): boolean {
  return process.getuid?.() === 0;
}

/** What becomes of root in the end: the user, or whoever runs the tests; without rights, and without a way to any. */
function unprivileged(numbers: string): string[] {
  const [user, group = user] = numbers.split(':');
  const without = ['setpriv', '--no-new-privs', '--bounding-set=-all', '--inh-caps=-all'];
  return isRoot() ? [...without, `--reuid=${user}`, `--regid=${group}`, '--clear-groups'] : without;
}

/**
 * Runs what a Dockerfile's last stage starts, as the image would be run in a cluster that hardens it: the image's user, no
 * capabilities, nothing that can be written. `files` are put into the folder `/given`; `place` is an empty folder for its own use.
 */
export function startContainer(options: {
  readonly stage: Stage;
  /** The folder that has the stage's files. */
  readonly image: string;
  readonly place: string;
  readonly files: Readonly<Record<string, string>>;
  readonly args: readonly string[];
}): Server {
  const { stage, image, place, files, args } = options;
  const [root, given] = [path.join(place, 'root'), path.join(place, 'given')];
  for (const folder of [root, given]) mkdirSync(folder, { recursive: true });
  copyFileSync(process.execPath, path.join(given, 'node'));
  for (const [name, text] of Object.entries(files)) writeFileSync(path.join(given, name), text);
  const last = new Map(stage.instructions.map(({ keyword, rest }) => [keyword, rest]));
  const entry = JSON.parse(last.get('ENTRYPOINT') ?? '[]') as string[];
  const env = ['PATH=/given:/usr/bin', ...(last.get('ENV') ?? '').split(' ')];
  const own = ['env', '-i', ...env, ...entry, ...args];
  return startServer('unshare', [
    ...unshared(),
    'sh',
    '-c',
    ENTER,
    'sh',
    root,
    image,
    given,
    ...unprivileged(last.get('USER') ?? '0:0'),
    ...own,
  ]);
}
