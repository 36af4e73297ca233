import { readFileSync } from 'node:fs';

/** How many TCP sockets processes of this machine hold to each of these addresses (`host:port`, IPv4), whatever their state. */
export function socketsTo(addresses: readonly string[]): number[] {
  // Tens of thousands of connections may be in TIME_WAIT, so this is read once for all and searched, not taken apart.
  const table = readFileSync('/proc/net/tcp', 'latin1');
  return addresses.map((address) => {
    const remote = ` ${inKernelForm(address)} `;
    let count = 0;
    for (let at = table.indexOf(remote); at >= 0; at = table.indexOf(remote, at + 1)) {
      const start = table.lastIndexOf('\n', at) + 1;
      const fields = table.slice(start, table.indexOf('\n', at)).trim().split(/\s+/);
      // A socket that the kernel alone still knows has no inode. The local address comes first.
      if (fields[2] === remote.trim() && fields[9] !== '0') count += 1;
    }
    return count;
  });
}

/** proc_net_tcp: the address as the bytes lie in memory of a little-endian machine, in hexadecimal. */
function inKernelForm(address: string): string {
  const [host = '', port = ''] = address.split(':');
  const bytes = Buffer.from(host.split('.').map(Number).toReversed()).toString('hex');
  return `${bytes}:${Number(port).toString(16).padStart(4, '0')}`.toUpperCase();
}
