import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** An open TCP connection, its ends as `address:port`. */
export interface Connection {
  readonly local: string;
  readonly remote: string;
}

/** What a process has open, by /proc. */
export interface OpenHandles {
  readonly fds: number;
  /** Those in use; connections that only wait for their end are none. */
  readonly connections: readonly Connection[];
}

const ESTABLISHED = '01';

/** Resident memory of a process in bytes; 0 when it is gone. */
export function residentBytes(pid: number): number {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) * 1024;
  } catch {
    return 0;
  }
}

/** Throws when the process is gone, or belongs to somebody else. */
export function openHandles(pid: number): OpenHandles {
  const inodes = new Set<string>();
  const names = readdirSync(`/proc/${pid}/fd`);
  for (const name of names) {
    try {
      const inode = /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${name}`))?.[1];
      if (inode !== undefined) inodes.add(inode);
    } catch {
      // Closed since.
    }
  }
  const connections = readFileSync(`/proc/${pid}/net/tcp`, 'utf8')
    .split('\n')
    .slice(1)
    .map((line) => line.trim().split(/\s+/))
    .filter(([, , , state, , , , , , inode]) => state === ESTABLISHED && inodes.has(inode ?? ''))
    .map(([, local, remote]) => ({ local: addressOf(local ?? ''), remote: addressOf(remote ?? '') }));
  return { fds: names.length, connections };
}

/** The kernel writes the four bytes of an address as one number of its own byte order: 0100007F:1F90. */
function addressOf(text: string): string {
  const [address = '', port = ''] = text.split(':');
  const bytes = Buffer.from(address, 'hex').toReversed();
  return `${bytes.join('.')}:${Number.parseInt(port, 16)}`;
}
