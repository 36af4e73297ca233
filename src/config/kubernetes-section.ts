import { resolve } from 'node:path';
import { KUBERNETES_SD_FIELDS, NAMESPACES_FIELDS, SELECTOR_FIELDS } from './known-fields.ts';
import { fieldSelectorProblem, labelSelectorProblem } from './kubernetes-selector.ts';
import type { KubernetesSdConfig, KubernetesSelectorRole } from './scrape-config.ts';
import type { YamlValue } from './yaml-value.ts';

const ROLES_NOT_YET: ReadonlySet<string> = new Set(['endpointslice', 'ingress', 'node', 'pod', 'service']);
const SELECTOR_ROLES: readonly KubernetesSelectorRole[] = ['pod', 'service', 'endpoints'];

type Selector = KubernetesSdConfig['selectors'][number];

/** Reads one entry of `kubernetes_sd_configs`. */
export function readKubernetesSdConfig(value: YamlValue, baseDir: string): KubernetesSdConfig {
  const fields = value.fields(KUBERNETES_SD_FIELDS);
  const namespaces = fields.get('namespaces')?.fields(NAMESPACES_FIELDS);
  const ownNamespace = namespaces?.get('own_namespace');
  const isOwn = ownNamespace?.boolean() ?? false;
  const apiServer = readApiServer(fields.get('api_server'));
  const kubeconfigFile = fields.get('kubeconfig_file')?.stringOrEmpty() || undefined;
  const role = readRole(value, fields.get('role'));
  if (kubeconfigFile !== undefined && apiServer !== undefined) {
    fields.get('kubeconfig_file')?.fail("'kubeconfig_file' and 'api_server' cannot be used together");
  }
  for (const [name, given] of [
    ['api_server', apiServer] as const,
    ['kubeconfig_file', kubeconfigFile] as const,
  ]) {
    if (given !== undefined && isOwn) {
      ownNamespace?.fail(`'${name}' and 'namespaces.own_namespace' cannot be used together`);
    }
  }
  return {
    role,
    ...(kubeconfigFile === undefined ? {} : { kubeconfigFile: resolve(baseDir, kubeconfigFile) }),
    ...(apiServer === undefined ? {} : { apiServer }),
    namespaces: { names: namespaces?.get('names')?.strings() ?? [], ownNamespace: isOwn },
    selectors: readSelectors(fields.get('selectors')),
  };
}

function readRole(config: YamlValue, value: YamlValue | undefined): 'endpoints' {
  const role = value?.stringOrEmpty() ?? '';
  if (role === 'endpoints') return role;
  if (role === '') return (value ?? config).fail('a kubernetes_sd config needs a role: endpoints');
  const reason = ROLES_NOT_YET.has(role) ? 'is not supported yet' : 'is unknown';
  return (value ?? config).fail(`kubernetes_sd role "${role}" ${reason}; use endpoints`);
}

function readApiServer(value: YamlValue | undefined): string | undefined {
  const text = value?.stringOrEmpty() ?? '';
  if (text === '') return undefined;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol !== 'http:' && url?.protocol !== 'https:') {
    value?.fail(`api_server "${text}" must be a URL that begins with http:// or https://`);
  }
  return text;
}

function readSelectors(value: YamlValue | undefined): Selector[] {
  const seen = new Set<string>();
  return (value?.items() ?? []).map((item) => {
    const fields = item.fields(SELECTOR_FIELDS);
    const roleValue = fields.get('role') ?? item;
    const text = fields.get('role')?.stringOrEmpty() ?? '';
    const role = SELECTOR_ROLES.find((name) => name === text);
    if (!role)
      return roleValue.fail(`role endpoints takes selectors of ${SELECTOR_ROLES.join(', ')}, not "${text}"`);
    if (seen.has(role)) roleValue.fail(`selector role "${role}" is given twice`);
    seen.add(role);
    const label = readSelector(fields.get('label'), labelSelectorProblem);
    const field = readSelector(fields.get('field'), fieldSelectorProblem);
    return { role, ...(label === undefined ? {} : { label }), ...(field === undefined ? {} : { field }) };
  });
}

function readSelector(
  value: YamlValue | undefined,
  problemOf: (text: string) => string | undefined,
): string | undefined {
  const text = value?.stringOrEmpty() ?? '';
  const problem = problemOf(text);
  if (problem !== undefined) value?.fail(problem);
  return text === '' ? undefined : text;
}
