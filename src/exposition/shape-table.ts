import type { Body } from './body.ts';
import type { SampleLabel } from './label-rules.ts';
import { LineShape } from './line-shape.ts';
import type { NameTable } from './name-table.ts';

/** Shapes that are remembered for one set of target label names. A pod that makes new ones for ever starts anew. */
const MAX_SHAPES = 20_000;

/** Characters of the label names of a shape: longer ones would take too much of the memory that is kept for all. */
const MOST_KEY = 500;

/** By metric name and label names; null for those that were seen once. */
type Shapes = Map<string, LineShape | null>;

/** The shapes of lines that were seen, for all bodies of a worker. */
export class ShapeTable {
  /** By the table that their numbers are from, then by what the rules of the target have in common with others. */
  readonly #shapes: WeakMap<NameTable, Map<string, Shapes>> = new WeakMap();

  /**
   * The shape of canonical lines with that metric name and these labels; undefined when such a line came for the first time, or when
   * each of them has to be looked at.
   */
  shapeOf({ rules, names }: Body, name: number, labels: readonly SampleLabel[]): LineShape | undefined {
    if (!rules.fitsMask) return undefined;
    const labelNames = labels.map((label) => label.name);
    // A shape watches one of them.
    if (labelNames.includes('le') && labelNames.includes('quantile')) return undefined;
    if (!rules.fits(labelNames)) return undefined;
    const shapes = this.#shapesFor(names, rules.shapeKey);
    const key = `${name} ${labelNames.join(' ')}`;
    if (key.length > MOST_KEY) return undefined;
    let shape = shapes.get(key);
    if (shape === undefined) {
      // One that comes once is not worth it: a body may have a million of them.
      shapes.set(key, null);
      return undefined;
    }
    if (shape === null) {
      shape = new LineShape(name, names.text(name), labelNames, rules);
      shapes.set(key, shape);
    }
    // Where labels are not honored, one that collides is renamed line by line, by its value.
    return shape.mask !== 0 && !rules.honorLabels ? undefined : shape;
  }

  #shapesFor(names: NameTable, shapeKey: string): Shapes {
    let byRules = this.#shapes.get(names);
    if (byRules === undefined) this.#shapes.set(names, (byRules = new Map()));
    let shapes = byRules.get(shapeKey);
    if (shapes === undefined || shapes.size >= MAX_SHAPES) byRules.set(shapeKey, (shapes = new Map()));
    return shapes;
  }
}
