import { gzipSync } from 'node:zlib';
import t from 'tap';
import type { Labels } from '../../src/discovery/target.ts';
import { BodySizeError, SampleLimitError } from '../../src/exposition/body-form.ts';
import { NO_LABEL_LIMITS, type LabelLimits } from '../../src/exposition/label-limits.ts';
import { LabelRules } from '../../src/exposition/label-rules.ts';
import { ScanError } from '../../src/exposition/scan-error.ts';
import { Workshop } from '../../src/exposition/workshop.ts';
import { read, thrownBy } from './fixture.ts';

const target = [
  ['instance', 'i'],
  ['job', 'j'],
] as const;

function rulesWith(limits: Partial<LabelLimits>, labels: Labels = target, honorLabels = true): LabelRules {
  return new LabelRules(labels, honorLabels, true, { ...NO_LABEL_LIMITS, ...limits });
}

t.test('limits of labels count what is stored in the end', async (t) => {
  const cases: readonly (readonly [
    limits: Partial<LabelLimits>,
    body: string,
    want: string,
    why: string,
    honorLabels?: boolean,
  ])[] = [
    [{ labelLimit: 4 }, 'm{a="1"} 1', '', 'name, two of the target, one'],
    [{ labelLimit: 3 }, 'm{a="1"} 1', 'label_limit', 'one too many'],
    [{ labelLimit: 3 }, 'm{a=""} 1', '', 'an empty one is none'],
    [{ labelLimit: 3 }, 'm{job="own"} 1', '', 'in place of the target’s'],
    [{ labelLimit: 3 }, 'm{job="own"} 1', 'label_limit', 'both, when labels are not honored', false],
    [{ labelLimit: 2 }, 'm 1', 'label_limit', 'the target’s alone'],
    [{ labelNameLengthLimit: 8 }, 'm{abcdefgh="1"} 1', '', 'just not too long'],
    [{ labelNameLengthLimit: 8 }, 'm{abcdefghi="1"} 1', 'label_name_length_limit', 'too long'],
    [{ labelNameLengthLimit: 8 }, 'm{abcdefghi=""} 1', '', 'too long and empty'],
    [{ labelNameLengthLimit: 7 }, 'm 1', 'label_name_length_limit', '__name__ and instance are longer'],
    [{ labelNameLengthLimit: 8 }, 'm{job="x"} 1', 'label_name_length_limit', 'exported_job', false],
    [{ labelValueLengthLimit: 3 }, 'm{a="123"} 1', '', 'just not too long'],
    [{ labelValueLengthLimit: 3 }, 'm{a="1234"} 1', 'label_value_length_limit', 'too long'],
    [{ labelValueLengthLimit: 3 }, 'm{a="1\\n\\n"} 1', '', 'escapes are one byte'],
    [{ labelValueLengthLimit: 3 }, 'm{a="éé"} 1', 'label_value_length_limit', 'bytes, not characters'],
    [{ labelValueLengthLimit: 3 }, 'metr 1', 'label_value_length_limit', 'the name is a value'],
  ];
  for (const [limits, body, want, why, honorLabels] of cases) {
    const rules = rulesWith(limits, target, honorLabels);
    // Twice before it, so that lines like it are predicted.
    const lines = `ok 1\nok 2\n${body}\n`;
    if (want === '') {
      t.equal(read(lines + body.replace(' 1', ' 2') + '\n', { rules }).samples, 4, why);
      continue;
    }
    const again = want === 'label_value_length_limit' ? 'm{a="1"} 1\nm{a="2"} 2\n' : '';
    for (const text of want === 'label_limit' && body === 'm 1' ? [`${body}\n`] : [lines, again + lines]) {
      const error = thrownBy(() => read(text, { rules }));
      t.ok(error instanceof ScanError, why);
      t.match(error, { limit: /^label/, message: /exceeded \(metric: / }, why);
    }
  }
  const error = thrownBy(() =>
    read('ok 1\nm{a="1234"} 1\nok 2\n', { rules: rulesWith({ labelValueLengthLimit: 3 }) }),
  );
  t.match(error, {
    line: 2,
    limit: 'label_value_length_limit',
    samples: 2,
    samplesPost: 1,
    message: 'line 2: label_value_length_limit exceeded (metric: m, label name: a, length: 4, limit: 3)',
  });
});

t.test('a label of the target’s can be too long for every sample but those that replace it', async (t) => {
  const rules = rulesWith({ labelValueLengthLimit: 3 }, [
    ['instance', 'long'],
    ['job', 'j'],
  ]);
  t.equal(read('m{instance="x"} 1\nm{instance="y"} 2\n', { rules }).samples, 2);
  t.match(
    thrownBy(() => read('m{instance="x"} 1\nm{instance="y"} 2\nm 3\n', { rules })),
    { limit: 'label_value_length_limit', line: 3 },
  );
});

t.test('sample_limit is found at the end, with all samples counted', async (t) => {
  const body = 'a 1\nb 1\nb 2\n';
  t.equal(read(body, { sampleLimit: 3 }).samples, 3);
  t.match(
    thrownBy(() => read(body, { sampleLimit: 2 })),
    { samples: 3, message: 'sample_limit exceeded (number of samples: 3, limit: 2)' },
  );
  t.ok(thrownBy(() => read(body, { sampleLimit: 2 })) instanceof SampleLimitError);
  t.match(
    thrownBy(() => read(`${body}b x\n`, { sampleLimit: 2 })),
    { line: 4, samples: 3 },
    'a line that is wrong comes first, as in Prometheus',
  );
});

t.test('what breaks a body as a whole counts before a line that is wrong', async (t) => {
  const body = `a x\n${'a 1\n'.repeat(500_000)}`;
  t.ok(thrownBy(() => read(body, { chunks: [100_000], limit: body.length + 1 })) instanceof ScanError);
  t.ok(thrownBy(() => read(body, { chunks: [100_000], limit: body.length })) instanceof BodySizeError);
});

t.test('a body may not be blown up beyond measure', async (t) => {
  const body = 'a 1\n'.repeat(300_000);
  const wire = gzipSync(body);
  const times = Math.ceil(body.length / wire.length);
  const reading = { gzip: true, limit: 1e9 };
  t.equal(read(wire, { ...reading, inflation: { from: 1e6, most: times } }).samples, 300_000);
  t.equal(
    read(wire, { ...reading, inflation: { from: 1e7, most: 10 } }).samples,
    300_000,
    'while it is small',
  );
  const error = thrownBy(() => read(wire, { ...reading, inflation: { from: 1e6, most: times - 1 } }));
  t.ok(error instanceof BodySizeError);
  t.match(error, { message: /times its size on the wire; set body_size_limit/ });
  t.equal(read(body, { limit: 1e9, inflation: { from: 1, most: 0 } }).samples, 300_000, 'not without gzip');
});

t.test('without limits nobody looks how near they are', async (t) => {
  // Rules that came from another thread have limits of their own.
  const { usage } = read('m{a="1"} 1\nm{a="2"} 1\n', { rules: rulesWith({}) });
  t.same(usage, { labels: 0, nameLength: 0, valueLength: 0 });
  t.match(read('m{a="1"} 1\n', { rules: rulesWith({ labelLimit: 9 }) }).usage, { labels: 4 });
});

t.test('targets of which one has an empty label do not share what is known of their lines', async (t) => {
  const shop = new Workshop();
  const limits = { ...NO_LABEL_LIMITS, labelLimit: 3 };
  const body = 'm{a="1"} 1\nm{a="2"} 1\nm{a="3"} 1\n';
  const without = new LabelRules([['instance', 'i']], true, true, limits);
  t.equal(read(body, { shop, rules: without }).samples, 3, 'without a job');
  const error = thrownBy(() => read(body, { shop, rules: rulesWith(limits) }));
  t.match(error, { limit: 'label_limit', line: 1 }, 'with one');
});

t.test('beyond sample_limit, lines with a label twice are counted in no time', async (t) => {
  const families = Array.from({ length: 20_000 }, (_, i) => `f${i} 1\n`).join('');
  const error = thrownBy(() => read(families + 'a{x="1",x="2"} 1\n'.repeat(50_000), { sampleLimit: 10_000 }));
  t.match(error, { samples: 70_000 });
});

t.test('long HELP texts and what comes once are not kept', async (t) => {
  const shop = new Workshop();
  const before = shop.names.bytes;
  const long = `# HELP a ${'x'.repeat(70_000)}\n# HELP b ${'y'.repeat(60_000)}\n`;
  const { families, names } = read(`${long}a 1\nb 1\n`, { shop });
  t.same(
    families.map(({ help }) => (help < 0 ? 0 : names.text(help).length)),
    [0, 60_000],
  );
  t.ok(shop.names.bytes - before < 61_000);
  let held = 0;
  read(`# HELP b ${'z'.repeat(60_000)}\nb 1\n`, { shop, account: { hold: (bytes) => (held = bytes) } });
  t.ok(held > 60_000, 'those that are kept are counted');
});
