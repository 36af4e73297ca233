import t from 'tap';
import { Answer } from '../../src/round/answer.ts';
import { PlanMemory, type RememberedPlan } from '../../src/round/plan-memory.ts';
import { readSelector } from '../../src/selector/selector.ts';
import { ask, startPlainPod, startScraper } from './fixture.ts';

const SUMMARY = '# TYPE a_metric summary\na_metric_count 1\n';

/** Notes which plans were found. */
class Watched extends PlanMemory {
  readonly found: (number | undefined)[] = [];

  override find(...of: Parameters<PlanMemory['find']>): RememberedPlan | undefined {
    const plan = super.find(...of);
    this.found.push(plan?.id);
    return plan;
  }
}

t.test('a plan is used again as long as it is the same one', async (t) => {
  let body = '# TYPE m gauge\nm 1\n# TYPE n gauge\nn 1\n';
  await using pods = Object.assign(
    [await startPlainPod({ body: () => body }), await startPlainPod({ body: () => SUMMARY })],
    {
      async [Symbol.asyncDispose]() {
        await Promise.all(pods.map((pod) => pod[Symbol.asyncDispose]()));
      },
    },
  );
  await using scraper = await startScraper(pods);
  const plans = new Watched(4);
  const check = { mayCollide: () => false };
  const cases: [why: string, body: string, want: number | undefined, more?: { up?: true; check?: true }][] = [
    ['the first', body, undefined],
    ['other values', body.replaceAll(' 1\n', ' 2\n'), 1],
    ['another type', body.replace('m gauge', 'm counter'), undefined],
    ['the same', body.replace('m gauge', 'm counter'), 2],
    ['a HELP text', `# HELP m x\n${body}`, undefined],
    ['another one', `# HELP m y\n${body}`, undefined],
    ['a family more', `${body}o 1\n`, undefined],
    ['the first is no longer known', body, undefined],
    ['selectors', body, undefined, { up: true }],
    ['a check', body, undefined, { check: true }],
    ['the same with it', body, 8, { check: true }],
    ['without it', body, 6],
    // A histogram and a summary in one family: what is settled is found anew each time.
    ['a dispute', `${body}# TYPE a_metric histogram\na_metric_count 1\n`, undefined],
    ['again', `${body}# TYPE a_metric histogram\na_metric_count 1\n`, undefined],
  ];
  for (const [why, text, want, more] of cases) {
    body = text;
    using round = await ask(scraper);
    using answer = new Answer(round.shares(), plans, more?.check && check);
    await answer.prepare(more?.up ? [readSelector('up')] : []);
    t.equal(plans.found.at(-1), want, why);
    const whole = await answer.whole(1e6);
    t.ok(whole !== undefined && whole.length > 0);
  }
});
