import type { Model, ModelPod } from '../../simulator/model.ts';
import { renderPod } from '../../simulator/render.ts';

interface Family {
  readonly comments: readonly string[];
  /** Timestamp and value, by the sample's name and labels as written. */
  readonly series: Map<string, Map<number, string>>;
}

/**
 * What each pod exposed at several moments, as one body whose samples all carry the timestamp of their moment. Whoever scrapes it, and whenever,
 * stores the same samples; so what rate() and its kin make of them is equal to the last digit, which it never is for two scrapes of living values.
 * `secondsAgo` are the moments, the oldest first; the last one is `endMs`.
 */
export function bodiesWithHistory(
  model: Model,
  endMs: number,
  secondsAgo: readonly number[],
): ReadonlyMap<ModelPod, string> {
  const families = new Map<ModelPod, Map<string, Family>>(model.pods.map((pod) => [pod, new Map()]));
  for (const ago of secondsAgo) {
    const atMs = endMs - ago * 1000;
    model.advance(atMs - model.time);
    for (const pod of model.pods) collect(families.get(pod)!, renderPod(model, pod), atMs);
  }
  return new Map([...families].map(([pod, collected]) => [pod, write(collected)]));
}

function collect(families: Map<string, Family>, body: string, atMs: number): void {
  let family: Family | undefined;
  let comments: string[] = [];
  for (const line of body.split('\n')) {
    if (line === '') continue;
    if (line.startsWith('#')) {
      comments.push(line);
      if (!line.startsWith('# TYPE ')) continue;
      const name = line.split(' ')[2]!;
      family = families.get(name) ?? { comments, series: new Map() };
      families.set(name, family);
      comments = [];
      continue;
    }
    // `name{…} value` or `name{…} value timestamp`; label values of the simulator hold no `}`.
    const [, series, value, timestamp] = /^([^{ ]+(?:\{[^}]*\})?) (\S+)(?: (\d+))?$/.exec(line) ?? [];
    if (series === undefined || value === undefined || family === undefined)
      throw new Error(`not a sample of the simulator: ${line}`);
    const samples = family.series.get(series) ?? new Map<number, string>();
    family.series.set(series, samples.set(timestamp === undefined ? atMs : Number(timestamp), value));
  }
}

function write(families: ReadonlyMap<string, Family>): string {
  const lines: string[] = [];
  for (const { comments, series } of families.values()) {
    lines.push(...comments);
    for (const [name, samples] of series)
      for (const [at, value] of [...samples].sort(([a], [b]) => a - b)) lines.push(`${name} ${value} ${at}`);
  }
  return `${lines.join('\n')}\n`;
}
