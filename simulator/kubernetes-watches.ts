import type { ServerResponse } from 'node:http';
import { sendStatus, status } from './kubernetes-answer.ts';
import type { KubernetesScope } from './kubernetes-scope.ts';
import type { KubernetesStore } from './kubernetes-store.ts';
import { Watcher } from './kubernetes-watcher.ts';

/** How a version that is too old for a watch is told: as an ERROR event in a 200 answer (the usual way), or as status 410. */
export type GoneAs = 'event' | 'status';

/** All watches of a store that are open. */
export class KubernetesWatches {
  goneAs: GoneAs;
  readonly #store: KubernetesStore;
  readonly #bookmarkIntervalMs: number;
  readonly #open = new Set<Watcher>();

  constructor(store: KubernetesStore, goneAs: GoneAs, bookmarkIntervalMs: number) {
    this.goneAs = goneAs;
    this.#store = store;
    this.#bookmarkIntervalMs = bookmarkIntervalMs;
    store.onChange((change) => {
      for (const watcher of this.#open) watcher.sendChange(change);
    });
  }

  get size(): number {
    return this.#open.size;
  }

  /** Answers a watch with what changed from its version on, and with all that will. */
  answer(response: ServerResponse, scope: KubernetesScope, query: URLSearchParams): void {
    const from = Number(query.get('resourceVersion') ?? 0);
    const past = this.#store.since(from);
    const gone = `too old resource version: ${from}`;
    if (past === undefined && this.goneAs === 'status') {
      sendStatus(response, 410, 'Expired', gone);
      return;
    }
    response.writeHead(200, { 'Content-Type': 'application/json' });
    response.flushHeaders();
    const watcher = new Watcher(response, scope, query.get('allowWatchBookmarks') === 'true');
    if (past === undefined) {
      watcher.sendEvent('ERROR', status(410, 'Expired', gone));
      response.end();
      return;
    }
    if (from === 0) for (const object of this.#store.list(scope)) watcher.sendEvent('ADDED', object);
    for (const change of past) watcher.sendChange(change);
    this.#keep(watcher, Number(query.get('timeoutSeconds') ?? 0));
  }

  /** Calls something for each of them. */
  forEach(act: (watcher: Watcher) => void): void {
    this.#open.forEach(act);
  }

  /** Sends a bookmark to every watch that asked for them. */
  bookmark(): void {
    for (const watcher of this.#open) watcher.sendBookmark(this.#store.version);
  }

  #keep(watcher: Watcher, timeoutSeconds: number): void {
    const { response } = watcher;
    const bookmark = (): void => watcher.sendBookmark(this.#store.version);
    const bookmarks = setInterval(bookmark, this.#bookmarkIntervalMs);
    const end = (): void => {
      bookmark();
      if (!watcher.frozen) response.end();
    };
    const timeout = timeoutSeconds > 0 ? setTimeout(end, timeoutSeconds * 1000) : undefined;
    this.#open.add(watcher);
    response.once('close', () => {
      this.#open.delete(watcher);
      clearInterval(bookmarks);
      clearTimeout(timeout);
    });
  }
}
