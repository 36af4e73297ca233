import t from 'tap';
import { refusal, render, skip } from './helm.ts';

const enabled = { enabled: true };

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
    [{ image: { digest: 'latest' } }, /\/image\/digest/],
    [{ imagePullSecrets: ['registry'] }, /\/imagePullSecrets\/0/],
    [{ config: { scrape_configs: [] } }, /\/config.*want string/],
    [{ podAnnotations: { restart: true } }, /\/podAnnotations\/restart.*want string/],
    [{ serviceMonitor: { interval: '30' } }, /\/serviceMonitor\/interval/],
    [{ scrapeConfig: { interval: '1s1m' } }, /\/scrapeConfig\/interval/],
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
    [{ flags: { 'kubernetes.namespace': 'a' } }, /is set by the value kubevirt.namespace/],
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
    { config: 'scrape_configs: []' },
    { podDisruptionBudget: { maxUnavailable: '25%' } },
    { global: { anything: true } },
  ];
  for (const values of cases) t.doesNotThrow(() => render(values), JSON.stringify(values));
});
