import type { Logger } from '../log/logger.ts';
import type { KubernetesClient, KubernetesSession } from './kubernetes-client.ts';
import { missingRules, pathOf } from './kubernetes-resource.ts';
import type { KubernetesResource } from './kubernetes-resource.ts';
import { GoneError, LostError, readPage, readWatch, refuseStatus, StatusError } from './kubernetes-wire.ts';
import type { RawObject, WatchEvent } from './kubernetes-wire.ts';
import { share } from './share.ts';
import { sleep, Timer, Watchdog } from './watchdog.ts';

/** Times that tests shorten. */
export interface WatchTiming {
  /** `timeoutSeconds` of a watch, spread by half so that watches do not end together. */
  readonly watchSeconds: number;
  /** How much longer than `timeoutSeconds` a watch may last before it counts as lost. */
  readonly graceMs: number;
  /** How long a list or the head of a watch's answer may take. */
  readonly answerMs: number;
  /** The first delay after a failure; it doubles to `maxBackoffMs`. */
  readonly backoffMs: number;
  readonly maxBackoffMs: number;
  /** A watch that brought nothing and was shorter than this counts as a failed attempt. */
  readonly usefulMs: number;
  /**
   * How long a resource that could be read must be refused until that counts: an API server that has just started may forbid everything
   * until it has read its rules.
   */
  readonly refusalMs: number;
  /** How long Endpoints must be enough again until EndpointSlices are no longer used in their place. */
  readonly calmMs: number;
  /**
   * How long groups stay as they are, at most, until EndpointSlices are there: an Endpoints object that is cut off would take targets
   * away for a moment.
   */
  readonly holdMs: number;
}

export const defaultTiming: WatchTiming = {
  // Shorter than client-go's 5 to 10 minutes: it bounds how long a connection that is silently lost goes unnoticed.
  watchSeconds: 120,
  graceMs: 10_000,
  answerMs: 60_000,
  backoffMs: 200,
  maxBackoffMs: 10_000,
  usefulMs: 1000,
  refusalMs: 15_000,
  calmMs: 300_000,
  holdMs: 2000,
};

const pageSize = 500;

export interface ObjectWatchOptions<T> {
  readonly client: KubernetesClient;
  readonly resource: KubernetesResource;
  readonly label?: string | undefined;
  readonly field?: string | undefined;
  /** Keeps of an object what is needed, as plain values; the rest is not held, and a change of the rest is none. */
  readonly slim: (object: RawObject) => T;
  /** Called after every change of the objects, after the first of several failures, after each before the first list, and when the resource begins or ceases to be refused. */
  readonly changed: () => void;
  /** Where the resource is refused from the start it is done without: no reason for a warning. */
  readonly optional?: boolean;
  readonly log: Logger;
  readonly timing: WatchTiming;
}

/**
 * Keeps the objects of one resource as the API server has them: a list in pages, then watches that resume where the last
 * one ended, and a new list when the server no longer knows that place. Whatever goes wrong is tried again by itself, at most
 * `maxBackoffMs` later, and until then the last known objects stay.
 */
export class ObjectWatch<T> implements AsyncDisposable {
  synced = false;
  /** When the server last told anything: a list, the begin of a watch, an event or a bookmark. Milliseconds since the epoch. */
  lastContact = 0;
  lastError: string | undefined;
  /** The API server does not let the resource be read (403), or does not have it (404), and it is not just passing. */
  refused: 403 | 404 | undefined;
  /** When it was last refused: milliseconds since the epoch, 0 for never. */
  lastRefusal = 0;
  restarts = 0;
  readonly #options: ObjectWatchOptions<T>;
  readonly #stop = new AbortController();
  #objects = new Map<string, T>();
  #version: string | undefined;
  #pageSize = pageSize;
  #failures = 0;
  #watched = false;
  #refusedSince: number | undefined;
  #running: Promise<void> | undefined;

  constructor(options: ObjectWatchOptions<T>) {
    this.#options = options;
  }

  get resource(): KubernetesResource {
    return this.#options.resource;
  }

  /** By `namespace/name`. Valid until the next `changed`. */
  get objects(): ReadonlyMap<string, T> {
    return this.#objects;
  }

  start(): void {
    this.#running ??= this.#run();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    while (!this.#stop.signal.aborted) {
      try {
        await this.#cycle();
      } catch (error) {
        if (this.#stop.signal.aborted) return;
        const wasOpen = this.#watched;
        this.#watched = false;
        if (wasOpen) this.restarts += 1;
        const isGone = error instanceof GoneError;
        const isLost = error instanceof LostError;
        // A version that the server cannot serve is not always answered with "gone": after a restored etcd it is one of the future.
        const isRefused = error instanceof StatusError && this.#failures >= 3;
        if (isGone || isLost || isRefused) this.#version = undefined;
        // That a watch breaks off or its version is gone is an everyday event. It is a failure when it happens again at once.
        const isEveryday = this.#failures === 0 && (isGone || (wasOpen && !isLost));
        if (!isEveryday) this.#failed(error);
        const delay = isEveryday && isGone ? 0 : this.#backoff();
        this.#failures += 1;
        await sleep(delay, this.#stop.signal);
      }
    }
  }

  /** One list where needed, and one watch until its regular end. */
  async #cycle(): Promise<void> {
    await using session = await this.#options.client.open();
    if (this.#version === undefined) await this.#list(session);
    const begun = Date.now();
    let told = 0;
    for await (const _ of this.#watch(session, this.#version!)) told += 1;
    this.#watched = false;
    if (told === 0 && Date.now() - begun < this.#options.timing.usefulMs) {
      // A server that ends every watch at once must not be asked in a tight loop.
      await sleep(this.#backoff(), this.#stop.signal);
      this.#failures += 1;
    }
  }

  async #list(session: KubernetesSession): Promise<void> {
    const { resource, slim, timing } = this.#options;
    const path = pathOf(resource);
    const objects = new Map<string, T>();
    let token = '';
    let version: string;
    using watchdog = new Watchdog();
    const signal = AbortSignal.any([this.#stop.signal, watchdog.signal]);
    do {
      const query = this.#query();
      if (this.#pageSize > 0) query.set('limit', String(this.#pageSize));
      if (token !== '') query.set('continue', token);
      watchdog.set(timing.answerMs, 'the Kubernetes API did not answer in time');
      const answer = await session.get(path, query, signal);
      // A token that expired between two pages would do so again: the next list comes in one piece.
      if (answer.status === 410) this.#pageSize = 0;
      await refuseStatus(answer);
      const page = readPage(await answer.body.text());
      for (const object of page.items) objects.set(keyOf(object), this.#same(keyOf(object), slim(object)));
      token = page.more;
      version = page.version;
    } while (token !== '');
    this.#pageSize = pageSize;
    this.#version = version;
    this.#objects = objects;
    this.synced = true;
    this.lastContact = Date.now();
    this.#options.changed();
  }

  /** Takes up every event of a watch, and yields after each. */
  async *#watch(session: KubernetesSession, version: string): AsyncGenerator<void, void, undefined> {
    const { resource, timing } = this.#options;
    const seconds = Math.max(1, Math.round(timing.watchSeconds * (0.75 + Math.random() / 2)));
    const query = this.#query();
    query.set('watch', 'true');
    query.set('allowWatchBookmarks', 'true');
    query.set('resourceVersion', version);
    query.set('timeoutSeconds', String(seconds));
    using watchdog = new Watchdog();
    watchdog.set(timing.answerMs, 'the Kubernetes API did not answer in time');
    const signal = AbortSignal.any([this.#stop.signal, watchdog.signal]);
    const answer = await session.get(pathOf(resource), query, signal);
    await refuseStatus(answer);
    watchdog.set(seconds * 1000 + timing.graceMs, 'a watch outlasted its own timeout');
    this.#watched = true;
    this.lastContact = Date.now();
    // Only a watch that is of use shows that all is well: a list may be followed by the same failure for ever.
    using _useful = new Timer(timing.usefulMs, () => {
      this.#succeeded();
    });
    for await (const event of readWatch(answer.body)) {
      this.#version = event.object.metadata.resourceVersion;
      this.lastContact = Date.now();
      this.#succeeded();
      if (event.type !== 'BOOKMARK' && this.#take(event)) this.#options.changed();
      yield;
    }
    this.lastContact = Date.now();
  }

  /** Takes up a change; false when it is none of what is kept. */
  #take({ type, object }: WatchEvent): boolean {
    const key = keyOf(object);
    if (type === 'DELETED') return this.#objects.delete(key);
    const next = this.#same(key, this.#options.slim(object));
    if (next === this.#objects.get(key)) return false;
    this.#objects.set(key, next);
    return true;
  }

  /** The object that is known, when the next one equals it, and what it has in common with the next one otherwise. */
  #same(key: string, next: T): T {
    const known = this.#objects.get(key);
    return known === undefined ? next : share(known, next);
  }

  #query(): URLSearchParams {
    const { label, field } = this.#options;
    const query = new URLSearchParams();
    if (label !== undefined && label !== '') query.set('labelSelector', label);
    if (field !== undefined && field !== '') query.set('fieldSelector', field);
    return query;
  }

  #backoff(): number {
    const { backoffMs, maxBackoffMs } = this.#options.timing;
    const full = Math.min(maxBackoffMs, backoffMs * 2 ** Math.min(this.#failures, 20));
    return full * (0.5 + Math.random() / 2);
  }

  #succeeded(): void {
    this.#failures = 0;
    this.#refusedSince = undefined;
    if (this.lastError === undefined) return;
    this.lastError = undefined;
    const { log, resource } = this.#options;
    log.info('Kubernetes API answers again', { path: pathOf(resource) });
    this.#refuse(undefined);
  }

  #failed(error: unknown): void {
    const message = messageOf(error);
    const status = error instanceof StatusError ? error.status : undefined;
    const refusal = status === 403 || status === 404 ? status : undefined;
    if (refusal !== undefined) this.lastRefusal = Date.now();
    // Any other failure says nothing of what is allowed.
    this.#refusedSince = refusal === undefined ? undefined : (this.#refusedSince ?? Date.now());
    const lasts = Date.now() - (this.#refusedSince ?? Infinity) >= this.#options.timing.refusalMs;
    const refused = !this.synced || lasts ? refusal : undefined;
    if (message !== this.lastError || (refused !== undefined && refused !== this.refused))
      this.#tell(message, refused);
    const isFirst = this.lastError === undefined;
    this.lastError = message;
    if (refused !== undefined && refused !== this.refused) this.#refuse(refused);
    else if (isFirst || !this.synced) this.#options.changed();
  }

  #refuse(status: 403 | 404 | undefined): void {
    if (this.refused === status) return;
    this.refused = status;
    this.#options.changed();
  }

  #tell(message: string, refused: 403 | 404 | undefined): void {
    const { log, resource, optional = false } = this.#options;
    const error = refused === 403 ? `${message}; ${missingRules([resource])}` : message;
    const about = { path: pathOf(resource), error, objects: this.objects.size };
    if (optional && refused !== undefined && !this.synced)
      log.info('doing without what the Kubernetes API refuses', about);
    else if (this.synced) log.warn('Kubernetes API failed, keeping what is known', about);
    else log.warn('Kubernetes API cannot be read yet', about);
  }
}

function keyOf({ metadata }: RawObject): string {
  return `${metadata.namespace ?? ''}/${metadata.name}`;
}

/** What went wrong in one line, with the cause that Node's and undici's errors hide. */
function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const code = (error as NodeJS.ErrnoException).code;
  const text = error.message === '' ? (code ?? error.name) : error.message;
  return error.cause instanceof Error && !text.includes(error.cause.message)
    ? `${text}: ${error.cause.message}`
    : text;
}
