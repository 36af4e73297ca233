import { compileRegex, describeRegexError } from './regex.ts';

/** Every relabel action of Prometheus. */
export const RELABEL_ACTIONS = [
  'replace',
  'keep',
  'drop',
  'keepequal',
  'dropequal',
  'hashmod',
  'labelmap',
  'labeldrop',
  'labelkeep',
  'lowercase',
  'uppercase',
] as const;

export type RelabelAction = (typeof RELABEL_ACTIONS)[number];

/** One rule of `relabel_configs` with its defaults filled in. Frozen plain data; it can cross threads. */
export interface RelabelConfig {
  readonly sourceLabels: readonly string[];
  readonly separator: string;
  /** Source text in RE2 syntax, without the anchors that matching adds. */
  readonly regex: string;
  /** 0 unless the action is `hashmod`. */
  readonly modulus: number;
  /** Empty unless the action writes or compares a label. */
  readonly targetLabel: string;
  readonly replacement: string;
  readonly action: RelabelAction;
}

/** A rule that Prometheus would refuse. `field` is the YAML name of the field to blame. */
export class RelabelConfigError extends Error {
  override readonly name = 'RelabelConfigError';
  readonly field: string;

  constructor(field: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.field = field;
  }
}

const DEFAULTS: RelabelConfig = Object.freeze({
  sourceLabels: Object.freeze([]),
  separator: ';',
  regex: '(.*)',
  modulus: 0,
  targetLabel: '',
  replacement: '$1',
  action: 'replace',
});

const NEEDS_TARGET: ReadonlySet<RelabelAction> = new Set([
  'replace',
  'hashmod',
  'lowercase',
  'uppercase',
  'keepequal',
  'dropequal',
]);
const REFUSES_REPLACEMENT: ReadonlySet<RelabelAction> = new Set([
  'lowercase',
  'uppercase',
  'keepequal',
  'dropequal',
]);

/** Whether `name` is a label name in the legacy character set, the one that text 0.0.4 can carry unquoted. */
export function isValidLabelName(name: string): boolean {
  return /^[a-zA-Z_][a-zA-Z0-9_]*$/.test(name);
}

/** Whether `text` can become a label name once `$1`, `${1}` and `${name}` are expanded. */
function isLabelNameTemplate(text: string): boolean {
  return /^(?:[a-zA-Z_]|\$(?:\{\w+\}|\w))(?:\w|\$(?:\{\w+\}|\w))*$/.test(text);
}

/**
 * A rule with Prometheus' defaults for the fields that are not given, frozen.
 * An absent field and one given with its default value differ: `keepequal` refuses `regex: (.*)`, as Prometheus does.
 * @throws RelabelConfigError where Prometheus' `relabel.Config` refuses the rule
 */
export function relabelConfig(given: Partial<RelabelConfig>): RelabelConfig {
  const config: RelabelConfig = {
    ...DEFAULTS,
    ...given,
    sourceLabels: Object.freeze([...(given.sourceLabels ?? [])]),
  };
  checkValues(config);
  checkTarget(config);
  checkRefusedFields(config, given);
  return Object.freeze(config);
}

function checkValues(config: RelabelConfig): void {
  for (const name of config.sourceLabels) {
    if (!isValidLabelName(name)) {
      throw new RelabelConfigError('source_labels', `"${name}" is not a valid label name`);
    }
  }
  try {
    compileRegex(config.regex);
  } catch (cause) {
    const reason = describeRegexError(cause);
    throw new RelabelConfigError('regex', `regex "${config.regex}" is not valid RE2: ${reason}`, { cause });
  }
  if (!Number.isSafeInteger(config.modulus) || config.modulus < 0) {
    throw new RelabelConfigError(
      'modulus',
      `modulus must be a whole number from 0 to ${Number.MAX_SAFE_INTEGER}`,
    );
  }
  if (config.action === 'hashmod' && config.modulus === 0) {
    throw new RelabelConfigError('modulus', "relabel action hashmod requires a 'modulus' other than zero");
  }
}

function checkTarget({ action, targetLabel, replacement }: RelabelConfig): void {
  if (NEEDS_TARGET.has(action)) {
    if (targetLabel === '') {
      throw new RelabelConfigError('target_label', `relabel action ${action} requires 'target_label'`);
    }
    const isValid = action === 'replace' ? isLabelNameTemplate(targetLabel) : isValidLabelName(targetLabel);
    if (!isValid) {
      throw new RelabelConfigError(
        'target_label',
        `"${targetLabel}" is no valid 'target_label' for action ${action}`,
      );
    }
  }
  if (action === 'labelmap' && !isLabelNameTemplate(replacement)) {
    throw new RelabelConfigError(
      'replacement',
      `"${replacement}" is no valid 'replacement' for action labelmap`,
    );
  }
}

function checkRefusedFields(config: RelabelConfig, given: Partial<RelabelConfig>): void {
  const { action } = config;
  const refuse = (field: string, allowed: string): never => {
    throw new RelabelConfigError(field, `relabel action ${action} takes only ${allowed}, not '${field}'`);
  };
  const changed = (key: 'separator' | 'modulus' | 'replacement' | 'targetLabel') =>
    config[key] !== DEFAULTS[key];

  if (action === 'keepequal' || action === 'dropequal') {
    const allowed = "'source_labels' and 'target_label'";
    if (given.regex !== undefined) refuse('regex', allowed);
    if (changed('modulus')) refuse('modulus', allowed);
    if (changed('separator')) refuse('separator', allowed);
    if (changed('replacement')) refuse('replacement', allowed);
  }
  if (action === 'labeldrop' || action === 'labelkeep') {
    const allowed = "'regex'";
    if (given.sourceLabels !== undefined) refuse('source_labels', allowed);
    if (changed('targetLabel')) refuse('target_label', allowed);
    if (changed('modulus')) refuse('modulus', allowed);
    if (changed('separator')) refuse('separator', allowed);
    if (changed('replacement')) refuse('replacement', allowed);
  }
  if (REFUSES_REPLACEMENT.has(action) && changed('replacement')) {
    throw new RelabelConfigError('replacement', `'replacement' cannot be set for relabel action ${action}`);
  }
}
