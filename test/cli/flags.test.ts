import t from 'tap';
import { FLAG_TABLE, UsageError, readFlags } from '../../src/cli/flags.ts';
import type { Flags } from '../../src/cli/flags.ts';

const MIB = 1024 * 1024;

const DEFAULTS: Omit<Flags, 'texts'> = {
  help: false,
  version: false,
  checkConfig: false,
  listenAddress: { host: '0.0.0.0', port: 8080 },
  kubernetesNamespaces: [],
  scrapeReuseMs: 1000,
  scrapeMaxTimeoutMs: 60_000,
  logLevel: 'info',
  logFormat: 'logfmt',
};

function interpreted(...given: Parameters<typeof readFlags>): Omit<Flags, 'texts'> {
  const { texts: _texts, ...rest } = readFlags(...given);
  return rest;
}

t.test('flags as they were given, or their defaults', async (t) => {
  const { texts } = readFlags([
    '--scrape.reuse=90s',
    '--kubernetes.namespace=a',
    '--kubernetes.namespace=b',
    '--check-config',
  ]);
  t.same(
    Object.keys(texts),
    FLAG_TABLE.map(({ name }) => name).filter((name) => name !== 'help' && name !== 'version'),
  );
  t.match(texts, {
    'scrape.reuse': '90s',
    'kubernetes.namespace': 'a,b',
    'check-config': 'true',
    'config.file': '',
    'web.listen-address': '0.0.0.0:8080',
  });
  t.match(readFlags([]).texts, { 'check-config': 'false', 'scrape.reuse': '1s', 'kubernetes.namespace': '' });
});

t.test('command lines that are taken', async (t) => {
  const cases: { argv: string[]; want: Partial<Flags>; why: string }[] = [
    { argv: [], want: {}, why: 'defaults' },
    { argv: ['--config.file=a.yml'], want: { configFile: 'a.yml' }, why: 'value behind =' },
    { argv: ['--config.file', 'a.yml'], want: { configFile: 'a.yml' }, why: 'value as the next argument' },
    { argv: ['--config.file=a=b'], want: { configFile: 'a=b' }, why: 'a value with =' },
    { argv: ['--config.file=-'], want: { configFile: '-' }, why: 'a value that begins with a dash' },
    { argv: ['--check-config'], want: { checkConfig: true }, why: 'boolean' },
    { argv: ['--no-check-config'], want: { checkConfig: false }, why: 'its negation' },
    {
      argv: ['--kubeconfig=k', '--config.file=c'],
      want: { kubeconfig: 'k', configFile: 'c' },
      why: 'kubeconfig',
    },
    { argv: ['--web.listen-address=:9090'], want: { listenAddress: { port: 9090 } }, why: 'every address' },
    {
      argv: ['--web.listen-address=[::]:0'],
      want: { listenAddress: { host: '::', port: 0 } },
      why: 'IPv6, any port',
    },
    {
      argv: ['--web.listen-address=my-host.local:65535'],
      want: { listenAddress: { host: 'my-host.local', port: 65_535 } },
      why: 'a name',
    },
    {
      argv: ['--web.external-url=https://Gateway.example.org:443/a/'],
      want: { externalUrl: 'https://gateway.example.org/a/' },
      why: 'a URL with a path',
    },
    {
      argv: ['--kubernetes.namespace=a', '--kubernetes.namespace', 'b-1', '--kubernetes.namespace=a'],
      want: { kubernetesNamespaces: ['a', 'b-1'] },
      why: 'repeated, each once',
    },
    { argv: ['--scrape.reuse=0'], want: { scrapeReuseMs: 0 }, why: 'off' },
    { argv: ['--scrape.reuse=1m30s'], want: { scrapeReuseMs: 90_000 }, why: 'a duration of Prometheus' },
    { argv: ['--scrape.max-timeout=10s'], want: { scrapeMaxTimeoutMs: 10_000 }, why: 'most to wait' },
    { argv: ['--memory.limit=512MB'], want: { memoryLimitBytes: 512 * MIB }, why: 'a size of Prometheus' },
    {
      argv: ['--memory.limit', '1.5GiB'],
      want: { memoryLimitBytes: 1536 * MIB },
      why: 'a fraction, the other spelling',
    },
    { argv: ['--memory.limit=192MB'], want: { memoryLimitBytes: 192 * MIB }, why: 'the least' },
    {
      argv: ['--log.level=debug', '--log.format=json'],
      want: { logLevel: 'debug', logFormat: 'json' },
      why: 'logs',
    },
    { argv: ['--shard=3/4'], want: { shard: { index: 3, count: 4 } }, why: 'the last of four' },
    { argv: ['-h'], want: { help: true }, why: 'short' },
    { argv: ['--help', '--nonsense'], want: { help: true }, why: 'help answers whatever stands behind' },
    { argv: ['--version', 'x'], want: { version: true }, why: 'so does the version' },
  ];
  for (const { argv, want, why } of cases) t.strictSame(interpreted(argv), { ...DEFAULTS, ...want }, why);
});

t.test('the shard of a pod is in its name', async (t) => {
  const auto = ['--shard=auto', '--shards=4'];
  const shardOf = (name: string) => readFlags(auto, () => name).shard;
  t.same(shardOf('gateway-0'), { index: 0, count: 4 });
  t.same(shardOf('my-gateway-10-3'), { index: 3, count: 4 });
  const refused: readonly (readonly [name: string, says: RegExp])[] = [
    ['gateway', /^flag --shard: the name "gateway" \(of POD_NAME, .*\) does not end in a number.*gateway-0/],
    ['gateway-6d4cf56db6-x7k2p', /does not end in a number/],
    ['gateway-03', /does not end in a number/],
    ['gateway-4', /^flag --shard: the pod "gateway-4" has the number 4, and --shards=4 goes to 3; /],
    ['gateway-123456789', /goes to 3/],
  ];
  for (const [name, says] of refused)
    t.throws(() => shardOf(name), { constructor: UsageError, message: says }, name);
  process.env['POD_NAME'] = 'gateway-2';
  t.same(readFlags(auto).shard, { index: 2, count: 4 }, 'of the environment');
  delete process.env['POD_NAME'];
});

t.test('command lines that are refused', async (t) => {
  const cases: { argv: string[]; want: string; why: string }[] = [
    { argv: ['--config.fil=a'], want: 'unknown flag --config.fil; did you mean --config.file?', why: 'typo' },
    {
      argv: ['--listen-address=:1'],
      want: 'unknown flag --listen-address; did you mean --web.listen-address?',
      why: 'prefix',
    },
    { argv: ['--xyz'], want: 'unknown flag --xyz; see --help', why: 'nothing near' },
    { argv: ['-x'], want: 'unknown flag -x; see --help', why: 'short' },
    {
      argv: ['-config.file=a'],
      want: 'unknown flag -config.file; did you mean --config.file?',
      why: 'one dash',
    },
    {
      argv: ['--no-log.level'],
      want: 'unknown flag --no-log.level; did you mean --log.level?',
      why: 'negation of no boolean',
    },
    {
      argv: ['a.yml'],
      want: 'unexpected argument "a.yml"; everything is set with flags, see --help',
      why: 'argument',
    },
    {
      argv: ['--'],
      want: 'unexpected argument "--"; everything is set with flags, see --help',
      why: 'end of flags',
    },
    { argv: ['--config.file'], want: 'flag --config.file needs a value: --config.file=…', why: 'no value' },
    {
      argv: ['--config.file', '--check-config'],
      want: 'flag --config.file needs a value: --config.file=…',
      why: 'a flag is none',
    },
    { argv: ['--config.file='], want: 'flag --config.file needs the path of a file', why: 'empty path' },
    { argv: ['--check-config=true'], want: 'flag --check-config takes no value', why: 'value of a boolean' },
    { argv: ['--log.level=info', '--log.level=warn'], want: 'flag --log.level is given twice', why: 'twice' },
    {
      argv: ['--check-config', '--no-check-config'],
      want: 'flag --check-config is given twice',
      why: 'twice, negated',
    },
    {
      argv: ['--log.level=trace'],
      want: 'flag --log.level must be one of debug, info, warn, error, not "trace"',
      why: 'level',
    },
    {
      argv: ['--log.format=xml'],
      want: 'flag --log.format must be one of logfmt, json, not "xml"',
      why: 'format',
    },
    ...['gateway.example.org:80', 'http://', 'ftp://a', 'http://u:p@a', 'http://a?b', 'http://a/#b', ''].map(
      (url) => ({
        argv: [`--web.external-url=${url}`],
        want: `flag --web.external-url: "${url}" is not a URL; write it like https://gateway.example.org/metrics-gateway`,
        why: 'no URL with a host and a path alone',
      }),
    ),
    {
      argv: ['--scrape.reuse=25d'],
      want: 'flag --scrape.reuse: must be at most 24d',
      why: 'longer than a timer of Node can run',
    },
    {
      argv: ['--scrape.reuse=5'],
      want: 'flag --scrape.reuse: "5" is not a duration; write it like 30s, 1m30s or 0',
      why: 'no unit',
    },
    {
      argv: ['--shard=1'],
      want: 'flag --shard: "1" is not a shard; write it like 0/4, the first of four',
      why: 'of how many',
    },
    {
      argv: ['--shard=4/4'],
      want: 'flag --shard: "4/4": shards are counted from 0, so the last of 4 is 3/4',
      why: 'from 0',
    },
    {
      argv: ['--shards=4'],
      want: 'flag --shards needs --shard=auto; or write --shard=0/4',
      why: 'which of them',
    },
    {
      argv: ['--shard=0/4', '--shards=4'],
      want: 'flag --shards needs --shard=auto; or write --shard=0/4',
      why: 'told twice',
    },
    {
      argv: ['--shard=auto'],
      want: 'flag --shard=auto needs --shards, the replicas of the StatefulSet: --shards=4',
      why: 'of how many',
    },
    {
      argv: ['--shard=auto', '--shards=0'],
      want: 'flag --shards: "0" is not a number of shards; write it like 4',
      why: 'none',
    },
    {
      argv: ['--scrape.max-timeout=0'],
      want: 'flag --scrape.max-timeout must be greater than 0',
      why: 'no time at all',
    },
    {
      argv: ['--config.file=a', '--kubernetes.namespace=b'],
      want: 'flags --kubernetes.namespace and --config.file exclude each other; name the namespaces in the file',
      why: 'namespaces are for the built-in configuration',
    },
    {
      argv: ['--kubernetes.namespace=a,b'],
      want: 'flag --kubernetes.namespace: "a,b" is not the name of a namespace; repeat the flag for several',
      why: 'a list',
    },
    {
      argv: ['--kubernetes.namespace='],
      want: 'flag --kubernetes.namespace: "" is not the name of a namespace; repeat the flag for several',
      why: 'an empty name',
    },
    {
      argv: ['a\nb'],
      want: 'unexpected argument "a b"; everything is set with flags, see --help',
      why: 'always one line',
    },
  ];
  for (const text of [
    '8080',
    'a',
    'a:',
    ':x',
    '::1:80',
    '[::1]',
    '[a]:80',
    'a:65536',
    'http://a:80',
    ':-1',
  ]) {
    cases.push({
      argv: [`--web.listen-address=${text}`],
      want: `flag --web.listen-address: "${text}" is not an address; write it like 0.0.0.0:8080, :8080 or [::1]:8080`,
      why: 'address',
    });
  }
  for (const text of ['0', '-1GB', '65535KB', '67108863.9B']) {
    cases.push({
      argv: [`--memory.limit=${text}`],
      want: `flag --memory.limit: "${text}" is less than 192MiB, most of which the program alone takes; give it more, or leave the flag out`,
      why: 'too little to run at all',
    });
  }
  for (const text of ['', '512', '512kB', '512M', 'half', '75%', '512Mi']) {
    cases.push({
      argv: [`--memory.limit=${text}`],
      want: `flag --memory.limit: "${text}" is not a size; write it with a unit, like 512MB or 1.5GiB`,
      why: 'size',
    });
  }
  for (const { argv, want, why } of cases) {
    t.throws(() => readFlags(argv), new UsageError(want), `${why}: ${argv.join(' ')}`);
  }
});

t.test('every flag of the table can be given', async (t) => {
  const values: Record<string, string> = {
    address: ':1',
    count: '4',
    duration: '2s',
    namespace: 'n',
    path: 'p',
    shard: '1/4',
    size: '1GB',
    url: 'http://a',
  };
  for (const flag of FLAG_TABLE) {
    const value = 'choices' in flag ? flag.choices.at(-1) : values[flag.type];
    const argv = flag.type === 'boolean' ? [`--${flag.name}`] : [`--${flag.name}=${value}`];
    if (flag.name === 'shards') argv.push('--shard=auto');
    t.notSame(
      interpreted(argv, () => 'gateway-0'),
      DEFAULTS,
      `--${flag.name}`,
    );
  }
});
