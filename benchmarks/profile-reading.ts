/** One function in a profile. */
export interface HotFunction {
  /** Its name, its file and its line. */
  readonly name: string;
  readonly ms: number;
}

/** What is used of V8's profile. Times in microseconds. */
export interface Profile {
  readonly nodes: readonly {
    readonly id: number;
    readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number };
    readonly children?: readonly number[] | undefined;
  }[];
  readonly startTime: number;
  readonly samples?: readonly number[] | undefined;
  readonly timeDeltas?: readonly number[] | undefined;
}

const MOST = 12;
/** What is no work of the thread: rest, and the profiler's own. */
const AT_REST = /^(?:\(idle\)|\(root\)|post node:inspector:\d+)$/;

/** The functions in which the thread itself was, the longest first. */
export function hottest(profile: Profile): HotFunction[] {
  return sums(profile, -Infinity, Infinity, (stack) => stack.slice(0, 1));
}

/** The same between two moments of the profile's clock, each with its callers: what held the thread then. */
export function heldUp(profile: Profile, from: number, to: number): HotFunction[] {
  return sums(profile, from, to, (stack) => [stack.slice(0, 4).join(' < ')]).slice(0, 4);
}

/** Time by the names that `namesOf` gives a stack, innermost function first. A sample stands for the time since the one before. */
function sums(
  profile: Profile,
  from: number,
  to: number,
  namesOf: (stack: readonly string[]) => readonly string[],
): HotFunction[] {
  const { nodes, samples = [], timeDeltas = [] } = profile;
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const parents = new Map<number, number>();
  for (const { id, children = [] } of nodes) for (const child of children) parents.set(child, id);
  const stacks = new Map<number, readonly string[]>();
  function stackOf(id: number): readonly string[] {
    let stack = stacks.get(id);
    if (stack === undefined) {
      const parent = parents.get(id);
      const node = byId.get(id);
      const own = node === undefined ? '' : nameOf(node.callFrame);
      const outer = parent === undefined ? [] : stackOf(parent);
      stack = [own, ...outer.filter((name) => !AT_REST.test(name))];
      stacks.set(id, stack);
    }
    return stack;
  }
  const times = new Map<string, number>();
  let at = profile.startTime;
  for (const [index, id] of samples.entries()) {
    const before = at;
    at += timeDeltas[index] ?? 0;
    const inside = Math.min(at, to) - Math.max(before, from);
    if (inside <= 0) continue;
    const stack = stackOf(id);
    if (AT_REST.test(stack[0] ?? '')) continue;
    for (const name of namesOf(stack)) times.set(name, (times.get(name) ?? 0) + inside / 1000);
  }
  return [...times]
    .map(([name, ms]) => ({ name, ms }))
    .toSorted((a, b) => b.ms - a.ms)
    .slice(0, MOST);
}

function nameOf({ functionName, url, lineNumber }: Profile['nodes'][number]['callFrame']): string {
  const file = url.split('/').at(-1) ?? '';
  const name = functionName === '' ? '(anonymous)' : functionName;
  return file === '' ? name : `${name} ${file}:${lineNumber + 1}`;
}
