import { durationMs, formatDuration } from '../config/duration.ts';
import { formatSize, sizeBytes } from '../config/size.ts';
import type { LogFormat, LogLevel } from '../log/logger.ts';
import { LOG_FORMATS, LOG_LEVELS } from '../log/logger.ts';
import { readShard, type Shard } from '../relabel/shard.ts';
import { readGivenFlags } from './flag-reader.ts';
import type { GivenFlags } from './flag-reader.ts';
import { FLAG_TABLE } from './flag-table.ts';
import type { FlagDefinition, FlagName } from './flag-table.ts';
import { readExternalUrl } from './external-url.ts';
import { readListenAddress } from './listen-address.ts';
import type { ListenAddress } from './listen-address.ts';
import { ownPodName, shardOfPod } from './pod-shard.ts';
import { UsageError } from './usage-error.ts';

export { FLAG_TABLE } from './flag-table.ts';
export type { FlagDefinition, FlagName, FlagType } from './flag-table.ts';
export { helpText, versionText } from './help-text.ts';
export type { ListenAddress } from './listen-address.ts';
export { UsageError } from './usage-error.ts';

/** Node's timers fire at once above 2^31 - 1 milliseconds; whole days below that. */
const MAX_TIMER_MS = 24 * 86_400_000;

/** At rest, without a single target, the program has more than this. */
const MIN_MEMORY_BYTES = 192 * 1024 * 1024;

/** The command line, interpreted and with its defaults. */
export interface Flags {
  readonly help: boolean;
  readonly version: boolean;
  readonly configFile?: string;
  readonly checkConfig: boolean;
  readonly listenAddress: ListenAddress;
  readonly externalUrl?: string;
  readonly kubeconfig?: string;
  /** Each once; empty means every namespace. */
  readonly kubernetesNamespaces: readonly string[];
  /** Absent means all targets. */
  readonly shard?: Shard;
  /** Milliseconds; 0 is off. */
  readonly scrapeReuseMs: number;
  /** Milliseconds, more than 0. */
  readonly scrapeMaxTimeoutMs: number;
  /** Bytes; absent means that the default is to be found out. */
  readonly memoryLimitBytes?: number;
  readonly logLevel: LogLevel;
  readonly logFormat: LogFormat;
  /** Every flag but `--help` and `--version` with its value as it was given, or its default; those that were repeated with commas between. */
  readonly texts: Readonly<Record<string, string>>;
}

/**
 * Reads the arguments behind the program's name. With `--help` or `--version`, what stands behind is not looked at.
 * `podName` is asked for with `--shard=auto`.
 * @throws UsageError with one line that names the flag and the way out
 */
export function readFlags(argv: readonly string[], podName: () => string = ownPodName): Flags {
  const given = readGivenFlags(argv, FLAG_TABLE);
  const configFile = readPath(given, 'config.file');
  const kubeconfig = readPath(given, 'kubeconfig');
  const kubernetesNamespaces = readNamespaces(given);
  const externalUrl = readExternal(given);
  const scrapeMaxTimeoutMs = readDuration(given, 'scrape.max-timeout');
  if (scrapeMaxTimeoutMs === 0) throw new UsageError('flag --scrape.max-timeout must be greater than 0');
  const memoryLimitBytes = readMemoryLimit(given);
  const shard = readOwnShard(given, podName);
  if (configFile !== undefined && kubernetesNamespaces.length > 0) {
    throw new UsageError(
      'flags --kubernetes.namespace and --config.file exclude each other; name the namespaces in the file',
    );
  }
  return Object.freeze({
    help: readBoolean(given, 'help'),
    version: readBoolean(given, 'version'),
    ...(configFile === undefined ? {} : { configFile }),
    checkConfig: readBoolean(given, 'check-config'),
    listenAddress: readListen(given),
    ...(externalUrl === undefined ? {} : { externalUrl }),
    ...(kubeconfig === undefined ? {} : { kubeconfig }),
    kubernetesNamespaces,
    ...(shard === undefined ? {} : { shard }),
    scrapeReuseMs: readDuration(given, 'scrape.reuse'),
    scrapeMaxTimeoutMs,
    ...(memoryLimitBytes === undefined ? {} : { memoryLimitBytes }),
    logLevel: readChoice(given, 'log.level', LOG_LEVELS),
    logFormat: readChoice(given, 'log.format', LOG_FORMATS),
    texts: Object.freeze(allTexts(given)),
  });
}

function textOf(given: GivenFlags, name: FlagName): string {
  const definition: FlagDefinition | undefined = FLAG_TABLE.find((flag) => flag.name === name);
  return given.get(name)?.at(-1) ?? definition?.default ?? '';
}

function allTexts(given: GivenFlags): Record<string, string> {
  const shown = FLAG_TABLE.filter(({ name }) => name !== 'help' && name !== 'version');
  return Object.fromEntries(
    shown.map(({ name, type }) => {
      const texts = given.get(name) ?? [type === 'boolean' ? 'false' : textOf(given, name)];
      return [name, texts.join(',')];
    }),
  );
}

function readBoolean(given: GivenFlags, name: FlagName): boolean {
  return textOf(given, name) === 'true';
}

function readPath(given: GivenFlags, name: FlagName): string | undefined {
  const path = given.get(name)?.at(-1);
  if (path === '') throw new UsageError(`flag --${name} needs the path of a file`);
  return path;
}

function readDuration(given: GivenFlags, name: FlagName): number {
  return read(name, () => {
    const milliseconds = durationMs(textOf(given, name));
    if (milliseconds > MAX_TIMER_MS) throw new Error(`must be at most ${formatDuration(MAX_TIMER_MS)}`);
    return milliseconds;
  });
}

function readMemoryLimit(given: GivenFlags): number | undefined {
  const text = given.get('memory.limit')?.at(-1);
  if (text === undefined) return undefined;
  return read('memory.limit', () => {
    const bytes = sizeBytes(text);
    if (bytes < MIN_MEMORY_BYTES) {
      throw new Error(
        `"${text}" is less than ${formatSize(MIN_MEMORY_BYTES)}, most of which the program alone takes; give it more, or leave the flag out`,
      );
    }
    return bytes;
  });
}

function readOwnShard(given: GivenFlags, podName: () => string): Shard | undefined {
  const text = given.get('shard')?.at(-1);
  const count = given.get('shards')?.at(-1);
  if (text !== 'auto') {
    if (count !== undefined) throw new UsageError('flag --shards needs --shard=auto; or write --shard=0/4');
    return text === undefined ? undefined : read('shard', () => readShard(text));
  }
  if (count === undefined)
    throw new UsageError('flag --shard=auto needs --shards, the replicas of the StatefulSet: --shards=4');
  if (!/^[1-9][0-9]*$/.test(count))
    throw new UsageError(`flag --shards: "${count}" is not a number of shards; write it like 4`);
  return read('shard', () => shardOfPod(podName(), count));
}

function readListen(given: GivenFlags): ListenAddress {
  return read('web.listen-address', () => readListenAddress(textOf(given, 'web.listen-address')));
}

function readExternal(given: GivenFlags): string | undefined {
  const text = given.get('web.external-url')?.at(-1);
  return text === undefined ? undefined : read('web.external-url', () => readExternalUrl(text));
}

function read<T>(name: FlagName, interpret: () => T): T {
  try {
    return interpret();
  } catch (cause) {
    throw new UsageError(`flag --${name}: ${cause instanceof Error ? cause.message : String(cause)}`, {
      cause,
    });
  }
}

function readChoice<T extends string>(given: GivenFlags, name: FlagName, choices: readonly T[]): T {
  const text = textOf(given, name);
  const choice = choices.find((known) => known === text);
  if (!choice) throw new UsageError(`flag --${name} must be one of ${choices.join(', ')}, not "${text}"`);
  return choice;
}

/** RFC 1123 labels, the names that Kubernetes lets a namespace have. */
function readNamespaces(given: GivenFlags): string[] {
  const names = given.get('kubernetes.namespace') ?? [];
  for (const name of names) {
    if (!/^[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?$/.test(name)) {
      throw new UsageError(
        `flag --kubernetes.namespace: "${name}" is not the name of a namespace; repeat the flag for several`,
      );
    }
  }
  return [...new Set(names)];
}
