import type { Conflicts } from '../merge/conflicts.ts';
import { HeaderCache, type DeflatedPiece } from '../merge/gzip-join.ts';
import type { CollisionCheck } from '../merge/plan.ts';
import type { PlannedFamilies, PlannedFamily } from '../merge/planned-families.ts';
import { isSamePage, type SurveyPage } from '../merge/survey.ts';
import type { WorkerThread } from '../worker/worker-thread.ts';

/** Plans that are remembered: of `/metrics` or its shards, or of a few questions to `/federate`. */
const MOST_PLANS = 8;
/** Families and characters of a plan that is worth remembering. */
const MOST_FAMILIES = 10_000;
const MOST_CHARACTERS = 1024 * 1024;
/** Families whose metadata lines are made between two pauses. */
const STEP_FAMILIES = 64;

/** A family as it is written: its metadata lines, deflated, and where its samples come from. */
export interface WrittenFamily {
  /** Undefined when there are no such lines. */
  readonly header: DeflatedPiece | undefined;
  readonly sources: PlannedFamily['sources'];
}

/** What was planned for surveys like these. Immutable. */
export interface RememberedPlan {
  /** No two have the same. */
  readonly id: number;
  readonly workers: readonly WorkerThread[];
  /** The survey of each worker, which has one page. */
  readonly pages: readonly SurveyPage[];
  readonly check: CollisionCheck | undefined;
  readonly conflicts: Conflicts;
  readonly claimed: readonly string[];
  /** For each worker the order of its families. */
  readonly orders: readonly Int32Array[];
  readonly written: readonly WrittenFamily[];
}

/**
 * Remembers what was planned. The families of a cluster, their types and HELP texts seldom change from one scrape to the next, so the last
 * plan nearly always is the next one too.
 */
export class PlanMemory {
  readonly headers: HeaderCache = new HeaderCache();
  /** The one that was used last stands last. */
  readonly #plans: RememberedPlan[] = [];
  readonly #mostPlans: number;
  #lastId = 0;

  constructor(mostPlans: number = MOST_PLANS) {
    this.#mostPlans = mostPlans;
  }

  /** The plan for these surveys, whose first pages these are. */
  find(
    workers: readonly WorkerThread[],
    pages: readonly SurveyPage[],
    check: CollisionCheck | undefined,
  ): RememberedPlan | undefined {
    const found = this.#plans.findLastIndex(
      (plan) =>
        plan.check === check &&
        plan.workers.length === workers.length &&
        plan.workers.every((worker, i) => worker === workers[i] && isSamePage(plan.pages[i]!, pages[i]!)),
    );
    const plan = this.#plans[found];
    if (plan !== undefined && found < this.#plans.length - 1)
      this.#plans.push(...this.#plans.splice(found, 1));
    return plan;
  }

  /** Whether a plan for these surveys is worth remembering. */
  isWorth(pages: readonly SurveyPage[], families: PlannedFamilies): boolean {
    if (families.size > MOST_FAMILIES || !pages.every(({ last }) => last)) return false;
    let characters = 0;
    for (const { names, helps } of pages) characters += names.length + helps.length;
    return characters <= MOST_CHARACTERS;
  }

  /** Remembers a plan. Pauses. */
  *keep(
    plan: Omit<RememberedPlan, 'id' | 'written'>,
    families: PlannedFamilies,
  ): Generator<void, RememberedPlan, void> {
    const written: WrittenFamily[] = [];
    for (const { header, sources } of families.written()) {
      written.push({ header: header === '' ? undefined : this.headers.piece(header), sources });
      if (written.length % STEP_FAMILIES === 0) yield;
    }
    const kept = { ...plan, id: ++this.#lastId, written };
    this.#plans.push(kept);
    if (this.#plans.length > this.#mostPlans) this.#plans.shift();
    return kept;
  }
}
