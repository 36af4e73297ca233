import { gzipSync } from 'node:zlib';

import { gzipped, labels, ONE, samples, sized, typed } from './limits-case.ts';
import type { LimitJob } from './limits-case.ts';

const SAMPLE_LIMIT: LimitJob = {
  name: 'sample-limit',
  fields: { sample_limit: 3, honor_labels: true },
  cases: [
    { name: 'none', up: 1, answer: '' },
    { name: 'under', up: 1, answer: samples(2) },
    { name: 'at', up: 1, answer: samples(3) },
    { name: 'over', up: 0, answer: samples(4) },
    { name: 'far-over', up: 0, answer: samples(3_000) },
    { name: 'over-gzip', up: 0, answer: gzipped(samples(4)) },
    { name: 'over-then-bad', up: 0, answer: `${samples(4)}bad{\nb 1\n` },
    { name: 'bad-at-the-limit', up: 0, answer: `${samples(3)}bad{\nb 1\n` },
    { name: 'bad-then-over', up: 0, answer: `bad{\n${samples(4)}` },
    { name: 'over-then-label-twice', up: 0, answer: `${samples(4)}a{b="1",b="2"} 1\n` },
    { name: 'the-same-series', up: 0, upIn3: 1, answer: 'a 1\na 1\na 1\na 1\n' },
    { name: 'too-old-counts', up: 0, answer: `${samples(3)}b 1 1000\n` },
    { name: 'too-old-at', up: 1, answer: `${samples(2)}b 1 1000\n` },
    {
      name: 'metadata-does-not-count',
      up: 1,
      answer: `# TYPE a gauge\n# HELP a x\n# TYPE b gauge\n${samples(3)}`,
    },
    {
      name: 'openmetrics-at',
      up: 1,
      answer: typed('application/openmetrics-text; version=1.0.0', `${samples(3)}# EOF\n`),
    },
    {
      name: 'openmetrics-over',
      up: 0,
      answer: typed('application/openmetrics-text; version=1.0.0', `${samples(4)}# EOF\n`),
    },
    {
      name: 'openmetrics-over-no-end',
      up: 0,
      answer: typed('application/openmetrics-text; version=1.0.0', samples(4)),
    },
  ],
};

/** Five labels come with the target and the name: `__name__`, `instance`, `job` and the two that say which fixture it is. */
const LABEL_LIMIT: LimitJob = {
  name: 'label-limit',
  fields: { label_limit: 8, honor_labels: true },
  cases: [
    { name: 'under', up: 1, answer: labels(2) },
    { name: 'at', up: 1, answer: labels(3) },
    { name: 'over', up: 0, answer: labels(4) },
    { name: 'empty-labels', up: 1, answer: 'a{b="1",c="",d="3",e="",f="5",g=""} 1\n' },
    { name: 'masked-target-label', up: 1, answer: 'a{b="1",c="2",d="3",e="4",instance=""} 1\n' },
    { name: 'own-target-label', up: 1, answer: 'a{b="1",c="2",d="3",instance="x"} 1\n' },
    { name: 'own-target-label-over', up: 0, answer: 'a{b="1",c="2",d="3",e="4",instance="x"} 1\n' },
    { name: 'over-after-good', up: 0, answer: `${ONE}${labels(4)}b 1\n` },
    { name: 'over-then-bad', up: 0, answer: `${ONE}${labels(4)}bad{\n` },
    { name: 'over-and-label-twice', up: 0, answer: 'a{b="1",c="2",d="3",e="4",b="5"} 1\n' },
    { name: 'over-after-shape', up: 0, answer: `${labels(3).repeat(5)}${labels(4)}` },
    { name: 'over-and-too-old', up: 0, answer: labels(4).replace(' 1\n', ' 1 1000\n') },
    {
      name: 'openmetrics-over',
      up: 0,
      answer: typed('application/openmetrics-text; version=1.0.0', `${labels(4)}# EOF\n`),
    },
  ],
};

const LABEL_LIMIT_RENAMED: LimitJob = {
  name: 'label-limit-renamed',
  fields: { label_limit: 8, honor_labels: false },
  cases: [
    { name: 'at', up: 1, answer: 'a{b="1",c="2",job="x"} 1\n' },
    { name: 'over', up: 0, answer: 'a{b="1",c="2",d="3",job="x"} 1\n' },
    { name: 'empty-is-not-renamed', up: 1, answer: 'a{b="1",c="2",d="3",job=""} 1\n' },
  ],
};

const NAME_LENGTH: LimitJob = {
  name: 'label-name-length',
  fields: { label_name_length_limit: 14, honor_labels: true },
  cases: [
    { name: 'at', up: 1, answer: `a{${'l'.repeat(14)}="x"} 1\n` },
    { name: 'over', up: 0, answer: `a{${'l'.repeat(15)}="x"} 1\n` },
    { name: 'over-but-empty', up: 1, answer: `a{${'l'.repeat(15)}=""} 1\n` },
    { name: 'long-metric-name', up: 1, answer: `${'m'.repeat(15)} 1\n` },
  ],
};

const NAME_LENGTH_RENAMED: LimitJob = {
  name: 'label-name-length-renamed',
  fields: { label_name_length_limit: 20, honor_labels: false },
  cases: [
    { name: 'at', up: 1, answer: 'a{fixture_job="x"} 1\n' },
    { name: 'over', up: 0, answer: 'a{fixture_body="x"} 1\n' },
    { name: 'twice-renamed', up: 0, answer: 'a{job="x",exported_job="y",exported_exported_job="z"} 1\n' },
  ],
};

const NAME_LENGTH_OF_TARGET: LimitJob = {
  name: 'label-name-length-target',
  fields: { label_name_length_limit: 11, honor_labels: true },
  cases: [
    { name: 'target-label-is-over', up: 0, answer: ONE },
    { name: 'but-there-is-no-sample', up: 1, answer: '# TYPE a gauge\n' },
    { name: 'masked', up: 1, answer: 'a{fixture_body=""} 1\n' },
  ],
};

const VALUE_LENGTH: LimitJob = {
  name: 'label-value-length',
  fields: { label_value_length_limit: 40, honor_labels: true },
  cases: [
    { name: 'at', up: 1, answer: `a{l="${'x'.repeat(40)}"} 1\n` },
    { name: 'over', up: 0, answer: `a{l="${'x'.repeat(41)}"} 1\n` },
    { name: 'bytes-at', up: 1, answer: `a{l="${'é'.repeat(20)}"} 1\n` },
    { name: 'bytes-over', up: 0, answer: `a{l="${'é'.repeat(20)}x"} 1\n` },
    { name: 'four-bytes-at', up: 1, answer: `a{l="${'😀'.repeat(10)}"} 1\n` },
    { name: 'four-bytes-over', up: 0, answer: `a{l="${'😀'.repeat(11)}"} 1\n` },
    {
      name: 'escapes-at',
      up: 1,
      answer: `a{l="${'\\\\'.repeat(20)}${'\\n'.repeat(10)}${'\\"'.repeat(10)}"} 1\n`,
    },
    {
      name: 'escapes-over',
      up: 0,
      answer: `a{l="${'\\\\'.repeat(20)}${'\\n'.repeat(10)}${'\\"'.repeat(11)}"} 1\n`,
    },
    { name: 'unknown-escapes-at', up: 1, answer: `a{l="${'\\d'.repeat(20)}"} 1\n` },
    { name: 'unknown-escapes-over', up: 0, answer: `a{l="${'\\d'.repeat(20)}x"} 1\n` },
    { name: 'name-at', up: 1, answer: `${'m'.repeat(40)} 1\n` },
    { name: 'name-over', up: 0, answer: `${'m'.repeat(41)} 1\n` },
    { name: 'over-after-shape', up: 0, answer: `${'a{l="x"} 1\n'.repeat(5)}a{l="${'x'.repeat(41)}"} 1\n` },
    { name: `target-label-over-${'x'.repeat(30)}`, up: 0, answer: ONE },
    { name: `no-sample-${'x'.repeat(40)}`, up: 1, answer: '' },
    { name: `masked-${'x'.repeat(40)}`, up: 1, answer: 'a{fixture_body=""} 1\n' },
  ],
};

const BODY_SIZE: LimitJob = {
  name: 'body-size-limit',
  fields: { body_size_limit: '100B', honor_labels: true },
  cases: [
    { name: 'under', up: 1, answer: sized(99) },
    { name: 'at', up: 0, answer: sized(100) },
    { name: 'over', up: 0, answer: sized(101) },
    { name: 'far-over', up: 0, answer: sized(3_000_000) },
    { name: 'no-newline-under', up: 1, answer: sized(100).trimEnd() },
    { name: 'no-newline-at', up: 0, answer: sized(101).trimEnd() },
    { name: 'gzip-under', up: 1, answer: gzipped(sized(99)) },
    { name: 'gzip-at', up: 0, answer: gzipped(sized(100)) },
    { name: 'gzip-over', up: 0, answer: gzipped(sized(101)) },
    { name: 'gzip-far-over', up: 0, answer: gzipped(sized(3_000_000)) },
    { name: 'gzip-grows-on-the-wire', up: 1, answer: gzipped('a 1\n') },
    {
      name: 'gzip-two-members-under',
      up: 1,
      answer: { ...gzipped(''), body: Buffer.concat([gzipSync(sized(50)), gzipSync('b 1\n')]) },
    },
    {
      name: 'gzip-two-members-at',
      up: 0,
      answer: { ...gzipped(''), body: Buffer.concat([gzipSync(sized(50)), gzipSync(sized(50))]) },
    },
    { name: 'bad-under', up: 0, answer: `bad{\n${sized(94)}` },
    { name: 'bad-over', up: 0, answer: `a 1\nbad{\n${sized(100)}` },
    { name: 'empty', up: 1, answer: '' },
  ],
};

const SEVERAL: LimitJob = {
  name: 'several-limits',
  fields: {
    sample_limit: 2,
    label_limit: 7,
    label_value_length_limit: 25,
    body_size_limit: '1KB',
    honor_labels: true,
  },
  cases: [
    { name: 'none-broken', up: 1, answer: labels(2) },
    { name: 'samples-then-labels', up: 0, answer: `${samples(3)}${labels(3)}${samples(3)}` },
    { name: 'labels-then-samples', up: 0, answer: `${labels(3)}${samples(3)}` },
    { name: 'samples-and-value', up: 0, answer: `${samples(3)}a{l="${'x'.repeat(26)}"} 1\n` },
    { name: 'everything', up: 0, answer: `${samples(300)}${labels(9)}` },
  ],
};

const TARGET_LIMITS: readonly LimitJob[] = [
  {
    name: 'target-limit-at',
    fields: { target_limit: 2, honor_labels: true },
    cases: [
      { name: 'first', up: 1, answer: ONE },
      { name: 'second', up: 1, answer: ONE },
    ],
  },
  {
    name: 'target-limit-over',
    fields: { target_limit: 2, honor_labels: true },
    cases: [
      { name: 'first', up: 0, answer: ONE },
      { name: 'second', up: 0, answer: ONE },
      { name: 'third', up: 0, answer: ONE },
    ],
  },
];

/** One job for each limit, some for how labels are renamed, and one in which several limits are broken at once. */
export const LIMIT_JOBS: readonly LimitJob[] = [
  SAMPLE_LIMIT,
  LABEL_LIMIT,
  LABEL_LIMIT_RENAMED,
  NAME_LENGTH,
  NAME_LENGTH_RENAMED,
  NAME_LENGTH_OF_TARGET,
  VALUE_LENGTH,
  BODY_SIZE,
  SEVERAL,
  ...TARGET_LIMITS,
];
