// Run by startPods (pods.ts), or by hand: node simulator/pods-process.ts '{"pods": 10}' prints an address a line.
import { addressIn, inFreeNetwork } from './network.ts';
import { gzipOf, startPod } from './pod.ts';
import type { Pod } from './pod.ts';
import type { PodAddress, PodsOptions, PodsQuestion, PodsReply } from './pods.ts';
import { benchBodies, countSamples } from './render.ts';

const options = JSON.parse(process.argv[2] ?? '{"pods": 10}') as PodsOptions;
const {
  pods: podCount,
  bytes = 500_000,
  labelCount = 0,
  tenants = 0,
  seed = 1,
  distinct = podCount,
  moments = 1,
} = options;
const { port = 8443, tls = true, network, first = 1 } = options;
const [least, most] = options.delayMs ?? [0, 0];

async function start(free: string): Promise<Pod[]> {
  const pods: Pod[] = [];
  for (let index = 0; index < podCount; index += 1) {
    const ms = least + ((most - least) * index) / Math.max(1, podCount - 1);
    const own = bodies[index % bodies.length]!;
    pods.push(
      await startPod({
        address: addressIn(free, first + index),
        port,
        tls,
        body: (earlier) => own[earlier % own.length]!,
        behaviour: ms > 0 ? { kind: 'delay', ms } : { kind: 'normal' },
      }),
    );
  }
  return pods;
}

function send(reply: PodsReply): void {
  process.send?.(reply);
}

async function answer(question: PodsQuestion): Promise<PodsReply> {
  if (question.ask === 'behave') {
    const pod = pods[question.pod];
    if (pod === undefined) throw new Error(`pods: there is no pod ${question.pod} of ${pods.length}`);
    await pod.behave(question.behaviour);
    return { say: 'done' };
  }
  const { user, system } = process.cpuUsage();
  const stats = {
    requests: pods.reduce((sum, pod) => sum + pod.requests.count, 0),
    connections: pods.reduce((sum, pod) => sum + pod.requests.connections, 0),
    peak: Math.max(...pods.map((pod) => pod.requests.peak)),
    cpuSeconds: (user + system) / 1e6,
    rssBytes: process.memoryUsage.rss(),
  };
  return { say: 'stats', stats };
}

const bodies = Array.from({ length: Math.min(distinct, podCount) }, (_, index) =>
  benchBodies({ bytes, seed: seed * 1000 + index, labelCount, tenants }, moments),
);
const samplesOf = bodies.map(([first, ...later]) => {
  const samples = countSamples(first!);
  if (later.some((body) => countSamples(body) !== samples))
    throw new Error('pods: a body has more samples at one moment than at another');
  // Before anybody asks.
  for (const body of [first!, ...later]) gzipOf(body);
  return samples;
});
const totals = { samples: 0, bytesAt: Array.from({ length: moments }, () => 0) };
for (let index = 0; index < podCount; index += 1) {
  totals.samples += samplesOf[index % samplesOf.length]!;
  for (const [moment, body] of bodies[index % bodies.length]!.entries())
    totals.bytesAt[moment]! += body.length;
}
let pods: Pod[] = [];
try {
  pods = await (network === undefined ? inFreeNetwork(start) : start(network));
} catch (error) {
  send({ say: 'failed', message: error instanceof Error ? error.message : String(error) });
  console.error(error);
  process.exit(1);
}
const addresses: PodAddress[] = pods.map(({ address, port: own, url }, index) => ({
  name: `virt-handler-${String(index).padStart(5, '0')}`,
  address: `${address}:${own}`,
  url,
}));
send({ say: 'ready', pods: addresses, totals });
if (process.send === undefined) for (const { url } of addresses) console.log(url);
process.on('message', (question: PodsQuestion) => {
  answer(question).then(send, (error: unknown) => send({ say: 'failed', message: String(error) }));
});
// Nobody is left to ask: end, however the parent came to its end.
process.on('disconnect', () => process.exit(0));
