import * as known from './known-fields.ts';
import { nearestName } from './nearest-name.ts';
import type { FieldTable } from './yaml-value.ts';

/** Why a field cannot stand in the mapping of this table, and what to do. */
export function unknownField(name: string, table: FieldTable): string {
  if (table.notYet.includes(name)) return `field "${name}" of a ${table.of} is not supported yet; remove it`;
  const here = [...table.supported, ...table.notYet];
  const advice =
    didYouMean(nearestName(name, here, 1)) ??
    whereItBelongs(name) ??
    didYouMean(nearestName(name, here)) ??
    `known fields are ${table.supported.join(', ')}`;
  return `unknown field "${name}" in a ${table.of}; ${advice}`;
}

function didYouMean(nearest: string | undefined): string | undefined {
  return nearest === undefined ? undefined : `did you mean "${nearest}"?`;
}

function whereItBelongs(name: string): string | undefined {
  const places = (of: 'supported' | 'notYet'): string =>
    Object.values<FieldTable>(known)
      .filter((table) => table[of].includes(name))
      .map(({ place }) => place)
      .join(' or ');
  const supported = places('supported');
  if (supported !== '') return `it belongs ${supported}`;
  const notYet = places('notYet');
  return notYet === '' ? undefined : `it belongs ${notYet}, and is not supported yet; remove it`;
}
