import type { Logger } from '../log/logger.ts';
import { endpointsGroup, unknownPods } from './endpoints-group.ts';
import { isTruncated, slimEndpoints, slimPod, slimService } from './kubernetes-object.ts';
import type { EndpointsObject, PodObject, ServiceObject } from './kubernetes-object.ts';
import { sumOf } from './kubernetes-scope.ts';
import type { MakeWatch, Scope } from './kubernetes-scope.ts';
import { serviceOfSlice, slimSlice } from './kubernetes-slice.ts';
import type { EndpointSlice } from './kubernetes-slice.ts';
import type { ObjectWatch, WatchTiming } from './kubernetes-watch.ts';
import { sliceGroup, unknownPodsOfSlice } from './slice-group.ts';
import type { TargetGroup } from './target-group.ts';

export interface StandInOptions {
  readonly watch: MakeWatch;
  /** Called when groups have become others without a change of an object. */
  readonly changed: () => void;
  readonly timing: Pick<WatchTiming, 'calmMs' | 'holdMs'>;
  readonly log: Logger;
}

/**
 * Endpoints, with EndpointSlices to stand in for them. Slices are watched only while Endpoints do not do: an object has more addresses
 * than it may, a Service has none, or they cannot be read. Then each Service that has slices is taken from those. Once Endpoints have
 * done for `timing.calmMs` again, slices are given up. Where slices cannot be read, Endpoints are used as far as they go; slices that could be
 * read stay as they are known.
 */
export class StandInScope implements Scope {
  readonly #options: StandInOptions;
  readonly #endpoints: ObjectWatch<EndpointsObject>;
  readonly #services: ObjectWatch<ServiceObject>;
  readonly #pods: ObjectWatch<PodObject>;
  #slices: ObjectWatch<EndpointSlice> | undefined;
  #calm: NodeJS.Timeout | undefined;
  #hold: NodeJS.Timeout | undefined;
  #last: TargetGroup[] | undefined;
  #ending: Promise<void> = Promise.resolve();
  #endedRestarts = 0;
  #synced = false;
  #stopped = false;
  /** Why slices were begun. */
  #why: string | undefined;
  /** What was last told of the source of groups. */
  #told = '';

  constructor(options: StandInOptions) {
    const { watch } = options;
    this.#options = options;
    this.#endpoints = watch('endpoints', slimEndpoints);
    this.#services = watch('service', slimService);
    this.#pods = watch('pod', slimPod);
  }

  get watches(): readonly ObjectWatch<unknown>[] {
    const common = [this.#services, this.#pods];
    if (!this.usesSlices) {
      // Where Endpoints may not be read, what matters is why slices are not there, unless those are refused too.
      const isFailing = this.#slices?.lastError !== undefined && this.#slices.refused === undefined;
      const isRefused = !this.#endpoints.synced && this.#endpoints.refused !== undefined;
      return [isRefused && isFailing ? this.#slices! : this.#endpoints, ...common];
    }
    const doesWithout = this.#endpoints.refused !== undefined && this.#slices!.refused === undefined;
    return [...(doesWithout ? [] : [this.#endpoints]), this.#slices!, ...common];
  }

  /** Once and for all: a later change of the source is none of the state. */
  get synced(): boolean {
    if (this.#synced) return true;
    if (!this.#services.synced || !this.#pods.synced) return false;
    // A failure of slices is no reason to wait for long, and one of Endpoints is none where there are slices.
    this.#synced = this.usesSlices || (this.#endpoints.synced && !this.#isHolding());
    return this.#synced;
  }

  get lastRefusal(): number {
    if (this.synced) return 0;
    const common = [this.#services, this.#pods].filter(({ synced }) => !synced);
    const times = common.map(({ lastRefusal }) => lastRefusal);
    // Endpoints or slices will do.
    const slices = this.#slices?.lastRefusal ?? 0;
    const either = this.#endpoints.synced ? 0 : Math.min(this.#endpoints.lastRefusal, slices);
    return Math.max(0, either, ...times);
  }

  get awaited(): readonly ObjectWatch<unknown>[] {
    if (this.synced) return [];
    // What is refused is awaited only where nothing else can be.
    const waiting = this.#all().filter(({ synced }) => !synced);
    const isRefused = waiting.every(({ refused }) => refused !== undefined);
    return isRefused ? waiting : waiting.filter(({ refused }) => refused === undefined);
  }

  get restarts(): number {
    return this.#endedRestarts + sumOf(this.#all(), ({ restarts }) => restarts);
  }

  get truncated(): number {
    return sumOf(this.#endpoints.objects.values(), (object) => Number(isTruncated(object)));
  }

  get usesSlices(): boolean {
    return this.#slices?.synced === true;
  }

  start(): void {
    for (const watch of [this.#endpoints, this.#services, this.#pods]) watch.start();
  }

  update(): void {
    if (this.#stopped) return;
    const why = this.#need();
    if (why !== undefined) {
      clearTimeout(this.#calm);
      this.#calm = undefined;
      if (this.#slices === undefined) {
        this.#why = why;
        this.#slices = this.#options.watch('endpointslice', slimSlice, { optional: true });
        this.#slices.start();
        this.#hold = setTimeout(() => {
          this.#hold = undefined;
          this.#options.changed();
        }, this.#options.timing.holdMs);
      }
    } else if (this.#slices !== undefined) {
      this.#calm ??= setTimeout(() => {
        this.#giveUpSlices();
      }, this.#options.timing.calmMs);
    }
    this.#tell(why);
  }

  groups(): TargetGroup[] {
    if (this.#last !== undefined && this.#isHolding()) return this.#last;
    const objects = { services: this.#services.objects, pods: this.#pods.objects };
    const { slices, endpoints } = this.#used();
    this.#last = [
      ...slices.map((slice) => sliceGroup(slice, objects)),
      ...endpoints.map((object) => endpointsGroup(object, objects)),
    ];
    return this.#last;
  }

  unknownPods(): number {
    const { slices, endpoints } = this.#used();
    const pods = this.#pods.objects;
    return (
      sumOf(slices, (slice) => unknownPodsOfSlice(slice, pods)) +
      sumOf(endpoints, (object) => unknownPods(object, pods))
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#calm);
    clearTimeout(this.#hold);
    await Promise.all([this.#ending, ...this.#all().map((watch) => watch[Symbol.asyncDispose]())]);
  }

  #all(): ObjectWatch<unknown>[] {
    return [this.#endpoints, this.#services, this.#pods, ...(this.#slices ? [this.#slices] : [])];
  }

  /** Why Endpoints do not do; `undefined` when they do, and while that is not known. */
  #need(): string | undefined {
    if (this.#endpoints.refused !== undefined) return 'Endpoints cannot be read';
    if (!this.#endpoints.synced) return undefined;
    if (this.truncated > 0) return 'Endpoints are over capacity';
    if (!this.#services.synced) return undefined;
    const isLacking = [...this.#services.objects.keys()].some((key) => !this.#endpoints.objects.has(key));
    return isLacking ? 'a Service has no Endpoints' : undefined;
  }

  /** Whether slices are still expected: a failure may pass in a moment, only a refusal does not. */
  #isHolding(): boolean {
    return this.#hold !== undefined && this.#slices?.synced === false && this.#slices.refused === undefined;
  }

  /**
   * Each Service's slices, or else its Endpoints. Objects that can no longer be read are used only where nothing else is: Endpoints where
   * no slices can be read either, slices of Services whose Endpoints do not do.
   */
  #used(): { readonly slices: readonly EndpointSlice[]; readonly endpoints: readonly EndpointsObject[] } {
    const known = this.#endpoints.objects;
    if (!this.usesSlices) return { slices: [], endpoints: [...known.values()] };
    const areEndpointsRead = this.#endpoints.refused === undefined;
    const areSlicesRead = this.#slices!.refused === undefined;
    let slices = [...this.#slices!.objects.values()];
    if (areSlicesRead && !areEndpointsRead) return { slices, endpoints: [] };
    if (areEndpointsRead && !areSlicesRead) slices = slices.filter((slice) => !this.#isComplete(slice));
    const services = new Set(slices.map(serviceOfSlice));
    return {
      slices,
      endpoints: [...known].filter(([key]) => !services.has(key)).map(([, object]) => object),
    };
  }

  /** Whether the Endpoints of a slice's Service do. */
  #isComplete(slice: EndpointSlice): boolean {
    const object = this.#endpoints.objects.get(serviceOfSlice(slice) ?? '');
    return object !== undefined && !isTruncated(object);
  }

  #giveUpSlices(): void {
    clearTimeout(this.#hold);
    this.#hold = undefined;
    this.#calm = undefined;
    this.#endedRestarts += this.#slices?.restarts ?? 0;
    this.#ending = this.#slices?.[Symbol.asyncDispose]() ?? this.#ending;
    this.#slices = undefined;
    this.#tell(undefined);
    this.#options.changed();
  }

  #tell(why: string | undefined): void {
    const { resource } = this.#endpoints;
    const namespace = resource.namespace ?? 'all';
    const isShort =
      why !== undefined && this.#endpoints.refused === undefined && !this.usesSlices && !this.#isHolding();
    const state = isShort ? 'short' : this.usesSlices ? 'slices' : 'endpoints';
    if (state === this.#told || (state === 'endpoints' && this.#told === '')) return;
    this.#told = state;
    const { log } = this.#options;
    if (state === 'slices')
      log.info('targets come from EndpointSlices now', { why: why ?? this.#why, namespace });
    else if (state === 'endpoints') log.info('targets come from Endpoints again', { namespace });
    else
      log.warn(`${why} and EndpointSlices cannot be read: targets are missing until they can`, { namespace });
  }
}
