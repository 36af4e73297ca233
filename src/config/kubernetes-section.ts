import { resolve } from 'node:path';
import { KUBERNETES_SD_FIELDS, NAMESPACES_FIELDS, SELECTOR_FIELDS } from './known-fields.ts';
import { fieldSelectorProblem, labelSelectorProblem } from './kubernetes-selector.ts';
import type { KubernetesRole, KubernetesSdConfig, KubernetesSelectorRole } from './scrape-config.ts';
import type { YamlValue } from './yaml-value.ts';

/** The roles, with those that the selectors of each may have. */
const SELECTOR_ROLES: Readonly<Record<KubernetesRole, readonly KubernetesSelectorRole[]>> = {
  endpoints: ['pod', 'service', 'endpoints'],
  endpointslice: ['pod', 'service', 'endpointslice'],
  pod: ['pod'],
};
const ROLES = Object.keys(SELECTOR_ROLES) as readonly KubernetesRole[];
const ROLES_NOT_YET: ReadonlySet<string> = new Set(['ingress', 'node', 'service']);

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
    selectors: readSelectors(fields.get('selectors'), role),
  };
}

function readRole(config: YamlValue, value: YamlValue | undefined): KubernetesRole {
  const text = value?.stringOrEmpty() ?? '';
  const role = ROLES.find((name) => name === text);
  if (role !== undefined) return role;
  const advice = `use ${ROLES.slice(0, -1).join(', ')} or ${ROLES.at(-1)}`;
  if (text === '') return (value ?? config).fail(`a kubernetes_sd config needs a role; ${advice}`);
  const reason = ROLES_NOT_YET.has(text) ? 'is not supported yet' : 'is unknown';
  return (value ?? config).fail(`kubernetes_sd role "${text}" ${reason}; ${advice}`);
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

function readSelectors(value: YamlValue | undefined, of: KubernetesRole): Selector[] {
  const taken = SELECTOR_ROLES[of];
  const seen = new Set<string>();
  return (value?.items() ?? []).map((item) => {
    const fields = item.fields(SELECTOR_FIELDS);
    const roleValue = fields.get('role') ?? item;
    const text = fields.get('role')?.stringOrEmpty() ?? '';
    const role = taken.find((name) => name === text);
    if (!role) return roleValue.fail(`role ${of} takes selectors of ${taken.join(', ')}, not "${text}"`);
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
