import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import t from 'tap';
import { parse, parseAllDocuments } from 'yaml';
import { FLAG_TABLE } from '../../src/cli/flag-table.ts';
import { readFlags } from '../../src/cli/flags.ts';
import { findTool, root } from './repository.ts';

const chart = path.join(root, 'helm');
const helm = findTool('helm');
const skip = helm === undefined && 'helm is neither in .cache/bin nor in PATH: .ci/run builds it';

/** A Kubernetes object as far as these tests look into it. */
interface Rendered {
  kind: string;
  metadata: { name: string; namespace: string; labels: Record<string, string> };
  // eslint-disable-next-line typescript/no-explicit-any -- each kind has its own shape
  [field: string]: any;
}

function render(...args: string[]): Map<string, Rendered> {
  const rendered = execFileSync(
    helm ?? '',
    ['template', 'kubevirt', chart, '--namespace', 'monitoring', ...args],
    {
      encoding: 'utf8',
    },
  );
  const objects = parseAllDocuments(rendered).map((document) => document.toJS() as Rendered | null);
  return new Map(objects.filter((object) => object !== null).map((object) => [object.kind, object]));
}

function get(objects: ReadonlyMap<string, Rendered>, kind: string): Rendered {
  const object = objects.get(kind);
  if (object === undefined)
    throw new Error(`the chart has no ${kind}, only ${[...objects.keys()].join(', ')}`);
  return object;
}

function container(objects: ReadonlyMap<string, Rendered>) {
  return get(objects, 'Deployment').spec.template.spec.containers[0];
}

t.test('the chart carries the version of the package', async (t) => {
  const { version } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')) as {
    version: string;
  };
  const description = parse(readFileSync(path.join(chart, 'Chart.yaml'), 'utf8')) as Record<string, string>;
  t.equal(description.version, version);
  t.equal(description.appVersion, version);
});

t.test('helm lint is content', { skip }, async (t) => {
  const { status, stdout } = spawnSync(helm ?? '', ['lint', '--strict', chart], { encoding: 'utf8' });
  t.equal(status, 0, stdout);
});

t.test('every flag that the chart gives exists and is read', { skip }, async (t) => {
  const values: readonly (readonly [why: string, args: readonly string[]])[] = [
    ['as it comes', []],
    ['with a namespace', ['--set', 'kubevirt.namespace=virt']],
    [
      'with flags',
      ['--set-json', 'flags={"scrape.reuse":"5s","kubeconfig":"/k"}', '--set', 'extraArgs={--check-config}'],
    ],
    ['with a configuration', ['--set', 'config=scrape_configs: []']],
  ];
  const names = new Set<string>(FLAG_TABLE.map(({ name }) => name));
  for (const [why, args] of values) {
    const given = container(render(...args)).args as string[];
    t.same(
      given.filter((arg) => !names.has(/^--([^=]+)/.exec(arg)?.[1] ?? '')),
      [],
      why,
    );
    t.doesNotThrow(() => readFlags(given), why);
  }
});

t.test(
  'the gateway looks in the namespace of KubeVirt, unless a configuration says where',
  { skip },
  async (t) => {
    const plain = container(render('--set', 'kubevirt.namespace=virt'));
    t.ok(plain.args.includes('--kubernetes.namespace=virt'));
    t.notOk(plain.volumeMounts);

    const text = 'scrape_configs:\n  - job_name: a\n';
    const place = t.testdir({ 'config.yaml': text });
    const objects = render('--set-file', `config=${path.join(place, 'config.yaml')}`);
    const configured = container(objects);
    const file =
      (configured.args as string[])
        .find((arg) => arg.startsWith('--config.file='))
        ?.slice('--config.file='.length) ?? '';
    t.notOk((configured.args as string[]).some((arg) => arg.startsWith('--kubernetes.namespace')));
    t.equal(
      path.dirname(file),
      configured.volumeMounts[0].mountPath,
      'the file lies where the volume is mounted',
    );
    t.equal(get(objects, 'ConfigMap').data[path.basename(file)], text);
    const { volumes } = get(objects, 'Deployment').spec.template.spec;
    t.same(volumes, [
      { name: configured.volumeMounts[0].name, configMap: { name: get(objects, 'ConfigMap').metadata.name } },
    ]);
  },
);

t.test('it may read what it needs in that namespace, and nothing else', { skip }, async (t) => {
  const objects = render('--set', 'kubevirt.namespace=virt');
  const role = get(objects, 'Role');
  const binding = get(objects, 'RoleBinding');
  const account = get(objects, 'ServiceAccount');
  t.same(role.rules, [
    { apiGroups: [''], resources: ['endpoints', 'services', 'pods'], verbs: ['get', 'list', 'watch'] },
  ]);
  t.equal(role.metadata.namespace, 'virt');
  t.equal(binding.metadata.namespace, 'virt');
  t.same(binding.roleRef, { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: role.metadata.name });
  t.same(binding.subjects, [
    { kind: 'ServiceAccount', name: account.metadata.name, namespace: 'monitoring' },
  ]);
  t.equal(account.metadata.namespace, 'monitoring');
  t.equal(get(objects, 'Deployment').spec.template.spec.serviceAccountName, account.metadata.name);
  t.same([...objects.keys()].sort(), ['Deployment', 'Role', 'RoleBinding', 'Service', 'ServiceAccount']);

  const without = render('--set', 'rbac.create=false,serviceAccount.create=false,serviceAccount.name=mine');
  t.same([...without.keys()].sort(), ['Deployment', 'Service']);
  t.equal(get(without, 'Deployment').spec.template.spec.serviceAccountName, 'mine');
});

t.test('the Service finds the pod and its port', { skip }, async (t) => {
  const objects = render('--set', 'service.port=9090');
  const deployment = get(objects, 'Deployment');
  const { labels } = deployment.spec.template.metadata;
  for (const selector of [get(objects, 'Service').spec.selector, deployment.spec.selector.matchLabels]) {
    t.ok(Object.keys(selector).length > 0);
    for (const [name, value] of Object.entries(selector)) t.equal(labels[name], value, name);
  }
  const { ports, args } = container(objects);
  const [port] = get(objects, 'Service').spec.ports;
  t.equal(port.port, 9090);
  t.equal(port.targetPort, ports[0].name);
  t.ok(args.includes(`--web.listen-address=0.0.0.0:${ports[0].containerPort}`));
});

t.test('probes and hardening', { skip }, async (t) => {
  const objects = render();
  const { livenessProbe, readinessProbe, ports, securityContext, resources } = container(objects);
  t.same(livenessProbe.httpGet, { path: '/-/healthy', port: ports[0].name });
  t.same(readinessProbe.httpGet, { path: '/-/ready', port: ports[0].name });
  t.same(securityContext, {
    allowPrivilegeEscalation: false,
    readOnlyRootFilesystem: true,
    capabilities: { drop: ['ALL'] },
  });
  const pod = get(objects, 'Deployment').spec.template.spec.securityContext;
  t.equal(pod.runAsNonRoot, true);
  const user = /^USER (\d+):(\d+)$/m.exec(readFileSync(path.join(root, 'Dockerfile'), 'utf8'));
  t.same([pod.runAsUser, pod.runAsGroup], [Number(user?.[1]), Number(user?.[2])], "the image's own user");
  t.ok(resources.limits.memory);
  t.equal(get(objects, 'Deployment').spec.replicas, 1);
});

t.test('values that cannot work are refused', { skip }, async (t) => {
  for (const value of ['log.level=loud', 'kubevirt.namespace=', 'kubevirt.namespaces=a', 'service.port=0']) {
    const { status } = spawnSync(helm ?? '', ['template', chart, '--set', value], { encoding: 'utf8' });
    t.not(status, 0, value);
  }
});
