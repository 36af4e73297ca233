import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import t from 'tap';
import { parse } from 'yaml';
import { FLAG_TABLE } from '../../src/cli/flag-table.ts';
import { readFlags } from '../../src/cli/flags.ts';
import { chart, helm, render, skip } from './helm.ts';
import { root } from './repository.ts';

const text = 'scrape_configs:\n  - job_name: a\n';

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

t.test('what the package of the chart holds', { skip }, async (t) => {
  const folder = t.testdir();
  execFileSync(helm ?? '', ['package', chart, '--destination', folder], { stdio: 'pipe' });
  const file = path.join(folder, 'kubevirt-metrics-gateway-0.1.0.tgz');
  const shown = execFileSync(helm ?? '', ['show', 'readme', file], { encoding: 'utf8' });
  t.match(shown, '## Values');
});

t.test('every flag that the chart gives exists and is read', { skip }, async (t) => {
  const cases: readonly (readonly [why: string, values: object, wanted: readonly string[]])[] = [
    ['as it comes', {}, ['--kubernetes.namespace=kubevirt', '--web.listen-address=:8080']],
    ['with a namespace', { kubevirt: { namespace: 'virt' } }, ['--kubernetes.namespace=virt']],
    ['with a log', { log: { level: 'warn', format: 'json' } }, ['--log.level=warn', '--log.format=json']],
    [
      'with flags',
      {
        flags: {
          'scrape.reuse': '5s',
          'memory.limit': '2GB',
        },
      },
      ['--scrape.reuse=5s', '--memory.limit=2GB'],
    ],
    ['with a number', { flags: { 'scrape.reuse': 0 } }, ['--scrape.reuse=0']],
    [
      'with several namespaces',
      { rbac: { clusterWide: true }, flags: { 'kubernetes.namespace': ['a', 'b'] } },
      ['--kubernetes.namespace=a', '--kubernetes.namespace=b'],
    ],
    ['with arguments', { extraArgs: ['--scrape.reuse', '5s'] }, ['--scrape.reuse', '5s']],
    [
      'with a namespace as an argument',
      { rbac: { clusterWide: true }, extraArgs: ['--kubernetes.namespace=a'] },
      ['--kubernetes.namespace=a'],
    ],
    ['with shards', { shards: 2 }, ['--shard=auto', '--shards=2']],
    ['with a configuration', { config: text }, ['--config.file=/etc/kubevirt-metrics-gateway/config.yaml']],
  ];
  const names = new Set<string>(FLAG_TABLE.map(({ name }) => name));
  for (const [why, values, wanted] of cases) {
    const args = render(values).args();
    for (const arg of wanted) t.ok(args.includes(arg), `${why}: ${arg}`);
    const unknown = args.filter(
      (arg) => arg.startsWith('-') && !names.has(/^--([^=]+)/.exec(arg)?.[1] ?? ''),
    );
    t.same(unknown, [], why);
    t.doesNotThrow(() => readFlags(args, () => 'gateway-1'), why);
  }
});

t.test(
  'a configuration is mounted, says where to look, and restarts the pod when it changes',
  { skip },
  async (t) => {
    t.notOk(render().container().volumeMounts);
    const place = t.testdir({ 'config.yaml': text });
    const objects = render({}, '--set-file', `config=${path.join(place, 'config.yaml')}`);
    const { volumeMounts } = objects.container();
    const args = objects.args();
    const file = args.find((arg) => arg.startsWith('--config.file='))?.slice('--config.file='.length) ?? '';
    t.notOk(args.some((arg) => arg.startsWith('--kubernetes.namespace')));
    t.equal(path.dirname(file), volumeMounts[0].mountPath, 'the file lies where the volume is mounted');
    t.equal(objects.one('ConfigMap').data[path.basename(file)], text);
    t.same(objects.pod()['spec'].volumes, [
      { name: volumeMounts[0].name, configMap: { name: objects.one('ConfigMap').metadata.name } },
    ]);
    const checksum = createHash('sha256').update(text).digest('hex');
    t.same(objects.pod().metadata['annotations' as never], { 'checksum/config': checksum });
  },
);

t.test('a configuration stays as it is written', { skip }, async (t) => {
  const cases: readonly (readonly [why: string, config: string])[] = [
    ['plain', text],
    ['one line', 'scrape_configs: []'],
    ['a comment that is further in, first', '   # b\nscrape_configs: []\n'],
    ['a line of spaces, first', '      \nscrape_configs: []\n'],
    ['empty lines, first', '\n\n    # b\nscrape_configs: []\n'],
    ['all of it further in', '    scrape_configs:\n      - job_name: a\n'],
    ['spaces behind it', 'scrape_configs: []   \n\n  \n'],
    ['a tab and a template', 'scrape_configs: []\t# {{ .Values.x }} $(POD_NAME)\n'],
    ['lines as Windows has them', 'scrape_configs:\r\n  - job_name: a\r\n'],
    ['documents', '---\nscrape_configs: []\n...\n'],
  ];
  for (const [why, config] of cases) {
    const kept = render({ config }).one('ConfigMap').data['config.yaml'] as string;
    // Empty lines at the end are nothing.
    t.equal(kept.trimEnd(), config.trimEnd(), why);
  }
});

t.test('it may read what it needs in that namespace, and nothing else', { skip }, async (t) => {
  const objects = render({ kubevirt: { namespace: 'virt' } });
  const role = objects.one('Role');
  const binding = objects.one('RoleBinding');
  const account = objects.one('ServiceAccount');
  const verbs = ['get', 'list', 'watch'];
  t.same(role.rules, [
    { apiGroups: [''], resources: ['endpoints', 'services', 'pods'], verbs },
    { apiGroups: ['discovery.k8s.io'], resources: ['endpointslices'], verbs },
  ]);
  t.equal(role.metadata.namespace, 'virt');
  t.equal(binding.metadata.namespace, 'virt');
  t.same(binding.roleRef, { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: role.metadata.name });
  t.same(binding.subjects, [
    { kind: 'ServiceAccount', name: account.metadata.name, namespace: 'monitoring' },
  ]);
  t.equal(account.metadata.namespace, 'monitoring');
  t.equal(objects.pod()['spec'].serviceAccountName, account.metadata.name);
  t.equal(objects.pod()['spec'].automountServiceAccountToken, true);
  t.same(objects.kinds(), ['Deployment', 'Role', 'RoleBinding', 'Service', 'ServiceAccount']);

  const wide = render({ rbac: { clusterWide: true } });
  t.same(wide.one('ClusterRole').rules, role.rules);
  t.equal(wide.one('ClusterRole').metadata.namespace, undefined);
  t.equal(wide.one('ClusterRoleBinding').roleRef.name, wide.one('ClusterRole').metadata.name);
  t.same(wide.one('ClusterRoleBinding').subjects, binding.subjects);
  t.notOk(
    wide.args().some((arg) => arg.startsWith('--kubernetes.namespace')),
    'it looks where it may',
  );
  t.same(wide.kinds(), ['ClusterRole', 'ClusterRoleBinding', 'Deployment', 'Service', 'ServiceAccount']);

  const without = render({ rbac: { create: false }, serviceAccount: { create: false, name: 'mine' } });
  t.same(without.kinds(), ['Deployment', 'Service']);
  t.equal(without.pod()['spec'].serviceAccountName, 'mine');
});

t.test('probes, hardening and resources', { skip }, async (t) => {
  const objects = render();
  const { livenessProbe, readinessProbe, ports, securityContext, resources } = objects.container();
  t.same(livenessProbe.httpGet, { path: '/-/healthy', port: ports[0].name });
  t.same(readinessProbe.httpGet, { path: '/-/ready', port: ports[0].name });
  t.ok(objects.args().includes(`--web.listen-address=:${ports[0].containerPort}`));
  t.same(securityContext, {
    allowPrivilegeEscalation: false,
    readOnlyRootFilesystem: true,
    capabilities: { drop: ['ALL'] },
  });
  t.same(objects.pod()['spec'].securityContext, {
    runAsNonRoot: true,
    seccompProfile: { type: 'RuntimeDefault' },
  });
  const values = readFileSync(path.join(chart, 'values.yaml'), 'utf8');
  const [user] = /(?<=^USER )\d+/m.exec(readFileSync(path.join(root, 'Dockerfile'), 'utf8')) ?? [];
  t.ok(values.includes(`the user is the image's (${user})`), "the image's own user");
  t.same(resources, { requests: { cpu: '100m', memory: '128Mi' }, limits: { memory: '512Mi' } });
  t.equal(objects.one('Deployment').spec.replicas, 1);
});

t.test('what is passed on to the pod', { skip }, async (t) => {
  const passed = {
    imagePullSecrets: [{ name: 'registry' }],
    priorityClassName: 'high',
    nodeSelector: { 'kubernetes.io/os': 'linux' },
    tolerations: [{ operator: 'Exists' }],
    affinity: { nodeAffinity: {} },
    topologySpreadConstraints: [{ maxSkew: 1 }],
    terminationGracePeriodSeconds: 5,
  };
  const objects = render({
    ...passed,
    podAnnotations: { note: 'here' },
    extraVolumes: [{ name: 'certs', secret: { secretName: 'certs' } }],
    extraVolumeMounts: [{ name: 'certs', mountPath: '/certs' }],
    image: { repository: 'r.example.org/g', digest: `sha256:${'0'.repeat(64)}`, pullPolicy: 'Always' },
    livenessProbe: { periodSeconds: 7 },
  });
  t.match(objects.pod()['spec'], passed);
  t.same(objects.pod().metadata['annotations' as never], { note: 'here' });
  t.same(objects.pod()['spec'].volumes, [{ name: 'certs', secret: { secretName: 'certs' } }]);
  t.match(objects.container(), {
    image: `r.example.org/g@sha256:${'0'.repeat(64)}`,
    imagePullPolicy: 'Always',
    volumeMounts: [{ name: 'certs', mountPath: '/certs' }],
    livenessProbe: { periodSeconds: 7 },
  });
  t.equal(render({ image: { tag: '9' } }).container().image, 'kubevirt-metrics-gateway:9');
});
