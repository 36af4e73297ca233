import { RELABEL_ACTIONS, RelabelConfigError, relabelConfig } from '../relabel/relabel.ts';
import type { RelabelAction, RelabelConfig } from '../relabel/relabel.ts';
import { RELABEL_CONFIG_FIELDS } from './known-fields.ts';
import { nearestName } from './nearest-name.ts';
import type { YamlValue } from './yaml-value.ts';

/** Reads one entry of `relabel_configs`. */
export function readRelabelConfig(value: YamlValue): RelabelConfig {
  const fields = value.fields(RELABEL_CONFIG_FIELDS);
  const given: { -readonly [Key in keyof RelabelConfig]?: RelabelConfig[Key] } = {};
  const sourceLabels = fields.get('source_labels');
  // An empty list counts as given and nothing as absent, which matters to labeldrop and labelkeep.
  if (sourceLabels && !sourceLabels.isNull) given.sourceLabels = sourceLabels.strings();
  const text = (name: string, set: (text: string) => void) => {
    const field = fields.get(name);
    if (field) set(field.stringOrEmpty());
  };
  text('separator', (separator) => (given.separator = separator));
  text('regex', (regex) => (given.regex = regex));
  text('target_label', (targetLabel) => (given.targetLabel = targetLabel));
  text('replacement', (replacement) => (given.replacement = replacement));
  const modulus = fields.get('modulus');
  if (modulus) given.modulus = modulus.wholeNumber();
  const action = fields.get('action');
  if (action) given.action = readAction(action);

  try {
    return relabelConfig(given);
  } catch (cause) {
    if (!(cause instanceof RelabelConfigError)) throw cause;
    return (fields.get(cause.field) ?? value).fail(cause.message, { cause });
  }
}

function readAction(value: YamlValue): RelabelAction {
  const text = value.stringOrEmpty();
  if (text === '') value.fail('relabel action cannot be empty');
  const action = RELABEL_ACTIONS.find((name) => name === text.toLowerCase());
  if (action) return action;
  const nearest = nearestName(text, RELABEL_ACTIONS);
  const advice =
    nearest === undefined ? `use one of ${RELABEL_ACTIONS.join(', ')}` : `did you mean "${nearest}"?`;
  return value.fail(`unknown relabel action "${text}"; ${advice}`);
}
