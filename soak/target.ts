import type { Fingerprint } from './check-answer.ts';
import type { Fault } from './faults.ts';
import { fingerprintOf } from './check-answer.ts';

/** A pod at an address, from its coming to its going; with another address it is another target. */
export interface Target {
  readonly pod: string;
  /** Which of the addresses it has. */
  readonly slot: number;
  readonly instance: string;
  /** The samples that it exposes while it is healthy, as an answer has them. */
  readonly lines: readonly string[];
  /** From when on every answer must have it whole; Infinity while it is faulty. Milliseconds, as all moments here. */
  steadyFrom: number;
  /** Another one with each thing that happens to it. */
  version: number;
  /** Undefined while it is healthy. */
  fault: Fault | undefined;
  /** From when on no answer may have it; undefined while it is there. */
  goneFrom: number | undefined;
}

/** What was known when a request went out. */
export interface View {
  readonly at: number;
  readonly steady: ReadonlyMap<Target, number>;
}

/** The labels that the built-in configuration gives a virt-handler, in the order in which they are written. */
function labelsOf(pod: string, instance: string): readonly (readonly [name: string, value: string])[] {
  return [
    ['container', 'virt-handler'],
    ['endpoint', 'metrics'],
    ['instance', instance],
    ['job', 'kubevirt-prometheus-metrics'],
    ['namespace', 'kubevirt'],
    ['pod', pod],
    ['service', 'kubevirt-prometheus-metrics'],
  ];
}

/** The samples of a canonical body with the target's labels, as `honor_labels: true` asks: a sample's own labels stay. */
export function labelledLines(body: string, pod: string, instance: string): string[] {
  const labels = labelsOf(pod, instance);
  return body
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => {
      const [, name = '', own = '', rest = ''] = /^([^{ ]+)(?:\{(.*)\})?( .*)$/.exec(line) ?? [];
      const present = new Set(Array.from(own.matchAll(/(?:^|,)(\w+)="/g), ([, label]) => label));
      const added = labels
        .filter(([label]) => !present.has(label))
        .map(([label, value]) => `${label}="${value}"`);
      return `${name}{${[...added, own].filter((part) => part !== '').join(',')}}${rest}`;
    });
}

const fingerprints = new WeakMap<Target, Map<string, Fingerprint>>();

/** The fingerprint of those of its samples that `selects` takes; kept under `name`. */
export function fingerprintFor(
  target: Target,
  name: string,
  selects: (line: string) => boolean,
): Fingerprint {
  let kept = fingerprints.get(target);
  if (kept === undefined) {
    kept = new Map();
    fingerprints.set(target, kept);
  }
  let fingerprint = kept.get(name);
  if (fingerprint === undefined) {
    fingerprint = fingerprintOf(target.lines.filter((line) => selects(line)));
    kept.set(name, fingerprint);
  }
  return fingerprint;
}
