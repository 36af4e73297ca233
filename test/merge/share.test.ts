import { randomBytes } from 'node:crypto';
import t from 'tap';
import { BlockDeflater } from '../../src/exposition/block-deflater.ts';
import { REPORT_FAMILIES } from '../../src/merge/report.ts';
import type { Share, ShareTarget } from '../../src/merge/share.ts';
import { down, exposed, merge, namesIn, shareOf, up } from './fixture.ts';

const REASON_HELP = REPORT_FAMILIES.find(({ name }) => name === 'scrape_failure_reason')!.help;
const pod = (name: string): Record<string, string> => ({ instance: name, job: 'j' });
const at = (name: string): string => `instance="${name}",job="j"`;

t.test('a whole answer', async (t) => {
  const targets = [
    up(pod('a'), '# HELP m Text.\n# TYPE m gauge\nm{x="1"} 1\nm 2 3\nup{instance="b"} 7\n'),
    down(pod('b'), 'timeout'),
    up({ ...pod('c'), reason: 'why' }, 'z 1\n# TYPE m gauge\nm 3\n'),
  ];
  const want = `# HELP m Text.
# TYPE m gauge
m{${at('a')},x="1"} 1
m{${at('a')}} 2 3
m{${at('c')},reason="why"} 3
# HELP scrape_duration_seconds Duration of the scrape in seconds.
# TYPE scrape_duration_seconds gauge
scrape_duration_seconds{${at('a')}} 0.5
scrape_duration_seconds{${at('b')}} 2
scrape_duration_seconds{${at('c')},reason="why"} 0.5
# HELP scrape_failure_reason ${REASON_HELP}
# TYPE scrape_failure_reason gauge
scrape_failure_reason{${at('b')},reason="timeout"} 1
# HELP scrape_samples_post_metric_relabeling Number of samples that remained after metric relabeling.
# TYPE scrape_samples_post_metric_relabeling gauge
scrape_samples_post_metric_relabeling{${at('a')}} 3
scrape_samples_post_metric_relabeling{${at('b')}} 0
scrape_samples_post_metric_relabeling{${at('c')},reason="why"} 2
# HELP scrape_samples_scraped Number of samples that the target exposed.
# TYPE scrape_samples_scraped gauge
scrape_samples_scraped{${at('a')}} 3
scrape_samples_scraped{${at('b')}} 0
scrape_samples_scraped{${at('c')},reason="why"} 2
# HELP up Whether the scrape of the target succeeded (1) or failed (0).
# TYPE up gauge
up{${at('a')}} 1
up{${at('b')}} 0
up{${at('c')},reason="why"} 1
up{job="j",instance="b"} 7
z{${at('c')},reason="why"} 1
`;
  t.equal(merge([targets]).text, want);
});

t.test('over several workers each family still stands once, with the targets in their order', async (t) => {
  const targets = ['a', 'b', 'c', 'd', 'e'].map((name) =>
    up(pod(name), `# TYPE m gauge\nm 1\nm 2\nup 9\n# HELP only_${name} x\nonly_${name} 1\n`),
  );
  for (const split of [[5], [2, 3], [1, 1, 3], [0, 5], [5, 0, 0]]) {
    let from = 0;
    const workers = split.map((count) => targets.slice(from, (from += count)));
    const { text } = merge(workers);
    const lines = text.split('\n');
    const of = (family: string): string[] => lines.filter((line) => line.startsWith(`${family}{`));
    const names = ['a', 'b', 'c', 'd', 'e'];
    const about = `split as ${split.join('+')}`;
    t.strictSame(
      of('m'),
      names.flatMap((name) => [`m{${at(name)}} 1`, `m{${at(name)}} 2`]),
      about,
    );
    t.strictSame(
      of('up'),
      [1, 9].flatMap((value) => names.map((name) => `up{${at(name)}} ${value}`)),
      `${about}: no target stands before the report`,
    );
    t.equal(lines.filter((line) => line === '# TYPE m gauge').length, 1, about);
    for (const name of names)
      t.equal(lines.filter((line) => line === `# HELP only_${name} x`).length, 1, about);
    t.match(text, /\n$/);
  }
});

t.test('small blocks, large blocks and both beside each other', async (t) => {
  const few = (name: string): ShareTarget => up(pod(name), 'm 1\n');
  const many = (name: string, bytes: number): ShareTarget => {
    const noise = randomBytes(bytes / 2).toString('hex');
    return up(
      pod(name),
      Array.from(
        { length: bytes / 100 },
        (_, i) => `m{x="${noise.slice(i * 100, i * 100 + 100)}"} ${i}\n`,
      ).join(''),
    );
  };
  const tables: readonly (readonly [targets: readonly ShareTarget[], why: string])[] = [
    [Array.from({ length: 300 }, (_, i) => few(`t${i}`)), 'a run of small ones'],
    [
      [few('a'), many('b', 50_000), few('c'), few('d'), many('e', 50_000), many('f', 5000), few('g')],
      'all kinds',
    ],
    [[few('a'), many('b', 5_000_000), few('c'), many('d', 3_000_000), few('e')], 'larger than a part'],
    [
      Array.from({ length: 40 }, (_, i) =>
        up(pod(`t${i}`), `m{x="${'é'.repeat(2000)}"} 1\n`, { keepSmall: i % 2 === 0 }),
      ),
      'small ones that were deflated alone',
    ],
  ];
  for (const [targets, why] of tables) {
    const samples = targets.reduce((sum, { outcome }) => sum + outcome.samples, 0);
    const one = merge([targets]);
    t.equal(exposed(one).length, samples, why);
    const order = exposed(one).map((line) => /instance="(\w+)"/.exec(line)![1]!);
    t.strictSame(
      order.filter((name, i) => name !== order[i - 1]),
      targets.map(
        ({ rules }) => /instance="(\w+)"/.exec(Buffer.from(rules.injection(0).before).toString())![1]!,
      ),
      why,
    );
    t.ok(merge([targets.slice(0, 3), targets.slice(3)]).text.length === one.text.length, why);
  }
});

t.test('a family of small blocks that is larger than a part goes out in parts', async (t) => {
  const targets = Array.from({ length: 900 }, (_, i) =>
    up(pod(`t${i}`), `m{x="${randomBytes(1900).toString('hex')}"} 1\n`),
  );
  const merged = merge([targets]);
  t.ok(merged.parts > 1, `${merged.parts} parts`);
  t.equal(exposed(merged).length, 900);
});

t.test('answers of several callers go on side by side in one worker', async (t) => {
  const deflater = new BlockDeflater();
  const body = Array.from(
    { length: 30_000 },
    (_, i) => `m{x="${randomBytes(30).toString('hex')}"} ${i}\n`,
  ).join('');
  const targets = [up(pod('a'), body), up(pod('b'), 'm 1\n')];
  const parts = (share: Share, between: () => void): string[] => {
    const got: string[] = [];
    for (const part of share.compose(Int32Array.from(namesIn(share.survey()), (_, i) => i))) {
      got.push(Buffer.from(part.bytes).toString('hex'));
      between();
    }
    return got;
  };
  const want = parts(shareOf(targets, [], deflater), () => {});
  const other = shareOf(targets, [], deflater);
  const otherParts = other.compose(Int32Array.of(0, 1, 2));
  const got = parts(shareOf(targets, [], deflater), () => otherParts.next());
  t.ok(want.length > 1);
  t.ok(want.join() === got.join());
});

t.test('no targets, and targets without samples', async (t) => {
  t.equal(merge([[]]).text, '');
  t.equal(merge([]).text, '');
  t.match(merge([[up(pod('a'), '')]]).text, /^up\{instance="a",job="j"\} 1$/m);
  t.match(merge([[], [down(pod('a'), 'dns')], []]).text, /^up\{instance="a",job="j"\} 0$/m);
});
