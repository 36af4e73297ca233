import { parseArgs } from 'node:util';

/** What the command line says. */
export interface BenchOptions {
  readonly help: boolean;
  readonly bench: 'metrics' | 'scan';
  readonly pods: readonly number[];
  readonly bytes: number;
  /** Undefined is the benchmark's own default. */
  readonly runs: number | undefined;
  readonly prometheus: boolean;
  /** A revision to compare the scan with. */
  readonly against: string | undefined;
  readonly pairs: number;
}

export const BENCH_USAGE = `npm run bench [-- metrics | scan] [options]

  metrics          what an answer costs, beside Prometheus (the default)
    --pods <n,n>     how many pods, one after the other (default 10,50,200)
    --no-prometheus  the gateway alone
  scan             where the time of one body goes
    --against <rev>  beside the scan of another revision
    --pairs <n>      processes of each revision (default 10)
  both
    --bytes <n>      size of a pod's body (default 500000)
    --runs <n>       runs that are timed (default 11, of the scan 200, with --against 40 a process)
    --help
`;

/** The command line is wrong; the message is one line. */
export class BenchUsageError extends Error {
  constructor(text: string, options?: ErrorOptions) {
    super(`bench: ${text}; see npm run bench -- --help`, options);
  }
}

/** @throws BenchUsageError */
export function readBenchOptions(args: readonly string[]): BenchOptions {
  const { values, positionals } = parse(args);
  const [bench = 'metrics', ...others] = positionals;
  if (others.length > 0 || (bench !== 'metrics' && bench !== 'scan')) {
    throw new BenchUsageError(`there is no benchmark ${positionals.join(' ')}; there are: metrics, scan`);
  }
  const { help, prometheus, against, runs } = values;
  if (bench === 'metrics' && against !== undefined) throw new BenchUsageError('--against is for scan only');
  return {
    help,
    bench,
    prometheus,
    against,
    pods: values.pods.split(',').map((text) => positive('pods', text)),
    bytes: positive('bytes', values.bytes),
    runs: runs === undefined ? undefined : positive('runs', runs),
    pairs: positive('pairs', values.pairs),
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      allowNegative: true,
      options: {
        help: { type: 'boolean', default: false },
        pods: { type: 'string', default: '10,50,200' },
        bytes: { type: 'string', default: '500000' },
        runs: { type: 'string' },
        prometheus: { type: 'boolean', default: true },
        against: { type: 'string' },
        pairs: { type: 'string', default: '10' },
      },
    });
  } catch (error) {
    const [first = ''] = (error as Error).message.split(/\n|\. /);
    throw new BenchUsageError(first, { cause: error });
  }
}

/** A whole number above 0. */
function positive(flag: string, text: string): number {
  const number = Number(text);
  if (/^\d+$/.test(text) && Number.isSafeInteger(number) && number > 0) return number;
  throw new BenchUsageError(`--${flag}: ${JSON.stringify(text)} is no whole number above 0`);
}
