import type { KubernetesObject } from './kubernetes-object.ts';

/** Says whether an object is selected. */
export type Selector = (object: KubernetesObject) => boolean;

/** What a selector with an error is answered with: the API server says 400. */
export class SelectorError extends Error {
  override readonly name = 'SelectorError';
}

/**
 * Reads a `labelSelector`: requirements joined by commas, each one of `a`, `!a`, `a=b`, `a==b`, `a!=b`, `a in (b,c)`,
 * `a notin (b,c)`. `!=` and `notin` also select objects without the label, as in Kubernetes.
 *
 * @throws {SelectorError} when the text is not a label selector
 */
export function labelSelector(text: string): Selector {
  const requirements = splitRequirements(text).map(labelRequirement);
  return (object) => {
    const labels = object.metadata.labels ?? {};
    return requirements.every((holds) => holds(labels));
  };
}

/**
 * Reads a `fieldSelector` over `metadata.name` and `metadata.namespace`, the two fields that every resource has.
 *
 * @throws {SelectorError} when the text is not a field selector, or names another field
 */
export function fieldSelector(text: string): Selector {
  const terms = text
    .split(',')
    .map((term) => term.trim())
    .filter((term) => term !== '')
    .map((term) => {
      const match = /^([^=!]+)(==|=|!=)(.*)$/.exec(term);
      if (match === null) throw new SelectorError(`invalid field selector: ${term}`);
      const field = match[1]!.trim();
      if (field !== 'metadata.name' && field !== 'metadata.namespace') {
        throw new SelectorError(`field label not supported: ${field}`);
      }
      return { name: field === 'metadata.name', equal: match[2] !== '!=', value: match[3]!.trim() };
    });
  return ({ metadata }) =>
    terms.every(
      ({ name, equal, value }) => ((name ? metadata.name : metadata.namespace) === value) === equal,
    );
}

function splitRequirements(text: string): string[] {
  // A comma inside parentheses separates values, not requirements.
  return text
    .split(/,(?![^(]*\))/)
    .map((part) => part.trim())
    .filter((part) => part !== '');
}

function labelRequirement(text: string): (labels: Readonly<Record<string, string>>) => boolean {
  const present = /^(!?)\s*([\w./-]+)$/.exec(text);
  if (present !== null) {
    const key = present[2]!;
    const want = present[1] === '';
    return (labels) => Object.hasOwn(labels, key) === want;
  }
  const equality = /^([\w./-]+)\s*(==|=|!=)\s*([\w.-]*)$/.exec(text);
  if (equality !== null) {
    const [, key, operator, value] = equality;
    return (labels) => (Object.hasOwn(labels, key!) && labels[key!] === value) === (operator !== '!=');
  }
  const set = /^([\w./-]+)\s+(in|notin)\s*\(([^()]*)\)$/.exec(text);
  if (set !== null) {
    const [, key, operator, list] = set;
    const values = new Set(list!.split(',').map((value) => value.trim()));
    return (labels) => (Object.hasOwn(labels, key!) && values.has(labels[key!]!)) === (operator === 'in');
  }
  throw new SelectorError(`unable to parse requirement: ${text}`);
}
