import { eventually } from '../real/server.ts';
import { ApiError } from './api-client.ts';
import type { ApiClient, ApiObject } from './api-client.ts';

type Schema = Readonly<Record<string, unknown>>;

const string: Schema = { type: 'string', minLength: 1 };
const boolean: Schema = { type: 'boolean' };
const strings: Schema = { type: 'array', items: string };
const map: Schema = { type: 'object', additionalProperties: { type: 'string' } };
const port: Schema = { type: 'integer', minimum: 1, maximum: 65535 };
/** A duration as prometheus-operator lets one be written. */
const duration: Schema = {
  type: 'string',
  minLength: 1,
  pattern: '^(0|(([0-9]+)y)?(([0-9]+)w)?(([0-9]+)d)?(([0-9]+)h)?(([0-9]+)m)?(([0-9]+)s)?(([0-9]+)ms)?)$',
};
/** One of the Gateway API. */
const timeout: Schema = { type: 'string', pattern: '^([0-9]{1,5}(h|m|s|ms)){1,4}$' };

function object(properties: Readonly<Record<string, Schema>>, ...required: string[]): Schema {
  return { type: 'object', properties, ...(required.length > 0 ? { required } : {}) };
}

function list(items: Schema, more: Schema = {}): Schema {
  return { type: 'array', items, ...more };
}

/**
 * The kinds of others that the chart makes, cut down to the fields that are used here, with the types, patterns and required fields that
 * their own definitions have. What is none of these fields is refused.
 */
const KINDS: readonly { group: string; version: string; kind: string; spec: Schema }[] = [
  {
    group: 'monitoring.coreos.com',
    version: 'v1',
    kind: 'ServiceMonitor',
    spec: object(
      {
        selector: object({ matchLabels: map }),
        namespaceSelector: object({ any: boolean, matchNames: strings }),
        endpoints: list(
          object({
            port: string,
            path: string,
            scheme: { enum: ['http', 'https', 'HTTP', 'HTTPS'], type: 'string' },
            honorLabels: boolean,
            interval: duration,
            scrapeTimeout: duration,
            tlsConfig: object({ insecureSkipVerify: boolean }),
            relabelings: list(
              object({
                action: { type: 'string', enum: ['replace', 'keep', 'drop', 'labeldrop', 'labelkeep'] },
                regex: { type: 'string' },
              }),
            ),
          }),
        ),
      },
      'endpoints',
      'selector',
    ),
  },
  {
    group: 'monitoring.coreos.com',
    version: 'v1alpha1',
    kind: 'ScrapeConfig',
    spec: object({
      jobName: string,
      honorLabels: boolean,
      metricsPath: string,
      scrapeInterval: duration,
      scrapeTimeout: duration,
      staticConfigs: list(
        object(
          { labels: map, targets: list(string, { minItems: 1, 'x-kubernetes-list-type': 'set' }) },
          'targets',
        ),
      ),
    }),
  },
  {
    group: 'gateway.networking.k8s.io',
    version: 'v1',
    kind: 'HTTPRoute',
    spec: object({
      parentRefs: list(object({ name: string, namespace: string, sectionName: string, port }, 'name')),
      hostnames: list({
        type: 'string',
        maxLength: 253,
        pattern: '^(\\*\\.)?[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$',
      }),
      rules: list(
        object({
          matches: list(
            object({
              path: object({
                type: { type: 'string', enum: ['Exact', 'PathPrefix', 'RegularExpression'] },
                value: { type: 'string', maxLength: 1024 },
              }),
            }),
          ),
          backendRefs: list(object({ name: string, port }, 'name')),
          timeouts: object({ request: timeout, backendRequest: timeout }),
        }),
      ),
    }),
  },
];

/** Makes them known to the API, and resolves when it takes objects of theirs. */
export async function defineKinds(admin: ApiClient): Promise<void> {
  await Promise.all(KINDS.map((kind) => admin.apply(definition(kind))));
  for (const { group, version, kind } of KINDS) {
    const plural = `${kind.toLowerCase()}s`;
    await eventually(
      `the API has ${plural}`,
      async () => {
        try {
          await admin.ask('GET', `/apis/${group}/${version}/${plural}`);
          return true;
        } catch (error) {
          if (error instanceof ApiError && error.status === 404) return undefined;
          throw error;
        }
      },
      { tries: 600, everyMs: 50 },
    );
  }
}

function definition({ group, version, kind, spec }: (typeof KINDS)[number]): ApiObject {
  const singular = kind.toLowerCase();
  const openAPIV3Schema = object({ spec }, 'spec');
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: {
      name: `${singular}s.${group}`,
      // Names below k8s.io are kept for what its community has agreed to.
      annotations: { 'api-approved.kubernetes.io': 'https://github.com/kubernetes-sigs/gateway-api' },
    },
    spec: {
      group,
      scope: 'Namespaced',
      names: { kind, singular, plural: `${singular}s`, listKind: `${kind}List` },
      versions: [{ name: version, served: true, storage: true, schema: { openAPIV3Schema } }],
    },
  };
}
