import { spawnSync } from 'node:child_process';
import t from 'tap';

import { kubevirtMetrics } from '../../simulator/kubevirt-metrics.ts';
import type { Component } from '../../simulator/kubevirt-metrics.ts';
import { createModel } from '../../simulator/model.ts';
import type { Model } from '../../simulator/model.ts';
import { benchBodies, benchBody, countSamples, renderPod } from '../../simulator/render.ts';

const TIME = Date.UTC(2026, 0, 15);
const COMPONENTS: Component[] = [
  'virt-api',
  'virt-controller',
  'virt-operator',
  'virt-handler',
  'virt-exportproxy',
];

function livingModel(seed = 1): Model {
  const model = createModel({ seed, time: TIME, machines: 40 });
  for (const component of COMPONENTS) {
    model.addPod(component, { ageMs: 90_000_000, troubled: component === 'virt-handler' });
    model.addPod(component, { ageMs: 80_000_000 });
  }
  model.advance(0);
  const [first = '', second = ''] = model.nodes;
  // One migration is over, another under way.
  model.migrate(first, second);
  model.advance(120_000);
  model.migrate(first, second);
  model.advance(30_000);
  return model;
}

/** Series with their values, by the text before the value; lines with a timestamp apart. */
function samplesOf(body: string): { series: Map<string, number>; timed: string[] } {
  const series = new Map<string, number>();
  const timed: string[] = [];
  for (const line of body.trimEnd().split('\n')) {
    if (line.startsWith('#')) continue;
    const [, text = '', value, timestamp] = /^([^{ ]+(?:\{.*\})?) (\S+)( \d+)?$/.exec(line) ?? [];
    if (timestamp === undefined) series.set(text, Number(String(value).replace('Inf', 'Infinity')));
    else timed.push(line);
  }
  return { series, timed };
}

t.test('the same seed and steps give the same bodies, another seed gives others', async (t) => {
  const [one, same, other] = [livingModel(), livingModel(), livingModel(2)];
  for (const [index, pod] of one.pods.entries()) {
    const body = renderPod(one, pod);
    t.equal(body, renderPod(same, same.pods[index] ?? pod), pod.name);
    t.not(body, renderPod(other, other.pods[index] ?? pod), pod.name);
  }
});

t.test('all 145 metrics are there, with the labels and types of the data file', async (t) => {
  const model = livingModel();
  const seen = new Set<string>();
  const old = 'rest_client_requests_total';
  for (const pod of model.pods) {
    const body = renderPod(model, pod);
    for (const [, name = '', type] of body.matchAll(/^# TYPE (\S+) (\S+)$/gm)) {
      seen.add(name);
      if (name !== old) t.equal(type, kubevirtMetrics.get(name)?.type, name);
    }
    for (const [, sample = '', labels = ''] of body.matchAll(/^([a-z_0-9]+)(?:\{(.*)\})? /gm)) {
      const stem = sample.replace(/_(bucket|sum|count)$/, '');
      const metric = kubevirtMetrics.get(sample) ?? kubevirtMetrics.get(stem);
      if (sample === old) continue;
      for (const [, label = ''] of labels.matchAll(/(?:^|,)([a-z_0-9]+)="/g)) {
        const known = metric?.labels.some((own) =>
          own.endsWith('*') ? label.startsWith(own.slice(0, -1)) : own === label,
        );
        if (!known) t.fail(`${sample} has a label ${label}, which the data file does not know`);
      }
    }
  }
  t.equal(kubevirtMetrics.size, 145);
  t.strictSame(
    [...kubevirtMetrics.keys()].filter((name) => !seen.has(name)),
    [],
    'none is missing',
  );
});

t.test('counters and histograms never fall while a process lives', async (t) => {
  const model = createModel({ time: TIME, machines: 6 });
  const pod = model.addPod('virt-handler', { ageMs: 1_000_000 });
  model.advance(0);
  let before = samplesOf(renderPod(model, pod)).series;
  let compared = 0;
  let grown = 0;
  for (let step = 0; step < 20; step += 1) {
    model.advance(7_000);
    const after = samplesOf(renderPod(model, pod)).series;
    for (const [text, value] of after) {
      const name = text.split('{')[0] ?? '';
      const counts = /_(total|bucket|sum|count)$/.test(name);
      const old = before.get(text);
      // A virtual machine that stopped and started has a new QEMU process.
      const restarted = model.machines.some(
        ({ bootedAt, status }) => bootedAt >= TIME || status !== 'running',
      );
      if (!counts || old === undefined || (restarted && name.startsWith('kubevirt_vmi_'))) continue;
      compared += 1;
      if (value > old) grown += 1;
      if (value < old) t.fail(`${text} fell from ${old} to ${value}`);
    }
    before = after;
  }
  t.ok(compared > 2_000, `${compared} comparisons`);
  t.ok(grown > compared / 10, `${grown} of them grew`);
});

t.test('a running migration gives up to ten timestamped samples of a series, oldest first', async (t) => {
  const model = createModel({ time: TIME, machines: 4, stopped: 0 });
  const [source, target] = [model.addPod('virt-handler'), model.addPod('virt-handler')];
  model.advance(0);
  const machine = model.migrate(source.node, target.node) ?? t.fail('nobody to migrate');
  for (const [seconds, want] of [
    [0, 1],
    [12, 3],
    [30, 9],
    [10, 10],
  ] as const) {
    model.advance(seconds * 1000);
    const { timed } = samplesOf(renderPod(model, source));
    const lines = timed.filter((line) => line.startsWith('kubevirt_vmi_migration_data_processed_bytes{'));
    t.equal(lines.length, want);
    const times = lines.map((line) => Number(line.split(' ').at(-1)));
    t.strictSame(
      times,
      times.toSorted((a, b) => a - b),
      'oldest first',
    );
    t.ok(
      times.every((time) => time <= model.time),
      'none is of the future',
    );
  }
  model.advance(30_000);
  t.strictSame(samplesOf(renderPod(model, source)).timed, [], 'none is left afterwards');
  t.match(machine, { node: target.node, status: 'running' });
});

t.test('only the leader knows virtual machines, and failover hands them over', async (t) => {
  const model = livingModel();
  const pods = model.pods.filter(({ component }) => component === 'virt-controller');
  const infos = () => pods.map((pod) => renderPod(model, pod).match(/^kubevirt_vm_info\{/gm)?.length ?? 0);
  t.strictSame(infos(), [40, 0]);
  model.failover('virt-controller');
  t.strictSame(infos(), [0, 40]);
});

t.test('a typical virtual machine has 74 series', async (t) => {
  const body = benchBody({ bytes: 200_000 }).toString();
  t.equal(body.match(/^kubevirt_vmi_.*[{,]name="\w+-1".*$/gm)?.length, 74);
});

t.test('a body for benchmarks is of the size that was asked for', async (t) => {
  for (const [bytes, seed] of [
    [200_000, 1],
    [500_000, 1],
    [500_000, 77],
  ] as const) {
    const body = benchBody({ bytes, seed });
    t.ok(Math.abs(body.length - bytes) < bytes * 0.05, `${body.length} for ${bytes}`);
    if (bytes === 500_000) t.ok(Math.abs(countSamples(body) - 4_500) < 300, `${countSamples(body)} samples`);
  }
  t.ok(benchBody({ bytes: 200_000 }).equals(benchBody({ bytes: 200_000 })), 'the same for the same seed');
  t.notOk(benchBody({ bytes: 200_000 }).equals(benchBody({ bytes: 200_000, seed: 2 })));
  const [first, ...later] = benchBodies({ bytes: 200_000 }, 3).map((body) => body.toString());
  t.equal(first, benchBody({ bytes: 200_000 }).toString());
  const seriesOf = (text: string): string => text.replaceAll(/ \S+$/gm, '');
  for (const text of later) {
    t.equal(seriesOf(text), seriesOf(first!), 'the same series');
    t.not(text, first, 'with other values');
  }
});

const promtool = spawnSync('promtool', ['--version']).status === 0;
const skip = promtool ? false : 'PROMTOOL IS NOT INSTALLED: nothing here was checked by it';
t.test('promtool accepts every body', { skip }, async (t) => {
  const model = livingModel();
  const bodies = [
    ...model.pods.map((pod) => renderPod(model, pod)),
    benchBody({ bytes: 200_000 }).toString(),
  ];
  for (const body of bodies) {
    const { status, stderr } = spawnSync('promtool', ['check', 'metrics'], { input: body, encoding: 'utf8' });
    // 3 is for names that break its conventions, which are KubeVirt's own; 1 is for text that it cannot read.
    t.ok(status === 0 || status === 3, `status ${status}: ${stderr.split('\n')[0]}`);
  }
});
