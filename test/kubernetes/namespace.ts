import { execFileSync, spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';

/**
 * What to start a command with so that it runs in a namespace of networks, as root of it, and one of processes: when the command ends, however
 * it does, so does everything that it started; and it ends with the process that started it.
 */
const ENTER = 'setpriv --pdeathsig KILL unshare --net --pid --fork --kill-child --mount-proc'.split(' ');

/** Who is not root may have a namespace of users. */
function enter(): readonly string[] {
  return process.getuid?.() === 0 ? ENTER : [...ENTER, '--map-root-user'];
}

/** The command that runs `command` in a new namespace; {@link layOut} is then to be called in it. */
export function inNamespace(command: readonly string[]): readonly string[] {
  return [...enter(), ...command];
}

/** Why this process may not make such a namespace; `undefined` when it may. */
export function namespaceRefusal(): string | undefined {
  const [program, ...args] = inNamespace(['true']);
  const { status, stderr } = spawnSync(program!, args, { encoding: 'utf8' });
  if (status === 0) return undefined;
  return `no network namespace can be made (${stderr.trim()}): run as root, or allow user namespaces`;
}

/** Where files go that shall be gone with the namespace: in memory, and nobody else sees them. */
export const SCRATCH = '/run';

/**
 * Gives the namespace that this process is in its addresses: all of 10.244.0.0/16 and fd00:10:244::/64. Nothing leads out of it. And it has
 * a folder {@link SCRATCH} of its own.
 */
export function layOut(): void {
  execFileSync('mount', ['-t', 'tmpfs', 'none', SCRATCH]);
  const commands = [
    'link set dev lo up',
    'address add 10.244.0.1/16 dev lo',
    '-6 route add local fd00:10:244::/64 dev lo',
  ];
  for (const command of commands) execFileSync('ip', command.split(' '));
  // IPv4 lets anybody listen on what the loopback interface has a network of; IPv6 asks for this.
  writeFileSync('/proc/sys/net/ipv6/ip_nonlocal_bind', '1');
}

/** The address of pod number `index`, from 1: 10.244.0.1 and so on. */
export function podAddress(index: number): string {
  return `10.244.${index >> 8}.${index & 0xff}`;
}

/** The IPv6 address of pod number `index`, from 1: fd00:10:244::1 and so on. */
export function podAddress6(index: number): string {
  return `fd00:10:244::${index.toString(16)}`;
}
