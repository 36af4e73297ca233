import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import type { Test } from 'tap';
import { GATEWAY_HEADER } from '../../src/scrape/gateway-chain.ts';
import { gate, startPlainPod } from '../round/fixture.ts';
import { eventually, get, patient, startTestGateway, valueOf } from './fixture.ts';
import type { TestGateway } from './fixture.ts';

interface Member extends TestGateway {
  readonly host: string;
  /** The merged exposition. */
  answer(): Promise<string>;
  /** Messages that were logged, with their fields. */
  said(message: RegExp): string[];
}

type Gateways<Name extends string> = Readonly<Record<Name, Member>> & AsyncDisposable;

/** Gateways by name, whose targets may be each other: names, or addresses of pods. All are asked again for every request. */
async function startGateways<Name extends string>(
  t: Test,
  targets: Readonly<Record<Name, readonly string[]>>,
): Promise<Gateways<Name>> {
  const folder = t.testdir({});
  await using stack = new AsyncDisposableStack();
  const members: Record<string, Member> = {};
  for (const name of Object.keys(targets)) {
    const file = join(folder, `${name}.json`);
    await writeFile(file, '[]');
    const config = `scrape_configs: [{ job_name: of-${name}, honor_labels: true, file_sd_configs: [{ files: ['${file}'] }] }]`;
    const gateway = stack.use(await startTestGateway(config, ['--scrape.reuse=0']));
    members[name] = {
      ...gateway,
      host: new URL(gateway.url).host,
      answer: async () => (await get(`${gateway.url}/metrics`, patient)).text,
      said: (message) =>
        gateway.lines
          .filter((line) => message.test(line.message))
          .map(({ message: text, fields }) => `${text} ${JSON.stringify(fields)}`),
    };
  }
  const entries = Object.entries<readonly string[]>(targets);
  for (const [name, list] of entries) {
    const file = join(folder, `${name}.json`);
    const addresses = list.map((target) => members[target]?.host ?? target);
    await writeFile(`${file}.new`, JSON.stringify([{ targets: addresses }]));
    await rename(`${file}.new`, file);
  }
  for (const [name, list] of entries)
    await eventually(`${name} knows its targets`, async () => {
      const known = JSON.parse((await get(`${members[name]!.url}/sd`)).text) as unknown[];
      return known.length === list.length;
    });
  const owned = stack.move();
  const disposable = { [Symbol.asyncDispose]: () => owned.disposeAsync() };
  return Object.assign(Object.create(disposable) as AsyncDisposable, members as Record<Name, Member>);
}

/** `up` of a gateway's target and the reason of its failure, as some answer has them. */
function stateIn(text: string, of: string, host: string): string {
  const labels = `instance="${host}",job="of-${of}"`;
  const up = valueOf(text, `up{${labels}}`);
  const reason = new RegExp(`^scrape_failure_reason\\{${labels},reason="(\\w+)"\\} 1$`, 'm').exec(text)?.[1];
  return `${up ?? 'none'}${reason === undefined ? '' : ` ${reason}`}`;
}

t.test('a gateway that is its own target', async (t) => {
  await using pod = await startPlainPod();
  const address = `127.0.0.1:${pod.port}`;
  await using gateways = await startGateways(t, { a: ['a', address] });
  const { a } = gateways;
  for (let i = 1; i <= 2; i++) {
    const text = await a.answer();
    t.equal(stateIn(text, 'a', a.host), '0 loop');
    t.equal(stateIn(text, 'a', address), '1');
    t.match(text, /^a_metric\{.*\} 1$/m);
    t.equal(pod.requests.count, i, 'its pods are asked once for each answer');
  }
  t.match(a.said(/target is down/).join(), /the target is this gateway itself/);
  t.equal(a.said(/is refused/).length, 1, 'said once');
  const { text } = await get(`${a.url}/-/metrics`);
  t.equal(
    valueOf(text, 'kubevirt_metrics_gateway_rounds_total{view="metrics",result="partial"}'),
    2,
    'no more rounds',
  );
});

t.test('two gateways that are each other’s targets', async (t) => {
  await using podOfA = await startPlainPod({ body: () => 'of_a 1\n' });
  await using podOfB = await startPlainPod({ body: () => 'of_b 1\n' });
  await using gateways = await startGateways(t, {
    a: ['b', `127.0.0.1:${podOfA.port}`],
    b: ['a', `127.0.0.1:${podOfB.port}`],
  });
  const { a, b } = gateways;
  const check = (text: string, first: 'a' | 'b', second: 'a' | 'b'): void => {
    t.equal(stateIn(text, first, gateways[second].host), '1', `${first} has ${second}`);
    t.equal(stateIn(text, second, gateways[first].host), '0 loop', `${second} leaves out ${first}`);
    for (const name of ['of_a', 'of_b'])
      t.equal(text.match(new RegExp(`^${name}\\{`, 'gm'))?.length, 1, `${name} once`);
  };
  check(await a.answer(), 'a', 'b');
  t.same([podOfA.requests.count, podOfB.requests.count], [1, 1]);
  check(await b.answer(), 'b', 'a');
  t.same([podOfA.requests.count, podOfB.requests.count], [2, 2]);
  t.match(b.said(/target is down/).join(), /asked for this very answer/);
  t.equal(a.said(/target is another gateway/).length, 1);

  // Both are under way until the pods answer: neither may wait for the other's answer.
  for (let i = 0; i < 3; i++) {
    const { behaviour, open } = gate();
    await podOfA.behave(behaviour);
    await podOfB.behave(behaviour);
    const begun = [podOfA.nextRequest(), podOfB.nextRequest()];
    const answers = Promise.all([a.answer(), b.answer()]);
    await Promise.all(begun);
    open();
    const [ofA, ofB] = await answers;
    check(ofA, 'a', 'b');
    check(ofB, 'b', 'a');
  }
});

t.test('three gateways in a circle, all asked at once', async (t) => {
  await using pod = await startPlainPod();
  const address = `127.0.0.1:${pod.port}`;
  await using gateways = await startGateways(t, { a: ['b'], b: ['c'], c: ['a', address] });
  const { a, b, c } = gateways;
  const check = (ofA: string, ofB: string, ofC: string): void => {
    t.same(
      [stateIn(ofA, 'a', b.host), stateIn(ofA, 'b', c.host), stateIn(ofA, 'c', a.host)],
      ['1', '1', '0 loop'],
    );
    t.same(
      [stateIn(ofB, 'b', c.host), stateIn(ofB, 'c', a.host), stateIn(ofB, 'a', b.host)],
      ['1', '1', '0 loop'],
    );
    t.same(
      [stateIn(ofC, 'c', a.host), stateIn(ofC, 'a', b.host), stateIn(ofC, 'b', c.host)],
      ['1', '1', '0 loop'],
    );
    for (const text of [ofA, ofB, ofC]) t.equal(stateIn(text, 'c', address), '1');
  };
  check(await a.answer(), await b.answer(), await c.answer());
  for (let i = 0; i < 3; i++) {
    const { behaviour, open } = gate();
    await pod.behave(behaviour);
    const begun = pod.nextRequest();
    const answers = Promise.all([a.answer(), b.answer(), c.answer()]);
    await begun;
    open();
    check(...(await answers));
  }
});

t.test('gateways above one another, without a circle', async (t) => {
  const { behaviour, open } = gate();
  await using pod = await startPlainPod({ behaviour });
  const address = `127.0.0.1:${pod.port}`;
  await using gateways = await startGateways(t, {
    first: ['middle'],
    second: ['middle'],
    middle: ['last'],
    last: [address],
  });
  const { first, second, middle, last } = gateways;
  const begun = pod.nextRequest();
  const all = [first, second, middle, last];
  const answers = Promise.all(all.map((one) => one.answer()));
  await begun;
  open();
  for (const text of await answers)
    t.match(text, new RegExp(`^a_metric\\{instance="${address}",job="of-last"\\} 1$`, 'm'));
  // Now they know each other for gateways, and ask each for themselves; the pod is asked once at a time all the same.
  for (const text of await Promise.all(all.map((one) => one.answer())))
    t.equal(stateIn(text, 'last', address), '1');
  t.equal(pod.requests.peak, 1);
  t.match(first.said(/target is another gateway/).join(), middle.host);
  t.equal(last.said(/gateway/).length, 0);
  const { text } = await get(`${middle.url}/-/metrics`);
  t.equal(valueOf(text, 'kubevirt_metrics_gateway_targets{state="up"}'), 1, 'its state is known');
  t.equal(valueOf(text, 'kubevirt_metrics_gateway_scrapes_in_flight'), 0);
});

t.test('how many gateways may follow one another', async (t) => {
  await using gateways = await startGateways(t, { a: [] });
  const { a } = gateways;
  const chain = (count: number) => ({
    [GATEWAY_HEADER]: Array.from({ length: count }, (_, i) => `000000000000000${i}`).join(', '),
  });
  const paths = ['/metrics', '/federate?match[]=up'];
  for (const path of paths) {
    t.match(
      await get(a.url + path),
      { status: 200, headers: { [GATEWAY_HEADER]: undefined } },
      'others are not told',
    );
    t.match(
      await get(a.url + path, { [GATEWAY_HEADER]: 'x, , 1.1 somebody' }),
      { status: 200 },
      'no gateway',
    );
    t.match(await get(a.url + path, chain(3)), {
      status: 200,
      headers: { [GATEWAY_HEADER]: /^[0-9a-f]{16}$/ },
    });
    t.match(await get(a.url + path, chain(4)), { status: 508, text: /came through 4 gateways/ });
  }
  for (const path of ['/sd', '/-/metrics', '/-/ready'])
    t.match(await get(a.url + path, chain(4)), { status: 200 }, `${path} asks nobody`);
});
