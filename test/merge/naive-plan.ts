import { MetricType, suffixes, typeWord } from '../../src/exposition/metric-type.ts';
import { unfitFor } from '../../src/exposition/unfit.ts';
import type { Planned } from '../../src/merge/plan.ts';
import type { ToldFamily } from './told-family.ts';

/** What a plan says, in lines that can be compared. */
export interface PlanText {
  /** For each family in its order: header, and worker and index of each source. */
  readonly families: readonly string[];
  /** Worker, index and type. */
  readonly disputed: readonly string[];
  readonly conflicts: readonly string[];
}

export function textOfPlan({ families, disputed, conflicts }: Planned): PlanText {
  const told: string[] = [];
  for (const { name, type, header, sources } of families.written())
    told.push(
      `${name} ${type} ${header} ${sources.map(({ worker, index }) => `${worker}:${index}`).join(' ')}`,
    );
  const pairs = (disputed ?? []).flatMap((list, worker) =>
    Array.from({ length: list.length / 2 }, (_, i) => `${worker}:${list[2 * i]} ${list[2 * i + 1]}`),
  );
  return {
    families: told,
    disputed: pairs.sort(),
    conflicts: [
      ...conflicts.types.names.map((name) => `type ${name}`),
      ...conflicts.helps.names.map((name) => `help ${name}`),
      `${conflicts.types.count} ${conflicts.helps.count}`,
    ],
  };
}

interface Found {
  readonly told: ToldFamily;
  readonly worker: number;
  readonly index: number;
}

function most<T>(votes: ReadonlyMap<T, number>, better: (a: T, b: T) => boolean): T | undefined {
  const [first] = [...votes].sort(([a, x], [b, y]) => y - x || (better(a, b) ? -1 : 1));
  return first?.[0];
}

function sum<T>(all: readonly (readonly (readonly [T, number])[])[]): Map<T, number> {
  const votes = new Map<T, number>();
  for (const list of all)
    for (const [key, count] of list) if (count > 0) votes.set(key, (votes.get(key) ?? 0) + count);
  return votes;
}

/**
 * The same plan, made the plain way: everything in maps, types by looking up what a name's base is, the order by sorting.
 * What was decided before goes by name.
 */
export function naivePlan(
  workers: readonly (readonly ToldFamily[])[],
  decided: ReadonlyMap<string, MetricType> = new Map(),
): PlanText {
  const found = new Map<string, Found[]>();
  for (const [worker, families] of workers.entries()) {
    const key = ({ name, report }: ToldFamily): string => `${name} ${report === true ? 0 : 1}`;
    const sorted = families
      .map((told) => ({ told, key: key(told) }))
      .sort((a, b) => (a.key < b.key ? -1 : 1));
    for (const [index, { told }] of sorted.entries()) {
      const list = found.get(told.name);
      if (list === undefined) found.set(told.name, [{ told, worker, index }]);
      else list.push({ told, worker, index });
    }
  }
  const types = new Map<string, MetricType>();
  const baseOf = (name: string): string | undefined => {
    const match = /^(.+)(_[^_]*)$/.exec(name);
    if (match === null || !found.has(match[1]!)) return undefined;
    return suffixes(typeOf(match[1]!)).includes(match[2]!) ? match[1] : undefined;
  };
  const typeOf = (name: string): MetricType => {
    let type = types.get(name);
    if (type === undefined) {
      const all = found.get(name)!.map(({ told }) => told);
      const votes = sum(all.map((told) => (told.types ?? []).filter(([one]) => one !== MetricType.none)));
      type = decided.get(name) ?? most(votes, (a, b) => a > b) ?? MetricType.none;
      if (all.some((told) => told.stuck === true)) type = MetricType.untyped;
      if (suffixes(type).length > 0 && baseOf(name) !== undefined) type = MetricType.untyped;
      types.set(name, type);
    }
    return type;
  };
  const names = [...found.keys()].sort();
  const before = new Map<string, string[]>();
  for (const name of names) {
    const base = baseOf(name);
    if (base !== undefined) before.set(base, [...(before.get(base) ?? []), name]);
  }
  const families: string[] = [];
  const disputed: string[] = [];
  const conflicts = { type: [] as string[], help: [] as string[] };
  for (const name of names) {
    const all = found.get(name)!;
    const type = typeOf(name);
    const composed = [MetricType.histogram, MetricType.summary].filter((other) => other !== type);
    const unfit = all.some(
      ({ told }) => (told.kinds ?? []).length > 0 && ((told.unfit ?? 0) & unfitFor(type)) !== 0,
    );
    const foreign = all.some(({ told }) => composed.some((kind) => (told.kinds ?? []).includes(kind)));
    if (unfit || foreign || all.some(({ told }) => told.stuck === true))
      for (const { told, worker, index } of all)
        if (told.report !== true) disputed.push(`${worker}:${index} ${type}`);
    if (all.some(({ told }) => told.report === true)) continue;
    const declared = sum(
      all.map(({ told }) => (told.types ?? []).filter(([one]) => one !== MetricType.none)),
    );
    if (declared.size > 1) conflicts.type.push(`type ${name}`);
    const helps = sum(all.map(({ told }) => (told.helps ?? []).filter(([help]) => help !== '')));
    if (helps.size > 1) conflicts.help.push(`help ${name}`);
  }
  for (const name of names.filter((one) => baseOf(one) === undefined)) {
    for (const one of [...(before.get(name) ?? []), name]) {
      const all = found.get(one)!;
      const help = most(sum(all.map(({ told }) => told.helps ?? [])), (a, b) => a < b) ?? '';
      const type = typeOf(one);
      const header =
        (help === '' ? '' : `# HELP ${one} ${help}\n`) +
        (type === MetricType.none ? '' : `# TYPE ${one} ${typeWord(type)}\n`);
      const sources = [
        ...all.filter(({ told }) => told.report === true),
        ...all.filter(({ told }) => told.report !== true),
      ].map(({ worker, index }) => `${worker}:${index}`);
      families.push(`${one} ${type} ${header} ${sources.join(' ')}`);
    }
  }
  return {
    families,
    disputed: disputed.sort(),
    conflicts: [
      ...conflicts.type.slice(0, 100),
      ...conflicts.help.slice(0, 100),
      `${conflicts.type.length} ${conflicts.help.length}`,
    ],
  };
}
