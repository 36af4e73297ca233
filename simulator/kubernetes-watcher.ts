import type { ServerResponse } from 'node:http';
import { kindOf } from './kubernetes-object.ts';
import type { KubernetesObject, KubernetesResource } from './kubernetes-object.ts';
import type { Selector } from './kubernetes-selector.ts';
import type { Change } from './kubernetes-store.ts';

/** A watch that a client has open. */
export interface Watcher {
  readonly response: ServerResponse;
  readonly resource: KubernetesResource;
  readonly namespace: string | undefined;
  readonly selects: Selector;
  readonly bookmarks: boolean;
  readonly timers: NodeJS.Timeout[];
  /** Nothing is written any more. */
  frozen: boolean;
}

/** Tells a change from the watch's point of view: an object that its selector takes in is ADDED, one that it lets go is DELETED. */
export function sendChange(watch: Watcher, { resource, before, after, version }: Change): void {
  if (resource !== watch.resource) return;
  const sees = (object: KubernetesObject | undefined): object is KubernetesObject =>
    object !== undefined &&
    (watch.namespace === undefined || object.metadata.namespace === watch.namespace) &&
    watch.selects(object);
  if (sees(after)) sendEvent(watch, sees(before) ? 'MODIFIED' : 'ADDED', after);
  else if (sees(before)) {
    const metadata = { ...before.metadata, resourceVersion: String(version) };
    sendEvent(watch, 'DELETED', { ...before, metadata });
  }
}

/** Sends one event. */
export function sendEvent(watch: Watcher, type: string, object: unknown): void {
  if (!watch.frozen && !watch.response.writableEnded)
    watch.response.write(`${JSON.stringify({ type, object })}\n`);
}

/** Sends a bookmark of this version where bookmarks were asked for. */
export function sendBookmark(watch: Watcher, version: number): void {
  if (!watch.bookmarks) return;
  const metadata = { resourceVersion: String(version), creationTimestamp: null };
  sendEvent(watch, 'BOOKMARK', { kind: kindOf(watch.resource), apiVersion: 'v1', metadata });
}
