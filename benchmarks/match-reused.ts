import type { GatewayUnderTest } from './gateway-under-test.ts';
import type { GoalRow } from './goals.ts';
import { threadCpuMs } from './process-usage.ts';
import { figure, progress } from './report.ts';
import { countAnswer, timedGet } from './scrape-client.ts';
import { median } from './statistics.ts';

/** What an answer of `match[]=up` may take of one with all series. */
const GOAL = 1 / 100;
/** Answers of either kind that come first, so that what they run is compiled, and that are counted in each turn. */
const WARM_UPS = { part: 1000, all: 20 };
const COUNTED = { part: 200, all: 10 };
/** Answers between them: what those with all series leave behind is not counted with the others. */
const BETWEEN = 20;

/**
 * Answers of `match[]=up` beside those with all series, in turns, where all scrapes are there already and are used again: what is
 * left is the request and the answer. Neither answer is kept for who asks the same again.
 */
export async function reusedRow(
  { base, pid, want }: GatewayUnderTest,
  { name, turns, quick }: { readonly name: string; readonly turns: number; readonly quick: boolean },
): Promise<GoalRow> {
  const part = `${base}/federate?match[]=up`;
  const all = `${base}/metrics`;
  const costOf = async (url: string, answers: number): Promise<number> => {
    const before = threadCpuMs(pid);
    for (let answer = 0; answer < answers; answer += 1) await timedGet(url);
    return (threadCpuMs(pid) - before) / answers;
  };
  const { samples, up } = await countAnswer(await timedGet(part));
  if (samples !== up || up !== want.up)
    throw new Error(
      `match[]=up has ${samples} samples, ${up} of them of targets that are up; want ${want.up}`,
    );
  await costOf(all, quick ? 1 : WARM_UPS.all);
  await costOf(part, quick ? 1 : WARM_UPS.part);
  const costs: { readonly part: number; readonly all: number }[] = [];
  for (let turn = 1; turn <= turns; turn += 1) {
    const whole = await costOf(all, COUNTED.all);
    await costOf(part, BETWEEN);
    const some = await costOf(part, COUNTED.part);
    costs.push({ all: whole, part: some });
    progress(`match: ${turn} of ${turns}, scrapes used again: ${figure(whole)} ms, ${figure(some)} ms`);
  }
  const ratio = median(costs.map((cost) => cost.part / cost.all));
  return {
    work: `${name}, match[]=up against /metrics: work after the last pod's arrival`,
    goal: 'under 1/100',
    measured: `${figure(median(costs.map((cost) => cost.part)))} ms, ${figure(median(costs.map((cost) => cost.all)))} ms`,
    ratio,
    met: ratio < GOAL,
    note: `CPU time of the process for one answer, request included, with scrapes that are used again; medians of ${costs.length} turns of ${COUNTED.part} and ${COUNTED.all} answers. The ratio is the median of the turns'.`,
  };
}
