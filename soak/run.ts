// npm run soak [-- --minutes 1 --seed 1 --pods 30]
import { endChildrenAtExit } from './children.ts';
import { readOptions, USAGE, UsageError } from './options.ts';
import type { Options } from './options.ts';
import { soak } from './soak.ts';

/** What start, settling and the end take at most, beside the time that is asked for. */
const MORE_MS = 180_000;
const MOST_SHOWN = 30;

function optionsOrExit(): Options {
  try {
    return readOptions(process.argv.slice(2));
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exit(2);
  }
}

const { help, minutes, seed, pods } = optionsOrExit();
if (help) {
  process.stdout.write(USAGE);
} else {
  endChildrenAtExit();
  const interrupted = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      // Who asks twice means it.
      if (interrupted.signal.aborted) process.exit(130);
      interrupted.abort();
    });
  }
  setTimeout(
    () => {
      process.stderr.write(`soak: not over ${MORE_MS / 1000} s after its time; ended\n`);
      process.exit(1);
    },
    minutes * 60_000 + MORE_MS,
  ).unref();

  const problems = await soak({
    seconds: minutes * 60,
    seed,
    pods,
    signal: interrupted.signal,
    print: (line) => process.stdout.write(`${line}\n`),
  });
  for (const problem of problems.slice(0, MOST_SHOWN)) process.stdout.write(`Broke: ${problem}\n`);
  if (interrupted.signal.aborted) process.exitCode = 130;
  else if (problems.length > 0) process.exitCode = 1;
  process.stdout.write(problems.length > 0 ? `${problems.length} things broke.\n` : 'Nothing broke.\n');
}
