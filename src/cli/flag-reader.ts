import { nearestName } from '../config/nearest-name.ts';
import type { FlagDefinition } from './flag-table.ts';
import { UsageError } from './usage-error.ts';

/** Given values by flag name, in order; a boolean flag has `true` or `false`. */
export type GivenFlags = ReadonlyMap<string, readonly string[]>;

/**
 * Splits a command line into flags as kingpin does for Prometheus: `--name=value`, `--name value`, `--name` and
 * `--no-name` for booleans, `-x` for a short name. A value that begins with a dash needs the form with `=`.
 * Reading ends at `--help` and `--version`, so that those answer whatever else is wrong.
 * @throws UsageError
 */
export function readGivenFlags(argv: readonly string[], table: readonly FlagDefinition[]): GivenFlags {
  const given = new Map<string, string[]>();
  const rest = [...argv];
  for (let arg = rest.shift(); arg !== undefined; arg = rest.shift()) {
    const { flag, value, isNegated } = splitArgument(arg, table);
    const before = given.get(flag.name);
    if (before && !flag.isRepeatable) throw new UsageError(`flag --${flag.name} is given twice`);
    if (flag.type === 'boolean') {
      if (value !== undefined) throw new UsageError(`flag --${flag.name} takes no value`);
      given.set(flag.name, [String(!isNegated)]);
      if (!isNegated && (flag.name === 'help' || flag.name === 'version')) break;
      continue;
    }
    const isNextValue = rest[0] !== undefined && !rest[0].startsWith('-');
    const taken = value ?? (isNextValue ? rest.shift() : undefined);
    if (taken === undefined) throw new UsageError(`flag --${flag.name} needs a value: --${flag.name}=…`);
    given.set(flag.name, [...(before ?? []), taken]);
  }
  return given;
}

interface Argument {
  readonly flag: FlagDefinition;
  readonly value: string | undefined;
  readonly isNegated: boolean;
}

function splitArgument(arg: string, table: readonly FlagDefinition[]): Argument {
  if (!arg.startsWith('-') || arg === '-' || arg === '--') {
    throw new UsageError(`unexpected argument "${arg}"; everything is set with flags, see --help`);
  }
  const equals = arg.indexOf('=');
  const spelled = equals === -1 ? arg : arg.slice(0, equals);
  const value = equals === -1 ? undefined : arg.slice(equals + 1);
  if (!spelled.startsWith('--')) {
    const flag = table.find((candidate) => candidate.short === spelled.slice(1));
    return flag ? { flag, value, isNegated: false } : failUnknown(spelled, table);
  }
  const name = spelled.slice(2);
  const flag = table.find((candidate) => candidate.name === name);
  if (flag) return { flag, value, isNegated: false };
  const negated = table.find((candidate) => candidate.type === 'boolean' && `no-${candidate.name}` === name);
  return negated ? { flag: negated, value, isNegated: true } : failUnknown(spelled, table);
}

function failUnknown(spelled: string, table: readonly FlagDefinition[]): never {
  const nearest = nearestName(
    spelled.replace(/^-+/, ''),
    table.map((flag) => flag.name),
  );
  const advice = nearest === undefined ? 'see --help' : `did you mean --${nearest}?`;
  throw new UsageError(`unknown flag ${spelled}; ${advice}`);
}
