import { stringify } from 'yaml';
import { startPlainPod } from '../round/fixture.ts';
import { startTestGateway, type TestGateway } from '../serve/fixture.ts';

/** What would run, or break out of the text, were it not written as text. */
export const HOSTILE = {
  pod: '<script>alert(1)</script>',
  node: `"><img src=x onerror="alert('node')">`,
  namespace: `' autofocus onfocus=alert(2) x='`,
  discovered: '</pre></details><script>alert(3)</script>',
  status: '<script>alert(4)</script>',
} as const;

export interface PageGateway extends TestGateway, AsyncDisposable {
  /** Requests that pods have had. */
  requests(): number;
  /** A round of `/metrics`. */
  round(): Promise<void>;
}

interface StaticGroup {
  readonly targets: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
}

/** What becomes of the labels that these pods are told with. One with `drop` is dropped by the second rule. */
const RELABEL = [
  { source_labels: ['__meta_node'], target_label: 'node' },
  { source_labels: ['drop'], regex: '.+', action: 'drop' },
];

/** A gateway in front of a pod that is up, one that refuses with words of its own, and one that sends what is no exposition. */
export async function startHostilePods(): Promise<PageGateway> {
  const { pod, node, namespace, discovered, status } = HOSTILE;
  await using stack = new AsyncDisposableStack();
  const good = stack.use(await startPlainPod({ body: () => 'a_metric 1\nanother 2\n' }));
  const refusing = stack.use(
    await startPlainPod({
      behaviour: {
        kind: 'custom',
        respond: (_request, response) => response.writeHead(500, status).end('no'),
      },
    }),
  );
  const rubbish = stack.use(
    await startPlainPod({ behaviour: { kind: 'rubbish', body: `${status} 1\n`, contentType: 'text/plain' } }),
  );
  const labelled = { namespace, __meta_node: node, __meta_other: discovered };
  const gateway = stack.use(
    await startPageGateway([
      {
        targets: [`127.0.0.1:${good.port}`],
        labels: { pod: 'good', namespace: 'kubevirt', container: 'virt-api' },
      },
      { targets: [`127.0.0.1:${refusing.port}`], labels: { ...labelled, pod, container: 'virt-handler' } },
      {
        targets: [`127.0.0.1:${rubbish.port}`],
        labels: { ...labelled, pod: 'rubbish', container: 'virt-handler' },
      },
      { targets: [`127.0.0.1:${good.port}`], labels: { ...labelled, drop: pod } },
    ]),
  );
  const pods = [good, refusing, rubbish];
  const owned = stack.move();
  return {
    ...gateway,
    requests: () => pods.reduce((sum, { requests }) => sum + requests.count, 0),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** A gateway in front of so many targets, all of which one pod answers for; every hundredth is of a node of its own that refuses it. */
export async function startManyTargets(count: number): Promise<PageGateway> {
  await using stack = new AsyncDisposableStack();
  const pod = stack.use(await startPlainPod({ body: () => 'a_metric 1\n' }));
  const gateway = stack.use(
    await startPageGateway(
      Array.from({ length: count }, (_, i) => ({
        targets: [`127.0.0.1:${pod.port}`],
        labels: {
          __param_n: String(i),
          pod: `virt-handler-${i}`,
          container: 'virt-handler',
          namespace: i % 2 === 0 ? 'kubevirt' : 'other',
          node: `node-${i}`,
          ...(i % 100 === 99 && { __metrics_path__: '/nowhere' }),
        },
      })),
    ),
  );
  const owned = stack.move();
  return {
    ...gateway,
    requests: () => pod.requests.count,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

async function startPageGateway(groups: readonly StaticGroup[]): Promise<Omit<PageGateway, 'requests'>> {
  const job = { job_name: 'kubevirt', sample_limit: 2, relabel_configs: RELABEL, static_configs: groups };
  const gateway = await startTestGateway(stringify({ scrape_configs: [job] }), ['--scrape.reuse=0']);
  return {
    ...gateway,
    async round() {
      const headers = { 'x-prometheus-scrape-timeout-seconds': '60' };
      await (await fetch(`${gateway.url}/metrics`, { headers })).arrayBuffer();
    },
  };
}
