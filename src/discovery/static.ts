import type { StaticConfig } from '../config/scrape-config.ts';
import type { Provider, ProviderStatus } from './provider.ts';
import type { TargetGroup } from './target-group.ts';

/** The target groups of `static_configs`, which never change. */
export function createStaticProvider(configs: readonly StaticConfig[]): Provider {
  const groups = configs.map((config, index) => staticGroup(config, String(index)));
  const lastSync = Date.now();
  return {
    name: 'static',
    async start() {},
    groups: () => groups,
    status: (): ProviderStatus => ({
      synced: true,
      lastSync,
      lastError: undefined,
      watchRestarts: 0,
      objects: groups.length,
    }),
    async [Symbol.asyncDispose]() {},
  };
}

/** A group of `static_configs`, or of a file of them, under the name of its source. */
export function staticGroup({ targets, labels }: StaticConfig, source: string): TargetGroup {
  return { source, labels, targets: targets.map((address) => ({ __address__: address })) };
}
