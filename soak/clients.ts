import { Agent } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

import type { Random } from '../simulator/random.ts';
import { ask, askAndLeave, askSlowly } from './ask.ts';
import type { Checker } from './checker.ts';
import type { Fleet } from './fleet.ts';
import type { Tally } from './tally.ts';
import { fingerprintFor } from './target.ts';
import { METRICS, VIEWS } from './views.ts';
import type { AskedView } from './views.ts';

export interface ClientsOptions {
  readonly url: string;
  readonly fleet: Fleet;
  readonly checker: Checker;
  readonly tally: Tally;
}

/** Seconds in which every healthy pod is in an answer, also while others keep the machine busy. */
const LONG = [8, 10] as const;
const SHORT = [0.3, 0.5, 1, 2] as const;
const BURST = 50;
/** Answers to patient clients that were broken off when their time was over, and healthy pods that were late for one. */
export const LATE_ANSWERS = 'late answers for patient clients';
export const LATE_PODS = 'late pods for patient clients';
/** One answer of so many is shown to promtool. */
const PROMTOOL_EVERY = 25;

/** Clients of every kind, one question each. */
export class Clients {
  readonly #options: ClientsOptions;
  readonly #agent = new Agent({ keepAlive: true });
  #answers = 0;

  constructor(options: ClientsOptions) {
    this.#options = options;
  }

  /** One client of a kind at random comes, asks and goes. Never rejects. With the signal, those go that are not to be checked. */
  async one(random: Random, signal: AbortSignal): Promise<void> {
    const { url, tally } = this.#options;
    const chance = random.next();
    const gzip = random.next() < 0.7;
    const view = random.next() < 0.6 ? METRICS : random.pick(VIEWS);
    const timeouts = [...SHORT, ...LONG, undefined];
    const question = { url: url + view.path, gzip, timeout: random.pick(timeouts), signal };
    if (chance < 0.5) {
      const timeout = random.next() < 0.2 ? undefined : random.pick(LONG);
      await this.checked(view, { gzip, timeout, keepAlive: random.next() < 0.7 });
    } else if (chance < 0.68) {
      await this.checked(view, { gzip, timeout: random.pick(SHORT), keepAlive: random.next() < 0.7 });
    } else if (chance < 0.83) {
      tally.count('leavers');
      await askAndLeave(question, random.whole(0, 1_000));
    } else if (chance < 0.95) {
      tally.count('slow readers');
      await askSlowly(
        { ...question, gzip: false },
        { ms: random.whole(5, 200), most: random.whole(10, 100) },
      );
    } else if (chance < 0.98) {
      await this.#burst(random);
    } else {
      const { status } = await ask({ ...question, url: `${url}/-/metrics` }).catch(() => ({ status: 0 }));
      if (status !== 200) tally.problem(`/-/metrics: status ${status}`);
    }
    await sleep(random.whole(0, 400));
  }

  /** A well-behaved client: its answer is checked. Resolves when it has been. */
  async checked(
    view: AskedView,
    { gzip, timeout, keepAlive }: { gzip: boolean; timeout: number | undefined; keepAlive: boolean },
  ): Promise<void> {
    const { url, fleet, checker, tally } = this.#options;
    const isPatient = timeout === undefined || timeout >= LONG[0];
    const what = `${view.name}, ${gzip ? 'gzip' : 'identity'}, timeout ${timeout ?? 'none'}`;
    const before = fleet.look();
    const question = { url: url + view.path, gzip, timeout, ...(keepAlive ? { agent: this.#agent } : {}) };
    const answer = await ask(question).catch((error: unknown) => error as Error);
    if (answer instanceof Error) {
      const seconds = (performance.now() - before.at) / 1000;
      // The gateway breaks off what is not read by its deadline; on a machine that is busy that may be its own fault or ours.
      if (timeout !== undefined && seconds > timeout) tally.count(isPatient ? LATE_ANSWERS : 'late answers');
      else tally.problem(`${what}: no whole answer after ${Math.round(seconds)} s: ${answer.message}`);
      return;
    }
    const { steady, known } = fleet.judge(before);
    this.#answers += 1;
    const { problems, late, samples, bytes } = await checker.check({
      answer,
      promtool: this.#answers % PROMTOOL_EVERY === 1 && !fleet.hasHuge,
      wanted: {
        targets: steady.map((target) => {
          const { pod, instance } = target;
          return { pod, instance, ...fingerprintFor(target, view.name, (line) => view.selects(line)) };
        }),
        known,
        report: view.report,
      },
    });
    tally.answer(steady.length, samples, bytes);
    tally.count(isPatient ? LATE_PODS : 'late pods', late);
    for (const problem of problems) tally.problem(`${what}: ${problem}`);
  }

  /** Ends the connections that are kept. */
  close(): void {
    this.#agent.destroy();
  }

  async #burst(random: Random): Promise<void> {
    this.#options.tally.count('bursts');
    const clients = Array.from({ length: BURST }, () => {
      const timeout = random.pick([...SHORT, ...LONG]);
      // Each with a connection of its own, as from as many programs.
      return this.checked(random.pick(VIEWS), { gzip: random.next() < 0.9, timeout, keepAlive: false });
    });
    await Promise.all(clients);
  }
}
