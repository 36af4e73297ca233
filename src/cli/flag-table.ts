import { LOG_FORMATS, LOG_LEVELS } from '../log/logger.ts';

/** How a flag's value is read. `boolean` takes none and has a `--no-` form. */
export type FlagType =
  'address' | 'boolean' | 'choice' | 'count' | 'duration' | 'namespace' | 'path' | 'shard' | 'size' | 'url';

/** One flag. Reading, `--help` and the documentation are made from the same table. */
export interface FlagDefinition {
  readonly name: string;
  readonly short?: string;
  readonly type: FlagType;
  readonly choices?: readonly string[];
  readonly isRepeatable?: boolean;
  /** As it would be given on the command line. */
  readonly default?: string;
  readonly help: string;
}

export const FLAG_TABLE = [
  { name: 'help', short: 'h', type: 'boolean', help: 'Show this help and exit.' },
  { name: 'version', type: 'boolean', help: 'Show the version and exit.' },
  {
    name: 'config.file',
    type: 'path',
    help: "Prometheus configuration file with the scrape configs. Without it, KubeVirt's own pods are scraped as its ServiceMonitor says.",
  },
  {
    name: 'check-config',
    type: 'boolean',
    help: 'Check the configuration, print it with every default filled in, and exit.',
  },
  {
    name: 'web.listen-address',
    type: 'address',
    default: '0.0.0.0:8080',
    help: 'Address to listen on. Without a host, on every address; port 0 takes a free one.',
  },
  {
    name: 'web.external-url',
    type: 'url',
    help: 'URL under which readers reach the gateway, for the addresses in /sd. Without it, the one that each reader asks at. Its path may stand before every path.',
  },
  {
    name: 'kubeconfig',
    type: 'path',
    help: "Kubeconfig file. Without it, the KUBECONFIG variable, ~/.kube/config, or the pod's service account.",
  },
  {
    name: 'kubernetes.namespace',
    type: 'namespace',
    isRepeatable: true,
    help: 'Namespace in which to look for KubeVirt; may be repeated. Without it, all namespaces. Not with --config.file.',
  },
  {
    name: 'shard',
    type: 'shard',
    help: "Keep one part of the targets, by hashmod of their address: 0/4 is the first of four. auto takes the number at the end of the pod's name in a StatefulSet.",
  },
  {
    name: 'shards',
    type: 'count',
    help: 'How many shards there are, with --shard=auto: the replicas of the StatefulSet.',
  },
  {
    name: 'scrape.reuse',
    type: 'duration',
    default: '1s',
    help: 'How long a finished scrape of a target answers further requests. 0 is never.',
  },
  {
    name: 'scrape.max-timeout',
    type: 'duration',
    default: '60s',
    help: 'Most that a request may wait for targets, whatever timeout it asks for.',
  },
  {
    name: 'memory.limit',
    type: 'size',
    help: "Most memory that the program may use, such as 512MB or 2GiB. Without it, three quarters of the container's memory limit, or of the machine's memory.",
  },
  {
    name: 'log.level',
    type: 'choice',
    choices: LOG_LEVELS,
    default: 'info',
    help: 'Least severe messages to log.',
  },
  {
    name: 'log.format',
    type: 'choice',
    choices: LOG_FORMATS,
    default: 'logfmt',
    help: 'Format of log lines.',
  },
] as const satisfies readonly FlagDefinition[];

/** The name of a flag in the table. */
export type FlagName = (typeof FLAG_TABLE)[number]['name'];
