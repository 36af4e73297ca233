import { eventually } from '../real/server.ts';
import type { Prometheus } from '../real/prometheus.ts';
import { get, patient } from '../serve/fixture.ts';

/** Final labels of targets, each in one spelling, sorted: what is compared. */
export type Targets = readonly string[];

/** The final labels of every target that the gateway has, whether it can be scraped or not. */
export async function gatewayTargets(url: string): Promise<Targets> {
  const { status, text } = await get(`${url}/metrics`, patient);
  if (status !== 200) return [`${status}: ${text.trim()}`];
  const series = [...text.matchAll(/^up\{(.*)\} [01]$/gm)].map(([, labels = '']) =>
    [...labels.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)].map(([pair]) => pair),
  );
  return series.map((pairs) => pairs.sort().join(',')).sort();
}

/** The same of a Prometheus. */
export async function prometheusTargets(prometheus: Prometheus): Promise<Targets> {
  const targets = await prometheus.targets();
  const spelled = targets.map(({ labels }) =>
    Object.entries(labels)
      .map(([name, value]) => `${name}=${JSON.stringify(value)}`)
      .sort()
      .join(','),
  );
  return spelled.sort();
}

/** The value of one label of each target. */
export function valuesOf(targets: Targets, label: string): string[] {
  return targets.map((one) => new RegExp(`(?:^|,)${label}="([^"]*)"`).exec(one)?.[1] ?? one).sort();
}

/** Resolves with the gateway's targets when that label of theirs has exactly these values. */
export async function gatewayHas(url: string, label: string, values: readonly string[]): Promise<Targets> {
  const want = [...values].sort().join(' ');
  return eventually(
    `the targets' ${label} are ${want}`,
    async (reason) => {
      const targets = await gatewayTargets(url);
      const got = valuesOf(targets, label).join(' ');
      reason(got);
      return got === want ? targets : undefined;
    },
    { tries: 600, everyMs: 50 },
  );
}

/** Resolves when Prometheus has these targets; it takes up changes every five seconds. */
export async function prometheusHas(prometheus: Prometheus, targets: Targets): Promise<void> {
  const want = targets.join('\n');
  await eventually('Prometheus has the same targets', async (reason) => {
    const got = (await prometheusTargets(prometheus)).join('\n');
    reason(`Prometheus:\n${got}\nthe gateway:\n${want}`);
    return got === want ? true : undefined;
  });
}
