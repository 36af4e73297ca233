import type { KubernetesSelectorRole } from '../config/scrape-config.ts';

/** A resource of the Kubernetes API, in one namespace or in all of them. */
export interface KubernetesResource {
  /** The API group; empty for the core one. */
  readonly group: string;
  readonly plural: string;
  /** Absent for all namespaces. */
  readonly namespace: string | undefined;
}

const CORE = '';
const DISCOVERY = 'discovery.k8s.io';

const RESOURCES: Readonly<Record<KubernetesSelectorRole, Omit<KubernetesResource, 'namespace'>>> = {
  endpoints: { group: CORE, plural: 'endpoints' },
  endpointslice: { group: DISCOVERY, plural: 'endpointslices' },
  pod: { group: CORE, plural: 'pods' },
  service: { group: CORE, plural: 'services' },
};

/** The resource that selectors of a role narrow. */
export function resourceOf(role: KubernetesSelectorRole, namespace: string | undefined): KubernetesResource {
  return { ...RESOURCES[role], namespace };
}

/** The path of its lists and watches, always of version `v1`. */
export function pathOf({ group, plural, namespace }: KubernetesResource): string {
  const api = group === CORE ? '/api/v1' : `/apis/${group}/v1`;
  return namespace === undefined ? `${api}/${plural}` : `${api}/namespaces/${namespace}/${plural}`;
}

/** What an administrator has to grant so that these can be read: a sentence with YAML to paste, on lines of its own. */
export function missingRules(resources: readonly KubernetesResource[]): string {
  const namespaces = [...new Set(resources.map(({ namespace }) => namespace))];
  const where = namespaces.includes(undefined)
    ? 'a ClusterRole'
    : `a Role in ${namespaces.map((name) => `namespace ${JSON.stringify(name)}`).join(' and in ')}`;
  const rules = [...Map.groupBy(resources, ({ group }) => group)].map(([group, of]) => {
    const plurals = [...new Set(of.map(({ plural }) => plural))].join(', ');
    return `\n- apiGroups: [${group === CORE ? "''" : group}]\n  resources: [${plurals}]\n  verbs: [get, list, watch]`;
  });
  return `these rules are missing in ${where} that is bound to that user:${rules.join('')}`;
}
