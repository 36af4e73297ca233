import type { TargetGroup } from './target-group.ts';

/** What a provider says of itself, for telemetry and for "why not ready". */
export interface ProviderStatus {
  /** Whether the first sync is complete. */
  readonly synced: boolean;
  /** When the provider was last sure of what it knows: milliseconds since the epoch, 0 for never. */
  readonly lastSync: number;
  /** The error that it has now; absent when all is well. */
  readonly lastError: string | undefined;
  /** What the first sync waits for, in words for people; empty or absent once it is complete. */
  readonly awaited?: string;
  /** Namespaces that could never be read, so that their targets are missing; of Kubernetes only. */
  readonly refusedNamespaces?: number;
  /** Watches that had to be opened anew after anything but their regular end. */
  readonly watchRestarts: number;
  /** Objects that are held: those of Kubernetes, or target groups. */
  readonly objects: number;
  /** Endpoints objects from which addresses are missing; of Kubernetes only. */
  readonly truncatedEndpoints?: number;
  /** Whether targets come from EndpointSlices; of Kubernetes only. */
  readonly usesSlices?: boolean;
}

/** A source of target groups, running between `start` and disposal. */
export interface Provider extends AsyncDisposable {
  /** The kind: `static`, `file` or `kubernetes`. */
  readonly name: string;
  /** Starts and returns without waiting for the first sync. `changed` is called whenever `groups` may give something else. */
  start(changed: () => void): Promise<void>;
  /** All groups now; `undefined` before the first sync. */
  groups(): readonly TargetGroup[] | undefined;
  status(): ProviderStatus;
}
