import t from 'tap';
import { missingRules, pathOf, resourceOf } from '../../src/discovery/kubernetes-resource.ts';

t.test('paths', async (t) => {
  const cases = [
    ['endpoints', undefined, '/api/v1/endpoints'],
    ['pod', 'a', '/api/v1/namespaces/a/pods'],
    ['service', undefined, '/api/v1/services'],
    ['endpointslice', 'a', '/apis/discovery.k8s.io/v1/namespaces/a/endpointslices'],
  ] as const;
  for (const [role, namespace, want] of cases) t.equal(pathOf(resourceOf(role, namespace)), want);
});

t.test('the rules that are missing', async (t) => {
  const cases = [
    {
      resources: [resourceOf('pod', 'a'), resourceOf('service', 'a'), resourceOf('pod', 'b')],
      want: `these rules are missing in a Role in namespace "a" and in namespace "b" that is bound to that user:
- apiGroups: ['']
  resources: [pods, services]
  verbs: [get, list, watch]`,
    },
    {
      resources: [resourceOf('pod', undefined), resourceOf('endpointslice', undefined)],
      want: `these rules are missing in a ClusterRole that is bound to that user:
- apiGroups: ['']
  resources: [pods]
  verbs: [get, list, watch]
- apiGroups: [discovery.k8s.io]
  resources: [endpointslices]
  verbs: [get, list, watch]`,
    },
  ];
  for (const { resources, want } of cases) t.equal(missingRules(resources), want);
});
