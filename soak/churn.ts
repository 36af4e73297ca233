import { setTimeout as sleep } from 'node:timers/promises';

import type { Random } from '../simulator/random.ts';
import type { Fault } from './faults.ts';
import { nameOf } from './faults.ts';
import type { Fleet } from './fleet.ts';

/** The part of the pods that may be faulty at once. */
const MOST_FAULTY = 0.2;
/** The number of pods stays within this part of that at the beginning. */
const SWING = 0.2;

export interface ChurnOptions {
  readonly random: Random;
  /** Pods at rest. */
  readonly pods: number;
  readonly nextFault: () => Fault;
}

/** Does one thing to the fleet and returns what, in a few words. */
export async function churn(fleet: Fleet, { random, pods, nextFault }: ChurnOptions): Promise<string> {
  const { targets } = fleet;
  const healthy = targets.filter(({ fault }) => fault === undefined);
  const faulty = targets.filter(({ fault }) => fault !== undefined);
  const chance = random.next();
  if (chance < 0.45) {
    if (faulty.length < pods * MOST_FAULTY && healthy.length > 0) {
      const fault = nextFault();
      // Of several, one answer would take seconds to check.
      if (fault.kind === 'huge' && faulty.some((target) => target.fault?.kind === 'huge')) return 'nothing';
      await fleet.fail(random.pick(healthy), fault);
      return `fault: ${nameOf(fault)}`;
    }
    await fleet.heal(random.pick(faulty), random.next() < 0.5 ? 'restart' : 'silently');
    return 'healed';
  }
  if (chance < 0.6) {
    if (faulty.length === 0) return 'nothing';
    await fleet.heal(random.pick(faulty), random.next() < 0.5 ? 'restart' : 'silently');
    return 'healed';
  }
  if (chance < 0.75) {
    await fleet.restart(random.pick(healthy), random.whole(0, 1_500));
    return 'restarted';
  }
  if (chance < 0.83) return (await fleet.move(random.pick(targets))) ? 'moved' : 'nothing';
  if (chance < 0.96) {
    const grows = targets.length < pods * (1 - SWING) || random.next() < 0.5;
    if (grows && targets.length < pods * (1 + SWING)) return fleet.add() ? 'added' : 'nothing';
    if (targets.length <= pods * (1 - SWING)) return 'nothing';
    await fleet.remove(random.pick(targets));
    return 'removed';
  }
  return apiTrouble(fleet, random);
}

/** The Kubernetes API breaks its watches, forgets its history, or is away for up to 2 s. */
async function apiTrouble(fleet: Fleet, random: Random): Promise<string> {
  const { api } = fleet;
  const kind = random.pick(['dropped', 'ended', 'compacted', 'away'] as const);
  if (kind === 'dropped') api.dropWatches();
  else if (kind === 'ended') api.endWatches();
  else if (kind === 'compacted') {
    api.compact();
    api.dropWatches();
  } else {
    await api.stop();
    await sleep(random.whole(100, 2_000));
    await api.start();
  }
  fleet.apiWasAway();
  return `api: ${kind}`;
}
