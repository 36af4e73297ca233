import { NO_LIMITS } from '../../src/config/limits-section.ts';
import { job } from './case.ts';
import type { BadCase, GoodCase } from './case.ts';
import { BAD_LIMITS, GOOD_LIMITS } from './limit-cases.ts';

export { job } from './case.ts';

/** A scrape config with one relabel rule; the rule begins in column 28 of line 3. */
function rule(flow: string): string {
  return job(`relabel_configs: [ ${flow} ]`);
}

/** A scrape config with one kubernetes_sd config; the first line is line 4, column 9. */
function kubernetes(...lines: string[]): string {
  return job(
    'kubernetes_sd_configs:',
    ...lines.map((line, index) => `${index === 0 ? '  - ' : '    '}${line}`),
  );
}

const JOB = 'scrapeConfigs.0';

export const GOOD_CASES: readonly GoodCase[] = [
  { yaml: '', want: { scrapeConfigs: [] }, why: 'an empty file', prometheus: 'takes' },
  { yaml: 'scrape_configs:\n', want: { scrapeConfigs: [] }, why: 'an empty list', prometheus: 'takes' },
  {
    yaml: job(),
    want: {
      [JOB]: {
        jobName: 'a',
        scheme: 'http',
        metricsPath: '/metrics',
        params: {},
        scrapeIntervalMs: 60_000,
        scrapeTimeoutMs: 10_000,
        honorLabels: false,
        honorTimestamps: true,
        enableCompression: true,
        followRedirects: true,
        limits: NO_LIMITS,
        tls: { insecureSkipVerify: false },
        staticConfigs: [],
        fileSdConfigs: [],
        kubernetesSdConfigs: [],
        relabelConfigs: [],
      },
    },
    why: 'every default',
    prometheus: 'takes',
  },
  {
    yaml: `global: { scrape_interval: 2m, scrape_timeout: 20s }\n${job()}`,
    want: { [`${JOB}.scrapeIntervalMs`]: 120_000, [`${JOB}.scrapeTimeoutMs`]: 20_000 },
    why: 'times of the global section',
    prometheus: 'takes',
  },
  {
    yaml: `global: { scrape_interval: 5s }\n${job()}`,
    want: { [`${JOB}.scrapeIntervalMs`]: 5000, [`${JOB}.scrapeTimeoutMs`]: 5000 },
    why: 'the default timeout is lowered to the global interval',
    prometheus: 'takes',
  },
  {
    yaml: job('scrape_interval: 3s'),
    want: { [`${JOB}.scrapeTimeoutMs`]: 3000 },
    why: 'and to the one of the job',
    prometheus: 'takes',
  },
  {
    yaml: `global: { scrape_timeout: 30s }\n${job('scrape_interval: 15s')}`,
    want: { [`${JOB}.scrapeTimeoutMs`]: 15_000 },
    why: 'the global timeout too',
    prometheus: 'takes',
  },
  {
    yaml: job('scrape_interval: 0', 'scrape_timeout: 0s'),
    want: { [`${JOB}.scrapeIntervalMs`]: 60_000, [`${JOB}.scrapeTimeoutMs`]: 10_000 },
    why: 'zero is the default',
    prometheus: 'takes',
  },
  {
    yaml: `global:\n${job()}`,
    want: { [`${JOB}.scrapeTimeoutMs`]: 10_000 },
    why: 'empty global',
    prometheus: 'takes',
  },
  {
    yaml: job('scheme: https', 'metrics_path: /m', 'honor_labels: yes', 'honor_timestamps: Off'),
    want: {
      [`${JOB}.scheme`]: 'https',
      [`${JOB}.metricsPath`]: '/m',
      [`${JOB}.honorLabels`]: true,
      [`${JOB}.honorTimestamps`]: false,
    },
    why: 'booleans of YAML 1.1',
    prometheus: 'takes',
  },
  {
    yaml: job('enable_compression: false'),
    want: { [`${JOB}.enableCompression`]: false },
    why: 'compression',
    prometheus: 'unasked',
    newer: 'takes',
  },
  {
    yaml: job('follow_redirects: no'),
    want: { [`${JOB}.followRedirects`]: false },
    why: 'redirects',
    prometheus: 'takes',
  },
  {
    yaml: job('params:', '  module: [http_2xx, 1]', '  "match[]":', '    - up', '  none: []'),
    want: { [`${JOB}.params`]: { module: ['http_2xx', '1'], 'match[]': ['up'], none: [] } },
    why: 'params; numbers are text',
    prometheus: 'takes',
  },
  {
    yaml: job(
      'static_configs:',
      '  - targets: [a:1, 10.0.0.1, yes]',
      '    labels: { x: 1.50, y: on, z: }',
      '  - {}',
    ),
    want: {
      [`${JOB}.staticConfigs`]: [
        { targets: ['a:1', '10.0.0.1', 'yes'], labels: { x: '1.50', y: 'on', z: '' } },
        { targets: [], labels: {} },
      ],
    },
    why: 'text is kept as it is written',
    prometheus: 'takes',
  },
  {
    yaml: job('static_configs: [ { targets: [ "http://a/" ] } ]', 'relabel_configs: [ { action: keep } ]'),
    want: { [`${JOB}.staticConfigs.0.targets`]: ['http://a/'] },
    why: 'a rule may take a URL apart',
    prometheus: 'takes',
  },
  {
    yaml: job(
      'file_sd_configs:',
      '  - files: [a.json, sub/*.yml, /abs/b*.YAML]',
      '  - { files: [c.yaml], refresh_interval: 30s }',
    ),
    want: {
      [`${JOB}.fileSdConfigs`]: [
        { files: ['/base/a.json', '/base/sub/*.yml', '/abs/b*.YAML'], refreshIntervalMs: 300_000 },
        { files: ['/base/c.yaml'], refreshIntervalMs: 30_000 },
      ],
    },
    why: 'file_sd: relative paths count from the base directory',
    prometheus: 'takes',
  },
  {
    yaml: job(
      'tls_config:',
      '  ca_file: ca.pem',
      '  cert_file: /x/c.pem',
      '  key: k',
      '  server_name: s',
      '  min_version: TLS12',
      '  max_version: TLS13',
    ),
    want: {
      [`${JOB}.tls`]: {
        caFile: '/base/ca.pem',
        certFile: '/x/c.pem',
        key: 'k',
        serverName: 's',
        insecureSkipVerify: false,
        minVersion: 'TLSv1.2',
        maxVersion: 'TLSv1.3',
      },
    },
    why: 'tls_config',
    prometheus: 'unasked',
  },
  {
    yaml: job('tls_config: { ca: x, cert: y, key_file: k.pem, insecure_skip_verify: true, ca_file: "" }'),
    want: { [`${JOB}.tls`]: { ca: 'x', cert: 'y', keyFile: '/base/k.pem', insecureSkipVerify: true } },
    why: 'the other form of each, and empty as absent',
    prometheus: 'unasked',
  },
  {
    yaml: job('tls_config: { ca_file: a.pem, cert_file: b.pem, key_file: c.pem, min_version: TLS10 }'),
    want: { [`${JOB}.tls.minVersion`]: 'TLSv1' },
    why: 'files need not exist yet',
    prometheus: 'takes',
  },
  {
    yaml: rule(
      '{ source_labels: [x, y], separator: , regex: 0x10, target_label: z, replacement: yes, action: Replace }',
    ),
    want: {
      [`${JOB}.relabelConfigs`]: [
        {
          sourceLabels: ['x', 'y'],
          separator: '',
          regex: '0x10',
          modulus: 0,
          targetLabel: 'z',
          replacement: 'yes',
          action: 'replace',
        },
      ],
    },
    why: 'relabel rule: text as written, nothing is empty text, actions in any case',
    prometheus: 'takes',
  },
  {
    yaml: rule('{ source_labels: , regex: , action: labeldrop }'),
    want: { [`${JOB}.relabelConfigs.0.regex`]: '' },
    why: 'no source labels are not an empty list',
    prometheus: 'takes',
  },
  {
    yaml: rule('{ source_labels: [x], modulus: 010, target_label: y, action: hashmod }'),
    want: { [`${JOB}.relabelConfigs.0.modulus`]: 8 },
    why: 'octal numbers of YAML 1.1',
    prometheus: 'takes',
  },
  {
    yaml: kubernetes('role: endpoints'),
    want: {
      [`${JOB}.kubernetesSdConfigs`]: [
        { role: 'endpoints', namespaces: { names: [], ownNamespace: false }, selectors: [] },
      ],
    },
    why: 'kubernetes_sd: defaults',
    prometheus: 'unasked',
  },
  {
    yaml: kubernetes(
      'role: endpoints',
      'kubeconfig_file: kube/config',
      'namespaces: { names: [a, 123] }',
      'selectors:',
      '  - { role: pod, label: "a=b,!c, d in (e,f)" }',
      '  - { role: service, field: metadata.name=x }',
      '  - { role: endpoints, label: k, field: metadata.name!=y }',
    ),
    want: {
      [`${JOB}.kubernetesSdConfigs.0`]: {
        role: 'endpoints',
        kubeconfigFile: '/base/kube/config',
        namespaces: { names: ['a', '123'], ownNamespace: false },
        selectors: [
          { role: 'pod', label: 'a=b,!c, d in (e,f)' },
          { role: 'service', field: 'metadata.name=x' },
          { role: 'endpoints', label: 'k', field: 'metadata.name!=y' },
        ],
      },
    },
    why: 'kubernetes_sd: every field but api_server',
    prometheus: 'unasked',
  },
  {
    yaml: kubernetes(
      'role: endpointslice',
      'selectors:',
      '  - { role: pod, label: a }',
      '  - { role: service, field: metadata.name=x }',
      '  - { role: endpointslice, label: kubernetes.io/service-name=x }',
    ),
    want: {
      [`${JOB}.kubernetesSdConfigs.0`]: {
        role: 'endpointslice',
        namespaces: { names: [], ownNamespace: false },
        selectors: [
          { role: 'pod', label: 'a' },
          { role: 'service', field: 'metadata.name=x' },
          { role: 'endpointslice', label: 'kubernetes.io/service-name=x' },
        ],
      },
    },
    why: 'kubernetes_sd: role endpointslice',
    prometheus: 'unasked',
  },
  {
    yaml: kubernetes('role: pod', 'selectors: [ { role: pod, field: status.phase=Running } ]'),
    want: {
      [`${JOB}.kubernetesSdConfigs.0`]: {
        role: 'pod',
        namespaces: { names: [], ownNamespace: false },
        selectors: [{ role: 'pod', field: 'status.phase=Running' }],
      },
    },
    why: 'kubernetes_sd: role pod',
    prometheus: 'unasked',
  },
  {
    yaml: kubernetes(
      'role: endpoints',
      'api_server: https://api:6443',
      'namespaces: { own_namespace: false }',
    ),
    want: { [`${JOB}.kubernetesSdConfigs.0.apiServer`]: 'https://api:6443' },
    why: 'kubernetes_sd: api_server',
    prometheus: 'unasked',
  },
  {
    yaml: kubernetes('role: endpoints', 'namespaces: { own_namespace: true }'),
    want: { [`${JOB}.kubernetesSdConfigs.0.namespaces`]: { names: [], ownNamespace: true } },
    why: 'kubernetes_sd: own namespace',
    prometheus: 'unasked',
  },
  {
    yaml: `global: { scrape_protocols: [PrometheusText0.0.4], metric_name_validation_scheme: legacy }\n${job(
      'fallback_scrape_protocol: PrometheusText0.0.4',
      'metric_name_validation_scheme: legacy',
      'scrape_protocols: [PrometheusText0.0.4]',
    )}`,
    want: { [`${JOB}.jobName`]: 'a' },
    why: 'fields of 3.x that ask for what is done anyway',
    prometheus: 'unasked',
  },
  {
    yaml: `${job('static_configs: &list', '  - &group { targets: [x] }')}  - { job_name: b, static_configs: *list }
  - job_name: c
    static_configs: [ { <<: *group, labels: { l: v } } ]
`,
    want: {
      'scrapeConfigs.1.staticConfigs.0.targets': ['x'],
      'scrapeConfigs.2.staticConfigs.0': { targets: ['x'], labels: { l: 'v' } },
    },
    why: 'anchors, aliases and merge keys',
    prometheus: 'takes',
  },
  ...GOOD_LIMITS,
];

export const BAD_CASES: readonly BadCase[] = [
  // The text itself.
  { yaml: 'scrape_configs: [', want: '1:18: Flow sequence', why: 'no YAML', prometheus: 'refuses' },
  { yaml: 'scrape_configs:\n\t- a', want: '2:1: Tabs are not allowed', why: 'a tab', prometheus: 'refuses' },
  { yaml: '- a', want: '1:1: this value must be a mapping', why: 'a list', prometheus: 'refuses' },
  {
    yaml: 'scrape_configs: { a: 1 }',
    want: '1:17: "scrape_configs" must be a list',
    why: 'mapping',
    prometheus: 'refuses',
  },
  {
    yaml: '---\n---\n',
    want: '2:1: the file holds more than one',
    why: 'only one is read',
    prometheus: 'unasked',
  },
  { yaml: 'global: !x {}', want: '1:9: Unresolved tag', why: 'a tag', prometheus: 'unasked' },
  { yaml: 'global: &a\n  <<: *a', want: 'anchor "a" contains itself', why: 'a cycle', prometheus: 'refuses' },
  {
    yaml: 'global: {}\nglobal: {}',
    want: '2:1: "global" is given twice',
    why: 'duplicate key',
    prometheus: 'refuses',
  },
  {
    yaml: job('scheme: http', 'scheme: https'),
    want: '4:5: "scheme" is given twice',
    why: 'duplicate key further in',
    prometheus: 'refuses',
  },
  // Unknown and unsupported fields.
  {
    yaml: 'rule_files: []',
    want: '1:1: field "rule_files" of a configuration is not supported yet; remove it',
    why: 'a section that Prometheus knows',
    prometheus: 'takes',
  },
  {
    yaml: 'scrape_config: []',
    want: '1:1: unknown field "scrape_config" in a configuration; did you mean "scrape_configs"?',
    why: 'a typo',
    prometheus: 'refuses',
  },
  {
    yaml: 'global: { evaluation_interval: 1m }',
    want: '1:11: field "evaluation_interval" of a global section is not supported yet; remove it',
    why: 'global',
    prometheus: 'takes',
  },
  {
    yaml: job('basic_auth: { username: a }'),
    want: '3:5: field "basic_auth" of a scrape config is not supported yet; remove it',
    why: 'scrape config',
    prometheus: 'takes',
  },
  {
    yaml: job('metric_relabel_configs: []'),
    want: '3:5: field "metric_relabel_configs" of a scrape config is not supported yet; remove it',
    why: 'even when empty',
    prometheus: 'takes',
  },
  {
    yaml: 'global: { follow_redirects: true }',
    want: '1:11: unknown field "follow_redirects" in a global section; it belongs in an entry of scrape_configs',
    why: 'redirects are for a scrape config to say',
    prometheus: 'refuses',
  },
  {
    yaml: job('static_configs: [ { targets: [a], scrape_timeout: 5s } ]'),
    want: '3:39: unknown field "scrape_timeout" in a target group; it belongs in global or in an entry of scrape_configs',
    why: 'too deep, and there are two places for it',
    prometheus: 'refuses',
  },
  {
    yaml: 'relabel_configs: []',
    want: '1:1: unknown field "relabel_configs" in a configuration; it belongs in an entry of scrape_configs',
    why: 'its place is a better guess than a name that is somewhat like it',
    prometheus: 'refuses',
  },
  {
    yaml: job('targets: [a]'),
    want: '3:5: unknown field "targets" in a scrape config; it belongs in an entry of static_configs',
    why: 'not deep enough',
    prometheus: 'refuses',
  },
  {
    yaml: job('evaluation_interval: 1m'),
    want: '3:5: unknown field "evaluation_interval" in a scrape config; it belongs in global, and is not supported yet; remove it',
    why: 'in the wrong place, and no use in the right one',
    prometheus: 'refuses',
  },
  {
    yaml: kubernetes('role: endpoints', 'follow_redirects: true'),
    want: '5:9: field "follow_redirects" of a kubernetes_sd config is not supported yet; remove it',
    why: 'redirects of the API',
    prometheus: 'unasked',
  },
  {
    yaml: job('honour_labels: true'),
    want: '3:5: unknown field "honour_labels" in a scrape config; did you mean "honor_labels"?',
    why: 'a typo in a scrape config',
    prometheus: 'refuses',
  },
  {
    yaml: rule('{ sourcelabels: [x] }'),
    want: '3:26: unknown field "sourcelabels" in a relabel rule; did you mean "source_labels"?',
    why: 'relabel rule',
    prometheus: 'refuses',
  },
  {
    yaml: job('tls_config: { xyz: 1 }'),
    want: '3:19: unknown field "xyz" in a tls_config; known fields are ca, ca_file,',
    why: 'nothing near',
    prometheus: 'refuses',
  },
  {
    yaml: job('static_configs: [ { target: [] } ]'),
    want: '3:25: unknown field "target" in a target group; did you mean "targets"?',
    why: 'target group',
    prometheus: 'refuses',
  },
  {
    yaml: job('file_sd_configs: [ { file: [] } ]'),
    want: '3:26: unknown field "file" in a file_sd config; did you mean "files"?',
    why: 'file_sd',
    prometheus: 'refuses',
  },
  {
    yaml: kubernetes('role: endpoints', 'attach_metadata: { node: true }'),
    want: '5:9: field "attach_metadata" of a kubernetes_sd config is not supported yet; remove it',
    why: 'kubernetes_sd',
    prometheus: 'unasked',
  },
  {
    yaml: kubernetes('role: endpoints', 'namespaces: { name: [a] }'),
    want: '5:23: unknown field "name" in a namespaces section; did you mean "names"?',
    why: 'namespaces',
    prometheus: 'unasked',
  },
  {
    yaml: kubernetes('role: endpoints', 'selectors: [ { role: pod, labels: a } ]'),
    want: '5:35: unknown field "labels" in a selector; did you mean "label"?',
    why: 'selector',
    prometheus: 'unasked',
  },
  // Values of the wrong kind.
  {
    yaml: job('follow_redirects: 1'),
    want: '3:23: "follow_redirects" must be true or false, not "1"',
    why: 'a number',
    prometheus: 'refuses',
  },
  {
    yaml: job('honor_labels: "true"'),
    want: '3:19: "honor_labels" must be true or false',
    why: 'text',
    prometheus: 'refuses',
  },
  {
    yaml: job('scheme: [http]'),
    want: '3:13: "scheme" must be a single value',
    why: 'a list',
    prometheus: 'refuses',
  },
  {
    yaml: job('scheme: ftp'),
    want: '3:13: scheme must be http or https, not "ftp"',
    why: 'scheme',
    prometheus: 'unasked',
  },
  { yaml: job('scheme:'), want: '3:5: "scheme" has no value', why: 'nothing there', prometheus: 'unasked' },
  {
    yaml: job('params: { a: b }'),
    want: '3:18: "a" must be a list',
    why: 'one value is no list',
    prometheus: 'refuses',
  },
  {
    yaml: rule('{ source_labels: x }'),
    want: '3:41: "source_labels" must be a list',
    why: 'likewise',
    prometheus: 'refuses',
  },
  {
    yaml: job('scrape_interval: 10'),
    want: '3:22: "scrape_interval": "10" is not a duration; write it like 30s, 1m30s or 0',
    why: 'a duration without unit',
    prometheus: 'refuses',
  },
  {
    yaml: rule('{ modulus: 1.5, target_label: x, action: hashmod }'),
    want: '3:35: "modulus" must be a whole number, not "1.5"',
    why: 'a fraction, which Prometheus would cut off',
    prometheus: 'takes',
  },
  {
    yaml: rule('{ modulus: -1, target_label: x, action: hashmod }'),
    want: '3:35: "modulus" must be a whole number, not "-1"',
    why: 'negative',
    prometheus: 'refuses',
  },
  {
    yaml: job('params: { ? [a] : [b] }'),
    want: '3:13: "params" has a key that is not a single value',
    why: 'a list as key',
    prometheus: 'refuses',
  },
  // Scrape configs.
  {
    yaml: 'scrape_configs:\n  -\n',
    want: '2:4: a scrape config is empty',
    why: 'empty entry',
    prometheus: 'refuses',
  },
  {
    yaml: 'scrape_configs:\n  - scheme: http\n',
    want: '2:5: a scrape config needs a job_name',
    why: 'no job name',
    prometheus: 'refuses',
  },
  {
    yaml: 'scrape_configs:\n  - job_name: ""\n',
    want: '2:15: a scrape config needs a job_name',
    why: 'an empty one',
    prometheus: 'refuses',
  },
  {
    yaml: 'scrape_configs:\n  - job_name: a\n  - job_name: a\n',
    want: '3:15: job_name "a" is used by two scrape configs',
    why: 'a job name twice',
    prometheus: 'refuses',
  },
  {
    yaml: job('scrape_timeout: 2m'),
    want: '3:21: scrape_timeout is greater than scrape_interval',
    why: 'timeout beyond the default interval',
    prometheus: 'refuses',
  },
  {
    yaml: job('scrape_interval: 5s', 'scrape_timeout: 6s'),
    want: '4:21: scrape_timeout is greater than scrape_interval',
    why: 'timeout beyond the interval',
    prometheus: 'refuses',
  },
  {
    yaml: 'global: { scrape_interval: 5s, scrape_timeout: 6s }',
    want: '1:48: global scrape_timeout is greater than scrape_interval',
    why: 'timeout beyond the global interval',
    prometheus: 'refuses',
  },
  // Targets.
  {
    yaml: job('static_configs: [ { targets: [ "http://a" ] } ]'),
    want: '3:36: target "http://a" must be host or host:port',
    why: 'a URL',
    prometheus: 'refuses',
  },
  {
    yaml: job('static_configs: [ { targets: [a], labels: { a-b: c } } ]'),
    want: '3:54: "a-b" is not a valid label name',
    why: 'a label name',
    prometheus: 'refuses',
    newer: 'takes',
  },
  {
    yaml: job('static_configs:', '  -'),
    want: '4:8: an entry of static_configs is empty',
    why: 'empty',
    prometheus: 'refuses',
  },
  {
    yaml: job('file_sd_configs: [ { files: [] } ]'),
    want: '3:33: a file_sd config needs at least one path in files',
    why: 'no files',
    prometheus: 'refuses',
  },
  {
    yaml: job('file_sd_configs:', '  - files: [a.txt]'),
    want: '4:17: "a.txt" must end in .json, .yml or .yaml',
    why: 'the ending names the format',
    prometheus: 'refuses',
  },
  {
    yaml: job('file_sd_configs:', '  - files: ["*/a.json"]'),
    want: '4:17: "*/a.json" must end in .json',
    why: 'a star only in the last part',
    prometheus: 'refuses',
  },
  {
    yaml: job('file_sd_configs: [ { files: [a.json], refresh_interval: 0 } ]'),
    want: '3:61: refresh_interval must be greater than zero',
    why: 'a running Prometheus panics',
    prometheus: 'unasked',
  },
  // TLS.
  {
    yaml: job('tls_config: { ca: x, ca_file: y }'),
    want: '3:35: at most one of ca and ca_file can be given',
    why: 'ca twice',
    prometheus: 'unasked',
  },
  {
    yaml: job('tls_config: { cert: x, cert_file: y, key: z }'),
    want: '3:39: at most one of cert and cert_file can be given',
    why: 'cert twice',
    prometheus: 'unasked',
  },
  {
    yaml: job('tls_config: { cert: x, key: y, key_file: z }'),
    want: '3:46: at most one of key and key_file can be given',
    why: 'key twice',
    prometheus: 'unasked',
  },
  {
    yaml: job('tls_config: { cert_file: x }'),
    want: '3:30: a client certificate needs its key',
    why: 'certificate alone',
    prometheus: 'unasked',
  },
  {
    yaml: job('tls_config: { key: x }'),
    want: '3:24: a client key needs its certificate',
    why: 'key alone',
    prometheus: 'unasked',
  },
  {
    yaml: job('tls_config: { min_version: TLS1.2 }'),
    want: '3:32: unknown TLS version "TLS1.2"; use one of TLS10, TLS11, TLS12, TLS13',
    why: 'version',
    prometheus: 'refuses',
  },
  {
    yaml: job('tls_config: { min_version: TLS13, max_version: TLS12 }'),
    want: '3:52: max_version must not be below min_version',
    why: 'versions the wrong way round',
    prometheus: 'unasked',
  },
  // Relabelling; the rules themselves are in test/relabel.
  {
    yaml: job('relabel_configs:', '  -'),
    want: '4:8: an entry of relabel_configs is empty',
    why: 'empty',
    prometheus: 'refuses',
  },
  {
    yaml: rule('{ action: labelmop }'),
    want: '3:34: unknown relabel action "labelmop"; did you mean "labelmap"?',
    why: 'action',
    prometheus: 'refuses',
  },
  {
    yaml: rule('{ action: }'),
    want: '3:26: relabel action cannot be empty',
    why: 'no action',
    prometheus: 'refuses',
  },
  {
    yaml: rule('{ source_labels: [x] }'),
    want: "3:24: relabel action replace requires 'target_label'",
    why: 'a missing field is told at the rule',
    prometheus: 'refuses',
  },
  {
    yaml: rule('{ regex: "a(b", action: keep }'),
    want: '3:33: regex "a(b" is not valid RE2: missing closing )',
    why: 'a bad field is told at the field',
    prometheus: 'refuses',
  },
  {
    yaml: rule('{ source_labels: [], action: labeldrop }'),
    want: "3:41: relabel action labeldrop takes only 'regex', not 'source_labels'",
    why: 'even an empty list',
    prometheus: 'refuses',
  },
  {
    yaml: rule('{ regex: (.*), target_label: x, action: keepequal }'),
    want: "3:33: relabel action keepequal takes only 'source_labels' and 'target_label', not 'regex'",
    why: 'even the default',
    prometheus: 'refuses',
  },
  // Kubernetes.
  {
    yaml: kubernetes('namespaces: {}'),
    want: '4:9: a kubernetes_sd config needs a role',
    why: 'no role',
    prometheus: 'unasked',
  },
  {
    yaml: kubernetes('role: ingress'),
    want: '4:15: kubernetes_sd role "ingress" is not supported yet; use endpoints, endpointslice or pod',
    why: 'a role that Prometheus knows',
    prometheus: 'unasked',
  },
  {
    yaml: kubernetes('role: endpoint'),
    want: '4:15: kubernetes_sd role "endpoint" is unknown; use endpoints, endpointslice or pod',
    why: 'one that it does not',
    prometheus: 'unasked',
  },
  {
    yaml: kubernetes('role: endpoints', 'api_server: https://a', 'kubeconfig_file: b'),
    want: "6:26: 'kubeconfig_file' and 'api_server' cannot be used together",
    why: 'two ways to the API',
    prometheus: 'unasked',
  },
  {
    yaml: kubernetes('role: endpoints', 'api_server: https://a', 'namespaces: { own_namespace: true }'),
    want: "6:38: 'api_server' and 'namespaces.own_namespace' cannot be used together",
    why: 'own namespace from outside',
    prometheus: 'unasked',
  },
  {
    yaml: kubernetes('role: endpoints', 'kubeconfig_file: b', 'namespaces: { own_namespace: true }'),
    want: "6:38: 'kubeconfig_file' and 'namespaces.own_namespace' cannot be used together",
    why: 'likewise',
    prometheus: 'unasked',
  },
  {
    yaml: kubernetes('role: endpoints', 'api_server: api:6443'),
    want: '5:21: api_server "api:6443" must be a URL that begins with http:// or https://',
    why: 'no URL',
    prometheus: 'unasked',
  },
  {
    yaml: kubernetes('role: endpoints', 'selectors: [ { role: node, label: a } ]'),
    want: '5:30: role endpoints takes selectors of pod, service, endpoints, not "node"',
    why: 'selector role',
    prometheus: 'unasked',
  },
  {
    yaml: kubernetes('role: endpointslice', 'selectors: [ { role: endpoints, label: a } ]'),
    want: '5:30: role endpointslice takes selectors of pod, service, endpointslice, not "endpoints"',
    why: 'selector role of another role',
    prometheus: 'unasked',
  },
  {
    yaml: kubernetes('role: pod', 'selectors: [ { role: service, label: a } ]'),
    want: '5:30: role pod takes selectors of pod, not "service"',
    why: 'selector role of another role',
    prometheus: 'unasked',
  },
  {
    yaml: kubernetes('role: endpoints', 'selectors: [ { label: a } ]'),
    want: '5:22: role endpoints takes selectors of pod, service, endpoints, not ""',
    why: 'no selector role',
    prometheus: 'unasked',
  },
  {
    yaml: kubernetes('role: endpoints', 'selectors: [ { role: pod }, { role: pod } ]'),
    want: '5:45: selector role "pod" is given twice',
    why: 'selector role twice',
    prometheus: 'unasked',
  },
  {
    yaml: kubernetes('role: endpoints', 'selectors: [ { role: pod, field: metadata.name-x } ]'),
    want: '5:42: field selector "metadata.name-x": cannot understand "metadata.name-x"',
    why: 'field selector',
    prometheus: 'unasked',
  },
  {
    yaml: kubernetes('role: endpoints', 'selectors: [ { role: pod, label: "a b" } ]'),
    want: '5:42: label selector "a b": cannot understand "a b"',
    why: 'label selector',
    prometheus: 'unasked',
  },
  // Fields of 3.x with a value that asks for something else.
  {
    yaml: job('fallback_scrape_protocol: OpenMetricsText1.0.0'),
    want: '3:31: fallback_scrape_protocol "OpenMetricsText1.0.0" is not supported yet; only PrometheusText0.0.4 is',
    why: 'fallback',
    prometheus: 'unasked',
  },
  {
    yaml: job('scrape_protocols: [PrometheusText0.0.4, PrometheusProto]'),
    want: '3:45: scrape protocol "PrometheusProto" is not supported yet; only PrometheusText0.0.4 is',
    why: 'protocols',
    prometheus: 'unasked',
  },
  {
    yaml: job('scrape_protocols: []'),
    want: '3:23: scrape_protocols cannot be empty',
    why: 'none',
    prometheus: 'unasked',
  },
  {
    yaml: job('scrape_protocols: [PrometheusText0.0.4, PrometheusText0.0.4]'),
    want: '3:23: scrape_protocols names PrometheusText0.0.4 more than once',
    why: 'twice the same',
    prometheus: 'unasked',
  },
  {
    yaml: job('metric_name_validation_scheme: utf8'),
    want: '3:36: metric_name_validation_scheme "utf8" is not supported yet; only legacy is',
    why: 'names',
    prometheus: 'unasked',
  },
  ...BAD_LIMITS,
];
