import { randomUUID } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { resourceOf } from './kubernetes-object.ts';
import type { KubernetesKind, KubernetesObject, KubernetesResource } from './kubernetes-object.ts';
import { isInScope } from './kubernetes-scope.ts';
import type { KubernetesScope } from './kubernetes-scope.ts';

/** One change of one object. `before` is absent when it was created, `after` when it was deleted. */
export interface Change {
  readonly version: number;
  readonly resource: KubernetesResource;
  readonly before: KubernetesObject | undefined;
  readonly after: KubernetesObject | undefined;
}

export interface Page {
  readonly version: number;
  readonly items: readonly KubernetesObject[];
  /** The `continue` token when items remain. */
  readonly more: string | undefined;
  readonly remaining: number;
}

/** Changes that are kept for watches that resume; older ones are gone, as in the watch cache of a real API server. */
const maxHistory = 20_000;

/** Objects by version, with the history that watches resume from and the snapshots that paged lists go on from. */
export class KubernetesStore {
  readonly #objects = new Map<string, KubernetesObject>();
  readonly #snapshots = new Map<string, { version: number; items: readonly KubernetesObject[] }>();
  readonly #listeners: ((change: Change) => void)[] = [];
  #history: Change[] = [];
  #oldest = 1;
  #version = 1;

  get version(): number {
    return this.#version;
  }

  onChange(listener: (change: Change) => void): void {
    this.#listeners.push(listener);
  }

  apply(object: KubernetesObject): void {
    const key = keyOf(object.kind, object.metadata.namespace, object.metadata.name);
    const before = this.#objects.get(key);
    const known = before?.metadata;
    const metadata = {
      ...object.metadata,
      uid: object.metadata.uid ?? known?.uid ?? randomUUID(),
      creationTimestamp: known?.['creationTimestamp'] ?? new Date().toISOString(),
    };
    const after = structuredClone({ apiVersion: 'v1', ...object, metadata });
    if (before !== undefined) {
      const same = { ...after, metadata: { ...metadata, resourceVersion: known?.resourceVersion } };
      if (isDeepStrictEqual(before, same)) return;
    }
    this.#version += 1;
    const versioned = { ...after, metadata: { ...after.metadata, resourceVersion: String(this.#version) } };
    this.#objects.set(key, versioned);
    this.#tell({ version: this.#version, resource: resourceOf(object.kind), before, after: versioned });
  }

  delete(kind: KubernetesKind, namespace: string, name: string): boolean {
    const key = keyOf(kind, namespace, name);
    const before = this.#objects.get(key);
    if (before === undefined) return false;
    this.#objects.delete(key);
    this.#version += 1;
    this.#tell({ version: this.#version, resource: resourceOf(kind), before, after: undefined });
    return true;
  }

  get(kind: KubernetesKind, namespace: string, name: string): KubernetesObject | undefined {
    return this.#objects.get(keyOf(kind, namespace, name));
  }

  /** The objects of a scope, by namespace and name. */
  list(scope: KubernetesScope): KubernetesObject[] {
    return [...this.#objects]
      .filter(([, object]) => isInScope(scope, object))
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([, object]) => object);
  }

  /** One page of a list, all pages as of the first one's version; `undefined` when the token is too old. */
  page(scope: KubernetesScope, limit: number, token: string | undefined): Page | undefined {
    const from =
      token === undefined ? { version: this.#version, items: this.list(scope) } : this.#snapshots.get(token);
    if (from === undefined) return undefined;
    const { version, items } = from;
    if (limit <= 0 || items.length <= limit) return { version, items, more: undefined, remaining: 0 };
    const rest = items.slice(limit);
    const more = randomUUID();
    this.#snapshots.set(more, { version, items: rest });
    return { version, items: items.slice(0, limit), more, remaining: rest.length };
  }

  /** What changed after a version; nothing for 0, which means now; `undefined` when that is too old to be known. */
  since(version: number): readonly Change[] | undefined {
    if (version === 0) return [];
    if (version < this.#oldest) return undefined;
    return this.#history.filter((change) => change.version > version);
  }

  /** Forgets history and snapshots. The version moves, so that the version of an earlier answer is too old. */
  compact(): void {
    this.#version += 1;
    this.#oldest = this.#version;
    this.#history = [];
    this.#snapshots.clear();
  }

  #tell(change: Change): void {
    this.#history.push(change);
    if (this.#history.length > maxHistory) {
      this.#history = this.#history.slice(-maxHistory / 2);
      this.#oldest = this.#history[0]!.version;
    }
    for (const listener of this.#listeners) listener(change);
  }
}

function keyOf(kind: KubernetesKind, namespace: string, name: string): string {
  return `${kind}/${namespace}/${name}`;
}
