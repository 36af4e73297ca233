import type { Outcome } from '../scrape/outcome.ts';
import type { OwnedTarget } from './scrape.ts';

/** What a scrape costs beside its body, in bytes of body that take a worker as long: half a millisecond over TLS. */
const COST_OF_SCRAPE = 100_000;
/** What a body is taken to have while nothing is known of any. */
const USUAL_BODY = 64 * 1024;

/** Bytes of a target's last body, and of the one before where there was one. */
interface LastBodies {
  readonly last: number;
  readonly before: number;
}

/**
 * What targets cost their worker, in bytes of body after decompression. Time would tell more of one scrape, but depends on
 * what else the machine did meanwhile and on how warm the code was; bytes are the same each time.
 */
export class TargetCosts {
  readonly #bodies: Map<OwnedTarget, LastBodies> = new Map();

  /** A scrape of the target has ended. */
  ended(target: OwnedTarget, { up, bodyBytes }: Outcome): void {
    const known = this.#bodies.get(target);
    // One that failed may have cost as much, but tells less of the next.
    const last = up ? bodyBytes : Math.max(bodyBytes, known?.last ?? 0);
    if (up || last > 0) this.#bodies.set(target, { last, before: known?.last ?? last });
  }

  /** The target has another number now. */
  moved(from: OwnedTarget, to: OwnedTarget): void {
    const known = this.#bodies.get(from);
    if (known !== undefined) this.#bodies.set(to, known);
  }

  forget(target: OwnedTarget): void {
    this.#bodies.delete(target);
  }

  /**
   * What each costs: as much as the smaller of its last two bodies, so that one that is large once moves nothing. Undefined
   * is a target that is new. It costs what the others do on average, as does one that never answered.
   */
  of(targets: readonly (OwnedTarget | undefined)[]): number[] {
    let bytes = 0;
    let count = 0;
    const sizes: (number | undefined)[] = [];
    for (const target of targets) {
      const known = target && this.#bodies.get(target);
      const size = known && Math.min(known.last, known.before);
      sizes.push(size);
      if (size === undefined) continue;
      bytes += size;
      count++;
    }
    const usual = count === 0 ? USUAL_BODY : Math.round(bytes / count);
    return sizes.map((size) => COST_OF_SCRAPE + (size ?? usual));
  }
}
