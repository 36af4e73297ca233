/** Address number `index`, from 1, of a network such as `127.1`. */
export function addressIn(network: string, index: number): string {
  return `${network}.${index >> 8}.${index & 0xff}`;
}

/**
 * Runs `start` with 127.1, 127.2 and so on until one is free: whatever `start` listens on first must be the same in each network, so
 * that programs beside each other settle who has which. Other errors than an address in use are thrown on.
 */
export async function inFreeNetwork<T>(start: (network: string) => Promise<T>): Promise<T> {
  for (let second = 1; ; second += 1) {
    try {
      return await start(`127.${second}`);
    } catch (error) {
      const cause = error instanceof Error ? (error.cause as NodeJS.ErrnoException | undefined) : undefined;
      if (cause?.code !== 'EADDRINUSE' || second === 250) throw error;
    }
  }
}
