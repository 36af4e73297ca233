import t from 'tap';
import { refusal, render, skip } from './helm.ts';

const enabled = { enabled: true };
const config = 'scrape_configs: []';

t.test('values that cannot work are refused, and the message says which', { skip }, async (t) => {
  const cases: readonly (readonly [values: object, message: RegExp])[] = [
    [{ log: { level: 'loud' } }, /\/log\/level/],
    [{ kubevirt: { namespace: '' } }, /\/kubevirt\/namespace/],
    [{ kubevirt: { namespace: 'Virt' } }, /\/kubevirt\/namespace/],
    [{ kubevirt: { namespaces: 'a' } }, /'namespaces' not allowed/],
    [{ kubevrt: {} }, /'kubevrt' not allowed/],
    [{ service: { port: 0 } }, /\/service\/port/],
    [{ service: { port: '80' } }, /\/service\/port/],
    [{ service: { type: 'ExternalName' } }, /\/service\/type/],
    [{ shards: 0 }, /\/shards/],
    [{ shards: 1.5 }, /\/shards/],
    [{ replicaCount: '2' }, /\/replicaCount/],
    [{ image: { repository: '' } }, /\/image\/repository/],
    [{ image: { repository: 'example.org/a b' } }, /\/image\/repository/],
    [{ image: { repository: 'example.org/a:1' } }, /\/image\/repository/],
    [{ image: { tag: 'a b' } }, /\/image\/tag/],
    [{ image: { tag: '-a' } }, /\/image\/tag/],
    [{ image: { digest: 'latest' } }, /\/image\/digest/],
    [{ imagePullSecrets: ['registry'] }, /\/imagePullSecrets\/0/],
    [{ config: { scrape_configs: [] } }, /\/config.*want string/],
    [{ podAnnotations: { restart: true } }, /\/podAnnotations\/restart.*want string/],
    [{ serviceMonitor: { interval: '30' } }, /\/serviceMonitor\/interval/],
    [{ scrapeConfig: { interval: '1s1m' } }, /\/scrapeConfig\/interval/],
    [{ serviceMonitor: { interval: '0s' } }, /\/serviceMonitor\/interval/],
    [{ scrapeConfig: { scrapeTimeout: '0ms' } }, /\/scrapeConfig\/scrapeTimeout/],
    [{ serviceAccount: { name: 'A_b' } }, /\/serviceAccount\/name/],
    [{ commonLabels: { team: 'a b' } }, /\/commonLabels\/team/],
    [{ serviceMonitor: { labels: { release: '-' } } }, /\/serviceMonitor\/labels\/release/],
    [{ ingress: { host: 'a..b' } }, /\/ingress\/host/],
    [{ ingress: { host: 'a.*.b' } }, /\/ingress\/host/],
    [{ ingress: { host: '*' } }, /\/ingress\/host/],
    [{ httpRoute: { host: `${'a'.repeat(64)}.org` } }, /\/httpRoute\/host/],
    [{ service: { loadBalancerSourceRanges: ['foo'] } }, /\/service\/loadBalancerSourceRanges\/0/],
    [{ service: { loadBalancerSourceRanges: ['192.0.2.0'] } }, /\/service\/loadBalancerSourceRanges\/0/],
    [{ service: { loadBalancerSourceRanges: ['192.0.2.0/33'] } }, /\/service\/loadBalancerSourceRanges\/0/],
    [{ service: { loadBalancerSourceRanges: ['2001:db8::/129'] } }, /\/service\/loadBalancerSourceRanges\/0/],
    [{ podDisruptionBudget: { maxUnavailable: '150%' } }, /\/podDisruptionBudget\/maxUnavailable/],
    [{ flags: { 'scrape.reuse': true } }, /\/flags\/scrape.reuse.*got boolean/],
    [{ resources: { limit: {} } }, /'limit' not allowed/],
    [{ livenessProbe: { httpGet: {} } }, /'httpGet' not allowed/],
    [{ affinity: { podAntiaffinity: {} } }, /'podAntiaffinity' not allowed/],
    [{ ingress: { ...enabled, paths: ['metrics'] } }, /\/ingress\/paths/],
    [{ scrapeConfig: { ...enabled, targets: ['http://a:80'] } }, /\/scrapeConfig\/targets/],
    [{ networkPolicy: { from: [''] } }, /\/networkPolicy\/from/],
    [{ flags: { '--scrape.reuse': '5s' } }, /flags.*'--scrape.reuse' not allowed/],
    [{ flags: { 'scrape.re-use': '5s' } }, /flags.*'scrape.re-use' not allowed/],

    [{ shards: 2, replicaCount: 2 }, /shards is 2 and replicaCount is 2: .* set one of them to 1/],
    [
      { replicaCount: 2, serviceMonitor: enabled },
      /serviceMonitor.enabled with replicaCount 2: .* scrapeConfig.enabled/,
    ],
    [{ serviceMonitor: enabled, scrapeConfig: enabled }, /every sample twice; choose one/],
    [{ shards: 2, service: { type: 'NodePort', nodePort: 30080 } }, /service.nodePort: each shard/],
    [{ service: { nodePort: 30080 } }, /service.nodePort: a Service of type ClusterIP has none/],
    [{ ingress: enabled }, /ingress.host is empty/],
    [{ httpRoute: enabled }, /httpRoute.parentRefs is empty/],
    [{ shards: 2, httpRoute: { ...enabled, parentRefs: [{ name: 'a' }] } }, /httpRoute.host is empty/],
    [{ flags: { 'log.level': 'debug' } }, /flags: log.level is set by the value log.level/],
    [{ flags: { shards: 2 } }, /is set by the value shards/],
    [{ extraArgs: ['--shard=0/2'] }, /extraArgs: shard is set by the value shards; use that/],
    [{ extraArgs: ['--log.level', 'debug'] }, /extraArgs: log.level is set by the value log.level/],
    ...['check-config', 'help', 'version'].flatMap((flag) => [
      [{ flags: { [flag]: true } }, new RegExp(`flags: with ${flag} the program answers and ends`)] as const,
      [{ extraArgs: [`--${flag}`] }, new RegExp(`extraArgs: with ${flag} the program`)] as const,
    ]),
    [{ extraArgs: ['-h'] }, /extraArgs: with h the program answers and ends/],
    [
      { config, rbac: { clusterWide: true }, flags: { 'kubernetes.namespace': 'a' } },
      /kubernetes.namespace and config exclude each other/,
    ],
    [
      { flags: { 'kubernetes.namespace': 'a' } },
      /is set by the value kubevirt.namespace; use that; for several namespaces set rbac.clusterWide/,
    ],
    [
      { shards: 2, flags: { 'web.external-url': 'https://example.org' } },
      /flags: web.external-url with shards: each shard is reached by an address of its own/,
    ],
    [{ config: 'scrape_configs: [' }, /config is not the YAML of a Prometheus configuration/],
    [{ config: 'job_name: a' }, /config has no scrape_configs/],
    ...['commonLabels', 'podLabels', 'service'].map((where) => {
      const labels = { 'prometheus.kubevirt.io': 'true' };
      return [
        { [where]: where === 'service' ? { labels } : labels },
        /the label prometheus.kubevirt.io is how KubeVirt's own pods are found/,
      ] as const;
    }),
    [{ podLabels: { 'app.kubernetes.io/name': 'a' } }, /podLabels: the label .* is the chart's own/],
    ...['serviceMonitor', 'scrapeConfig'].flatMap((which) => [
      [
        { [which]: { ...enabled, labels: { 'app.kubernetes.io/instance': 'a' } } },
        new RegExp(`${which}.labels: the label app.kubernetes.io/instance is the chart's own`),
      ] as const,
      [
        { [which]: { ...enabled, interval: '1m', scrapeTimeout: '1m1ms' } },
        new RegExp(`${which}.scrapeTimeout is 1m1ms and ${which}.interval is 1m: .*shorten the timeout`),
      ] as const,
    ]),
    [
      { shards: 2, ingress: { ...enabled, host: '*.x' } },
      /ingress.host is \*\.x: with shards .*name one without \*/,
    ],
    [
      { shards: 2, httpRoute: { ...enabled, parentRefs: [{ name: 'a' }], host: '*.x' } },
      /httpRoute.host is \*\.x: with shards/,
    ],
    [{ config, podAnnotations: { 'checksum/config': 'a' } }, /podAnnotations: .*checksum\/config/],
    [{ config, extraVolumes: [{ name: 'config' }] }, /extraVolumes: .*give yours another name/],
    [
      { config, extraVolumeMounts: [{ name: 'a', mountPath: '/etc/kubevirt-metrics-gateway/' }] },
      /extraVolumeMounts: .*choose another path/,
    ],
    [{ fullnameOverride: '1st' }, /would be named 1st, .* set fullnameOverride/],
  ];
  for (const [values, message] of cases) t.match(refusal(values) ?? 'taken', message, JSON.stringify(values));
});

t.test('what looks like them is taken', { skip }, async (t) => {
  const cases: readonly object[] = [
    { shards: 2, serviceMonitor: enabled },
    { shards: 2, scrapeConfig: enabled },
    { replicaCount: 2, scrapeConfig: enabled },
    { serviceMonitor: { ...enabled, labels: { 'prometheus.kubevirt.io': '' } } },
    { service: { type: 'NodePort', nodePort: 30080 } },
    { httpRoute: { ...enabled, parentRefs: [{ name: 'a' }] } },
    { config },
    { podAnnotations: { 'checksum/config': 'a' }, extraVolumes: [{ name: 'config' }] },
    { config, extraVolumes: [{ name: 'certs' }], podAnnotations: { checksum: 'a' } },
    { serviceMonitor: { ...enabled, labels: { 'app.kubernetes.io/component': 'a' } } },
    { serviceMonitor: { ...enabled, interval: '1m30s', scrapeTimeout: '90s' } },
    { scrapeConfig: { ...enabled, interval: '08s', scrapeTimeout: '8000ms' } },
    { serviceMonitor: { interval: '10s' } },
    { ingress: { ...enabled, host: '*.example.org' } },
    { shards: 2, ingress: { ...enabled, host: 'x' } },
    {
      service: {
        type: 'LoadBalancer',
        loadBalancerSourceRanges: ['0.0.0.0/0', '192.0.2.255/32', '::/0', '2001:db8::1/128'],
      },
    },
    { podDisruptionBudget: { maxUnavailable: '100%' } },
    { image: { repository: 'registry.example.org:5000/Team/a_b-c', tag: '1.0_x-Y' } },
    { image: { repository: '[::1]:5000/a' } },
    { serviceAccount: { create: false, name: 'a.b' } },
    { commonLabels: { empty: '', number: '1', longer: 'a.b_c-D' } },
    { extraArgs: ['--scrape.reuse', '5s', '--web.external-url=https://a/--shard=1'] },
    { podDisruptionBudget: { maxUnavailable: '25%' } },
    { global: { anything: true } },
  ];
  for (const values of cases) t.doesNotThrow(() => render(values), JSON.stringify(values));
});

t.test('a release whose name no Service may have says so', { skip }, async (t) => {
  for (const name of ['a.b', '1st']) {
    t.match(refusal({}, name) ?? 'taken', /the name of a Service .* set fullnameOverride/, name);
    t.equal(refusal({ fullnameOverride: 'gateway' }, name), undefined, name);
  }
});
