// The syntax of Kubernetes' selectors, so that a typo shows when the configuration is read and not as a watch that the
// API server refuses for ever. Sources: k8s.io/apimachinery pkg/fields and pkg/labels.

const NAME = '[A-Za-z0-9](?:[-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?';
const DNS_SUBDOMAIN = '[a-z0-9](?:[-a-z0-9]*[a-z0-9])?(?:\\.[a-z0-9](?:[-a-z0-9]*[a-z0-9])?)*';
const KEY = `(?:${DNS_SUBDOMAIN}/)?${NAME}`;
const VALUE = `(?:${NAME})?`;

const LABEL_REQUIREMENT = new RegExp(
  '^\\s*(?:' +
    `!\\s*${KEY}` +
    `|${KEY}` +
    `|${KEY}\\s*(?:==?|!=)\\s*${VALUE}` +
    `|${KEY}\\s*[<>]\\s*-?[0-9]+` +
    `|${KEY}\\s+(?:in|notin)\\s*\\(\\s*${VALUE}(?:\\s*,\\s*${VALUE})*\\s*\\)` +
    ')\\s*$',
);

/** What is wrong with a label selector such as `a=b,c!=d,e in (f,g),!h`; nothing when it is right. */
export function labelSelectorProblem(text: string): string | undefined {
  if (text.trim() === '') return undefined;
  // A comma inside parentheses separates values, not requirements.
  for (const requirement of text.split(/,(?![^(]*\))/)) {
    if (!LABEL_REQUIREMENT.test(requirement)) {
      return `label selector "${text}": cannot understand "${requirement.trim()}"`;
    }
  }
  return undefined;
}

/** What is wrong with a field selector such as `metadata.name=a,status.phase!=b`; nothing when it is right. */
export function fieldSelectorProblem(text: string): string | undefined {
  // A backslash takes away the meaning of a comma, an equals sign or another backslash behind it, and of nothing else.
  for (const term of text.match(/(?:\\.|[^\\,])+/gsu) ?? []) {
    const match = /^((?:\\.|[^\\=!])*)(?:!=|==?)(.*)$/su.exec(term);
    if (!match || match[1] === '' || !isEscaped(match[2] ?? '')) {
      return `field selector "${text}": cannot understand "${term}"`;
    }
  }
  return undefined;
}

function isEscaped(value: string): boolean {
  return /^(?:\\[\\,=]|[^\\,=])*$/u.test(value);
}
