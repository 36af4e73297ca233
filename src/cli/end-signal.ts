const SIGNALS = ['SIGTERM', 'SIGINT'] as const;
/** npm hands on the signal that the terminal has sent to the whole group, so a single Ctrl-C comes twice. */
const REPEAT_MS = 1000;

/** Fulfilled when SIGTERM or SIGINT comes. Repeats within the next second are ignored; a later one ends the process at once. */
export function endSignal(): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  let came = false;
  function take(): void {
    resolve();
    if (came) return;
    came = true;
    // Without a listener a signal does what the system does with it.
    setTimeout(() => {
      for (const signal of SIGNALS) process.removeListener(signal, take);
    }, REPEAT_MS).unref();
  }
  for (const signal of SIGNALS) process.on(signal, take);
  return promise;
}
