import { parseArgs } from 'node:util';

export const KINDS = ['text', 'openmetrics', 'merge'] as const;
/** What a case is about: one body in one of the two formats, or an answer that is made of several. */
export type Kind = (typeof KINDS)[number];

/** What a run of the fuzzer is asked to do. */
export interface Options {
  readonly seconds: number;
  readonly seed: number;
  /** Undefined for all. */
  readonly only: Kind | undefined;
  /** Undefined where it is used when it can be built. */
  readonly oracle: boolean | undefined;
  /** The file of one case. */
  readonly repeat: string | undefined;
}

export const HELP = `npm run fuzz -- [flags]

Makes bodies out of bodies and checks what the scanner and the merge say of them. What was found once (fuzz/seeds) is
tried first. Ends with status 1 when something is found, and says how to repeat it.

  --seconds N    how long to go on (10)
  --seed N       the number that all cases are made of (one of the clock's)
  --only KIND    text, openmetrics or merge
  --oracle       fail where Prometheus' own reader cannot be asked (Go is needed)
  --no-oracle    do not ask it
  --repeat FILE  only the case of that file; one that is no .json is a body, tried in every way
`;

/** A flag that cannot be followed; its message is one line. */
export class MisuseError extends Error {}

function whole(flag: string, text: string, least: number): number {
  const number = Number(text);
  if (/^\d+$/.test(text) && number >= least && number <= 0xffff_ffff) return number;
  throw new MisuseError(`--${flag}: ${JSON.stringify(text)} is no whole number of at least ${least}`);
}

/** Reads the flags; undefined when help is asked for. Throws MisuseError. */
export function readOptions(args: readonly string[]): Options | undefined {
  const values = readFlags(args);
  if (values.help === true) return undefined;
  const only = KINDS.find((kind) => kind === values.only);
  if (values.only !== undefined && only === undefined)
    throw new MisuseError(`--only: ${JSON.stringify(values.only)} is none of ${KINDS.join(', ')}`);
  return {
    seconds: whole('seconds', values.seconds ?? '10', 1),
    seed: whole('seed', values.seed ?? String(Date.now() % 1_000_000), 0),
    only,
    oracle: values.oracle,
    repeat: values.repeat,
  };
}

// The type of what parseArgs returns is long and says no more than its table.
// oxlint-disable-next-line typescript/explicit-function-return-type
const readFlags = (args: readonly string[]) => {
  try {
    return parseArgs({
      args: [...args],
      allowNegative: true,
      options: {
        seconds: { type: 'string' },
        seed: { type: 'string' },
        only: { type: 'string' },
        oracle: { type: 'boolean' },
        repeat: { type: 'string' },
        help: { type: 'boolean', short: 'h' },
      },
    }).values;
  } catch (error) {
    const [line] = (error as Error).message.split('\n');
    throw new MisuseError(`${line}; see --help`);
  }
};
