import type { ServerResponse } from 'node:http';
import type { KubernetesObject } from './kubernetes-object.ts';
import { isInScope } from './kubernetes-scope.ts';
import type { KubernetesScope } from './kubernetes-scope.ts';
import type { Change } from './kubernetes-store.ts';

/** A watch that a client has open. */
export class Watcher {
  readonly response: ServerResponse;
  readonly #scope: KubernetesScope;
  readonly #bookmarks: boolean;
  /** Nothing is written any more. */
  frozen: boolean = false;

  constructor(response: ServerResponse, scope: KubernetesScope, bookmarks: boolean) {
    this.response = response;
    this.#scope = scope;
    this.#bookmarks = bookmarks;
  }

  /** Tells a change from the watch's point of view: an object that its selector takes in is ADDED, one that it lets go is DELETED. */
  sendChange({ before, after, version }: Change): void {
    const sees = (object: KubernetesObject | undefined): object is KubernetesObject =>
      object !== undefined && isInScope(this.#scope, object);
    if (sees(after)) this.sendEvent(sees(before) ? 'MODIFIED' : 'ADDED', after);
    else if (sees(before)) {
      const metadata = { ...before.metadata, resourceVersion: String(version) };
      this.sendEvent('DELETED', { ...before, metadata });
    }
  }

  /** Sends a bookmark of this version where bookmarks were asked for. */
  sendBookmark(version: number): void {
    if (!this.#bookmarks) return;
    const metadata = { resourceVersion: String(version), creationTimestamp: null };
    this.sendEvent('BOOKMARK', { kind: this.#scope.kind, apiVersion: 'v1', metadata });
  }

  sendEvent(type: string, object: unknown): void {
    if (!this.frozen && !this.response.writableEnded)
      this.response.write(`${JSON.stringify({ type, object })}\n`);
  }
}
