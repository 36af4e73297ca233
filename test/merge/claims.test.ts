import t from 'tap';
import { ClaimFinder } from '../../src/merge/claim-finder.ts';
import { claimsOf, claimTexts, REPORT_OWNER } from '../../src/merge/claims.ts';
import { findDuplicates } from '../../src/merge/duplicates.ts';
import { runToEnd } from '../../src/exposition/body-reader.ts';
import { read, rulesOf } from '../exposition/fixture.ts';
import type { ShareTarget } from '../../src/merge/share.ts';

const A = { instance: 'a', job: 'j', pod: 'a' };
const B = { instance: 'b', job: 'j', pod: 'b' };

function targetOf(labels: Record<string, string>, body: string): ShareTarget {
  const rules = rulesOf(labels);
  const exposition = read(body, { rules });
  const outcome = {
    up: true,
    durationSeconds: 1,
    samples: exposition.samples,
    samplesPost: exposition.samples,
    wireBytes: 0,
    bodyBytes: 0,
  };
  return { rules, outcome, exposition };
}

const labelsOf = (target: Record<string, string>): [string, string][] => Object.entries(target);

t.test('label names tell where two targets may have the same series', async (t) => {
  const cases: readonly (readonly [
    targets: readonly Record<string, string>[],
    labels: readonly string[],
    want: boolean,
    why: string,
  ])[] = [
    [[A, B], [], false, 'no labels of their own'],
    [[A, B], ['x,y'], false, 'labels that no target has'],
    [[A, B], ['instance'], false, 'one of two that differ'],
    [[A, B], ['instance,x,pod'], true, 'both'],
    [[A, B], ['instance pod'], true, 'both, in different samples'],
    [[A, B], ['*'], true, 'any'],
    [[A, A], [], true, 'targets that are alike'],
    [[A], ['*'], false, 'one target'],
    [[A, { ...A, node: 'n' }], ['node'], true, 'a label that only one of them has'],
    [[A, { ...A, node: '' }], [], true, 'an empty label is none'],
    [[A, B, { instance: 'c', job: 'j', pod: 'a' }], ['instance'], true, 'two of three are alike without it'],
  ];
  for (const [targets, labels, want, why] of cases) {
    const finder = new ClaimFinder(targets.map(labelsOf));
    t.equal(finder.mayCollide(labels), want, why);
    t.equal(finder.mayCollide(labels), want, 'and again');
  }
});

t.test('series of two targets are found, whatever the order of their labels', async (t) => {
  const first = targetOf(A, 'm{x="1"} 1\nm{x="2"} 1\nm{x="2"} 2 5\nother 1\n');
  const second = targetOf(
    B,
    'm{pod="a",x="2",instance="a"} 3\nm{x="3"} 1\nm{instance="a",pod="a",x="1",y=""} 3\n',
  );
  const families = ['m'];
  const claims = [[first], [second]].map((targets) => runToEnd(claimsOf(targets, families)));
  t.equal(claims[0]!.hashes.length, 3, 'only those families');
  const { count, named } = runToEnd(findDuplicates(claims));
  t.equal(count, 2, 'what a target has twice is none');
  const places = named.map(({ other }) => other.place);
  t.same(runToEnd(claimTexts([second], families, places)), [
    'm{instance="a",job="j",pod="a",x="2"}',
    'm{instance="a",job="j",pod="a",x="1"}',
  ]);
  t.match(named[0], { first: { worker: 0, owner: 0 }, other: { worker: 1, owner: 0 } });
  const together = runToEnd(findDuplicates([runToEnd(claimsOf([first, second], families))]));
  t.equal(together.count, 2, 'the same in one worker');
});

t.test('a report series is the first, wherever a pod exposes it', async (t) => {
  const impostor = targetOf(A, 'up{instance="b",pod="b"} 1\n');
  const honest = targetOf(B, 'm 1\n');
  const claims = [[impostor], [honest]].map((targets) => runToEnd(claimsOf(targets, ['up'])));
  const { count, named } = runToEnd(findDuplicates(claims));
  t.equal(count, 1);
  t.match(named[0], { first: { worker: 1, owner: REPORT_OWNER }, other: { worker: 0, owner: 0 } });
  const own = targetOf(A, 'up 0\n');
  t.equal(runToEnd(findDuplicates([runToEnd(claimsOf([own], ['up']))])).count, 1, 'its own is one too');
});
