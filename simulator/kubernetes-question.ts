import { kindOf } from './kubernetes-object.ts';
import type { KubernetesKind } from './kubernetes-object.ts';
import type { KubernetesScope } from './kubernetes-scope.ts';
import { fieldSelector, labelSelector } from './kubernetes-selector.ts';

/** What a request asks for. */
export interface KubernetesQuestion {
  readonly verb: 'list' | 'watch' | 'get';
  readonly path: string;
  readonly kind: KubernetesKind;
  readonly namespace: string | undefined;
  /** Of the one object that a `get` asks for. */
  readonly name: string | undefined;
  readonly query: URLSearchParams;
}

/** Reads a URL's path and query; undefined for a path that is not served. */
export function readQuestion({ pathname, searchParams: query }: URL): KubernetesQuestion | undefined {
  const match = /^(\/apis?(?:\/[a-z.0-9]+)+?)(?:\/namespaces\/([^/]+))?\/([a-z]+)(?:\/([^/]+))?$/.exec(
    pathname,
  );
  const [, api = '', namespace, resource = '', name] = match ?? [];
  const kind = kindOf(api, resource);
  if (kind === undefined) return undefined;
  const verb = name !== undefined ? 'get' : /^(true|1)$/.test(query.get('watch') ?? '') ? 'watch' : 'list';
  return { verb, path: pathname, kind, namespace, name, query };
}

/**
 * The objects that a list or a watch asks for.
 *
 * @throws {SelectorError} when one of its selectors is none
 */
export function scopeOf({ kind, namespace, query }: KubernetesQuestion): KubernetesScope {
  const byLabel = labelSelector(query.get('labelSelector') ?? '');
  const byField = fieldSelector(query.get('fieldSelector') ?? '');
  return { kind, namespace, selects: (object) => byLabel(object) && byField(object) };
}
