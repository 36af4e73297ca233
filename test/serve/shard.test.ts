import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { kubevirtConfig } from '../../src/config/kubevirt.ts';
import { startCluster, type Cluster } from '../../simulator/cluster.ts';
import { startPods } from '../round/fixture.ts';
import { configOf, eventually, get, patient, startTestGateway, valueOf } from './fixture.ts';
import type { TestGateway } from './fixture.ts';

/** The pods that an answer has, each as often as it has them. */
function podsIn(text: string): string[] {
  return [...text.matchAll(/^up\{.*pod="([^"]+)".* 1$/gm)].map(([, pod]) => pod!).sort();
}

async function podsOf(gateways: readonly TestGateway[]): Promise<string[]> {
  const answers = await Promise.all(gateways.map(({ url }) => get(`${url}/metrics`, patient)));
  return answers.flatMap(({ text }) => podsIn(text)).sort();
}

async function startShard(cluster: Cluster, dir: string, shard: string): Promise<TestGateway> {
  const kubeconfig = join(dir, 'kubeconfig');
  writeFileSync(kubeconfig, cluster.kubeconfig());
  const gateway = await startTestGateway(kubevirtConfig([]), [
    `--kubeconfig=${kubeconfig}`,
    ...(shard === '' ? [] : [`--shard=${shard}`]),
  ]);
  await eventually('it is ready', async () => (await get(`${gateway.url}/-/ready`)).status === 200);
  return gateway;
}

const shardsOf = (count: number): string[] => Array.from({ length: count }, (_, i) => `${i}/${count}`);

t.test('four gateways have each target once, and while they become five', async (t) => {
  await using cluster = await startCluster({ pods: 24, machines: 3, hang: false, rubbish: false });
  cluster.ready();
  const dir = t.testdir({});
  await using stack = new AsyncDisposableStack();
  const start = async (shard: string) => stack.use(await startShard(cluster, dir, shard));
  const alone = await start('');
  const all = await podsOf([alone]);
  t.equal(all.length, 24);
  const gateways = await Promise.all(shardsOf(4).map(start));
  t.same(await podsOf(gateways), all, 'together they are the whole, without overlap or gap');

  await t.test('each says what it has', async (t) => {
    for (const [index, gateway] of gateways.entries()) {
      const own = (await get(`${gateway.url}/-/metrics`)).text;
      const value = (name: string): number | undefined => valueOf(own, `kubevirt_metrics_gateway_${name}`);
      t.equal(value('shard_index'), index);
      t.equal(value('shards'), 4);
      const targets = ['up', 'down', 'unknown'].map((state) => value(`targets{state="${state}"}`)!);
      const known = targets.reduce((sum, count) => sum + count, 0);
      t.equal(known + value('other_shards_targets')!, 24);
      t.notOk(
        gateway.lines.some(({ message }) => message.startsWith('no KubeVirt pods found')),
        'a shard without targets is not an empty cluster',
      );
    }
  });

  // As a StatefulSet does it: the new pod, then one after the other from the last to the first.
  const running = [...gateways];
  const five = await Promise.all(shardsOf(5).map(start));
  let missing = 0;
  let double = 0;
  for (const index of [4, 3, 2, 1, 0]) {
    running[index] = five[index]!;
    const seen = await podsOf(running);
    const distinct = new Set(seen);
    missing = Math.max(missing, all.length - distinct.size);
    double = Math.max(double, seen.length - distinct.size);
    t.ok(
      seen.every((pod) => all.includes(pod)),
      'every target keeps its name',
    );
  }
  t.same(await podsOf(running), all, 'in the end they are the whole again');
  t.comment(`of 24 targets at most ${missing} were missing and ${double} double on the way`);
  t.same(
    [...new Set(await podsOf([...gateways, ...five]))],
    all,
    'where the new ones stand beside the old ones until all are there, none is missing',
  );
});

t.test('a shard of what a gateway has', async (t) => {
  await using pods = await startPods(12);
  const numbers = (text: string): string[] => [...text.matchAll(/pod_number="(\d+)"/g)].map(([, n]) => n!);
  await using whole = await startTestGateway(configOf(pods), ['--scrape.reuse=0']);
  await using half = await startTestGateway(configOf(pods), ['--scrape.reuse=0', '--shard=1/2']);
  const ask = (path: string) => get(`${whole.url}${path}`, patient);

  await t.test('is scraped alone', async (t) => {
    const seen: string[] = [];
    for (const shard of shardsOf(4)) {
      const before = pods.map(({ requests }) => requests.count);
      const { status, text } = await ask(`/metrics?shard=${shard}`);
      t.equal(status, 200);
      const scraped = pods.flatMap(({ requests }, i) => (requests.count > before[i]! ? [String(i)] : []));
      t.same(numbers(text).sort(), scraped.sort(), 'those that were scraped, and no other');
      t.equal([...text.matchAll(/^up\{/gm)].length, scraped.length, 'their report series');
      seen.push(...numbers(text));
    }
    t.same(seen.sort(), pods.map((_, i) => String(i)).sort(), 'together they are the whole');
  });

  await t.test('is what a gateway with that shard has', async (t) => {
    const { text } = await get(`${half.url}/metrics`, patient);
    t.same(numbers(text).sort(), numbers((await ask('/metrics?shard=1/2')).text).sort());
    const parts = await Promise.all(
      shardsOf(2).map(async (shard) =>
        numbers((await get(`${half.url}/metrics?shard=${shard}`, patient)).text),
      ),
    );
    t.same(parts.flat().sort(), numbers(text).sort(), 'its own shards are the whole of it');
    t.same(parts[0]!.sort(), numbers((await ask('/metrics?shard=1/4')).text).sort(), 'hashmod over both');
    t.same(parts[1]!.sort(), numbers((await ask('/metrics?shard=3/4')).text).sort());
  });

  await t.test('is filtered too', async (t) => {
    const federated = await ask('/federate?match[]=a_metric&shard=0/2');
    const merged = await ask('/metrics?match[]=a_metric&shard=0/2');
    t.same(numbers(federated.text), numbers((await ask('/metrics?shard=0/2')).text));
    t.equal(merged.text, federated.text);
    t.notMatch(merged.text, /^up/m);
  });

  await t.test('is refused when it is none', async (t) => {
    const table: readonly (readonly [query: string, says: RegExp])[] = [
      ['shard=', /^invalid parameter "shard": "" is not a shard; write it like 0\/4, the first of four\n$/],
      ['shard=4/4', /counted from 0, so the last of 4 is 3\/4/],
      ['shard=auto', /"auto" is not a shard/],
      ['shard=0/0', /1 to 10000/],
      ['shard=0/2&shard=1/2', /stands twice; ask once for each/],
    ];
    for (const path of ['/metrics', '/federate'])
      for (const [query, says] of table)
        t.match(await ask(`${path}?${query}`), { status: 400, text: says }, `${path}?${query}`);
  });
});
