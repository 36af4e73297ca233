import { NO_LIMITS } from '../../src/config/limits-section.ts';
import { job } from './case.ts';
import type { BadCase, GoodCase } from './case.ts';

const KIB = 1024;
const MIB = 1024 * KIB;
const LIMITS = 'scrapeConfigs.0.limits';

/** The counts: each is read in the same way. */
const COUNTS = {
  sample_limit: 'sampleLimit',
  label_limit: 'labelLimit',
  label_name_length_limit: 'labelNameLengthLimit',
  label_value_length_limit: 'labelValueLengthLimit',
  target_limit: 'targetLimit',
};

function size(text: string, bytes: number): GoodCase {
  return {
    yaml: job(`body_size_limit: ${text}`),
    want: { [`${LIMITS}.bodySizeLimit`]: bytes },
    why: `body_size_limit ${text}`,
    prometheus: 'takes',
  };
}

function badSize(text: string, told: string = text): BadCase {
  return {
    yaml: job(`body_size_limit: ${text}`),
    want: `3:22: "body_size_limit": "${told}" is not a size; write it with a unit, like 512MB or 1.5GiB`,
    why: `body_size_limit ${text}`,
    prometheus: 'refuses',
  };
}

function count(text: string, number: number): GoodCase {
  return {
    yaml: job(`sample_limit: ${text}`),
    want: { [`${LIMITS}.sampleLimit`]: number },
    why: `sample_limit ${text}`,
    prometheus: 'takes',
  };
}

function badCount(text: string, told: string = text): BadCase {
  return {
    yaml: job(`sample_limit: ${text}`),
    want: `3:19: "sample_limit" must be a whole number, not "${told}"`,
    why: `sample_limit ${text}`,
    prometheus: 'refuses',
  };
}

/** A global section on line 1 and a scrape config; 2.42 has no limits in `global`. */
function inherited(given: string, own: string, want: GoodCase['want'], why: string): GoodCase {
  return {
    yaml: `global: { ${given} }\n${job(...(own === '' ? [] : [own]))}`,
    want,
    why,
    prometheus: 'refuses',
    newer: 'takes',
  };
}

export const GOOD_LIMITS: readonly GoodCase[] = [
  size('10MB', 10 * MIB),
  size('1GiB', 1024 * MIB),
  size('1.5KB', 1536),
  size('1GiB512MiB', 1536 * MIB),
  size('"+.5MB"', MIB / 2),
  size('1025B', 1025),
  size('8EiB', 2 ** 63),
  size('0', 0),
  size('"0"', 0),
  size('0.9B', 0),
  size('', 0),
  size('~', 0),
  size('-1MB', -MIB),
  count('5000', 5000),
  count('0', 0),
  count('', 0),
  count('~', 0),
  count('1_000', 1000),
  count('0x10', 16),
  count('010', 8),
  count('08', 8),
  count('0b11', 3),
  count('1e3', 1000),
  count('5.0', 5),
  count('+5', 5),
  ...Object.entries(COUNTS).flatMap(([field, name]): GoodCase[] => [
    {
      yaml: job(`${field}: 7`),
      want: { [LIMITS]: { ...NO_LIMITS, [name]: 7 } },
      why: field,
      prometheus: 'takes',
    },
    inherited(`${field}: 7`, '', { [LIMITS]: { ...NO_LIMITS, [name]: 7 } }, `${field} of the global section`),
    inherited(`${field}: 7`, `${field}: 0`, { [`${LIMITS}.${name}`]: 7 }, 'zero takes the global one'),
    inherited(`${field}: 7`, `${field}: 9`, { [`${LIMITS}.${name}`]: 9 }, 'its own one, though greater'),
    inherited(`${field}:`, '', { [LIMITS]: NO_LIMITS }, 'an empty global one'),
  ]),
  inherited('body_size_limit: 1MB', '', { [`${LIMITS}.bodySizeLimit`]: MIB }, 'the global size'),
  inherited('body_size_limit: 1MB', 'body_size_limit: 0', { [`${LIMITS}.bodySizeLimit`]: MIB }, 'likewise'),
  inherited('body_size_limit: 1MB', 'body_size_limit: 2MB', { [`${LIMITS}.bodySizeLimit`]: 2 * MIB }, 'own'),
  inherited('body_size_limit: 1MB', 'body_size_limit: -1B', { [`${LIMITS}.bodySizeLimit`]: -1 }, 'lifted'),
  inherited('body_size_limit: -1MB', '', { [`${LIMITS}.bodySizeLimit`]: -MIB }, 'a negative one is none'),
  {
    yaml: job(
      'body_size_limit: 10MB',
      'sample_limit: 1',
      'label_limit: 2',
      'label_name_length_limit: 3',
      'label_value_length_limit: 4',
      'target_limit: 5',
    ),
    want: {
      [LIMITS]: {
        bodySizeLimit: 10 * MIB,
        sampleLimit: 1,
        labelLimit: 2,
        labelNameLengthLimit: 3,
        labelValueLengthLimit: 4,
        targetLimit: 5,
      },
    },
    why: 'all limits',
    prometheus: 'takes',
  },
];

export const BAD_LIMITS: readonly BadCase[] = [
  badSize('10'),
  badSize('-1'),
  badSize('00'),
  badSize('1kB'),
  badSize('1M'),
  badSize('1mb'),
  badSize('1 MB'),
  badSize('1GiB1MB'),
  badSize('0x10'),
  badSize('true'),
  badSize('""', ''),
  {
    yaml: job('body_size_limit: 9EiB'),
    want: '3:22: "body_size_limit": size "9EiB" is out of range',
    why: 'more than 64 bits',
    prometheus: 'refuses',
  },
  {
    yaml: job('body_size_limit: [1MB]'),
    want: '3:22: "body_size_limit" must be a single value',
    why: 'a list of sizes',
    prometheus: 'refuses',
  },
  badCount('-1'),
  badCount('"5"', '5'),
  badCount('""', ''),
  badCount('true'),
  badCount('1:30'),
  badCount('_1'),
  badCount('10MB'),
  badCount('.inf'),
  {
    yaml: job('sample_limit: 1.5'),
    want: '3:19: "sample_limit" must be a whole number, not "1.5"',
    why: 'a fraction, which Prometheus would cut off',
    prometheus: 'takes',
  },
  {
    yaml: job('sample_limit: 18446744073709551615'),
    want: '3:19: "sample_limit" must be at most 9007199254740991',
    why: 'beyond what is exact',
    prometheus: 'takes',
  },
  {
    yaml: job('sample_limit: 1e30'),
    want: '3:19: "sample_limit" must be at most 9007199254740991',
    why: 'beyond 64 bits',
    prometheus: 'refuses',
  },
  {
    yaml: job('label_limit: []'),
    want: '3:18: "label_limit" must be a single value',
    why: 'a list of counts',
    prometheus: 'refuses',
  },
  {
    yaml: 'global: { body_size_limit: 10 }',
    want: '1:28: "body_size_limit": "10" is not a size',
    why: 'a global size without a unit',
    prometheus: 'refuses',
  },
  {
    yaml: 'global: { target_limit: -1 }',
    want: '1:25: "target_limit" must be a whole number, not "-1"',
    why: 'a negative global count',
    prometheus: 'refuses',
  },
  {
    yaml: job('sample_limits: 1'),
    want: '3:5: unknown field "sample_limits" in a scrape config; did you mean "sample_limit"?',
    why: 'a typo in a limit',
    prometheus: 'refuses',
  },
];
