import { setImmediate as nextTurn } from 'node:timers/promises';
import t from 'tap';
import { EVERYTHING_UP, manyFamilies } from '../merge/many-families.ts';
import { namesIn } from '../merge/fixture.ts';
import { OpenAnswers } from '../../src/worker/open-answers.ts';
import type { WorkerReply } from '../../src/worker/protocol.ts';

const ENTRY = { target: 1, scrape: 1, outcome: EVERYTHING_UP };

/** Answers that pause as often as they can, over one target with so many families. */
function openAnswers(families: number) {
  const replies: WorkerReply[] = [];
  const target = manyFamilies(families);
  const held = { bytes: 0, targets: 0 };
  const answers = new OpenAnswers(
    {
      reply: (message) => replies.push(message),
      targetOf: ({ scrape }) => {
        if (scrape !== 1) throw new Error(`scrape ${scrape} is gone`);
        held.targets++;
        return target.target;
      },
      letGo: (targets) => (held.targets -= targets.length),
      count: (bytes) => (held.bytes += bytes),
    },
    0,
  );
  /** Lets them do whatever they have to do; they pause a bounded number of times. */
  const settle = async (): Promise<void> => {
    for (let i = 0; i < 2000; i++) await nextTurn();
  };
  return { answers, replies, target, settle, held };
}

const survey = (answer: number, scrape = 1) =>
  ({ type: 'survey', answer, entries: [{ ...ENTRY, scrape }], selectors: [] }) as const;

t.test('pages and parts come by credit', async (t) => {
  const { answers, replies, settle, held } = openAnswers(20_000);
  answers.handle(survey(1));
  await settle();
  t.equal(replies.length, 2, 'two are made ahead');
  for (let i = 0; i < 10; i++) answers.handle({ type: 'more', answer: 1 });
  await settle();
  const pages = replies.splice(0).map((reply) => (reply.type === 'surveyed' ? reply.page : undefined)!);
  t.strictSame(
    pages.map(({ last }) => last),
    [false, false, false, false, true],
    'and no more than there are',
  );
  const names = namesIn(pages);
  t.equal(names.length, 20_004);
  t.strictSame(names, names.toSorted());
  answers.handle({ type: 'compose', answer: 1, order: Int32Array.from(names, (_, i) => i) });
  await settle();
  t.equal(replies.length, 2);
  for (let i = 0; i < 20; i++) answers.handle({ type: 'more', answer: 1 });
  await settle();
  const rows = replies.map((reply) => (reply.type === 'composed' ? reply.part.rows.length / 5 : -1));
  t.equal(
    rows.reduce((sum, count) => sum + count, 0),
    20_004,
    'a row for each family',
  );
  t.ok(Math.max(...rows) < 5000, 'a part ends after some thousands of rows');
  t.ok(held.bytes > 20_000 * 100, `${held.bytes} bytes`);
  answers.handle({ type: 'drop', answer: 1 });
  answers.handle({ type: 'drop', answer: 1 });
  t.strictSame(held, { bytes: 0, targets: 0 }, 'nothing is held in the end');
});

t.test('an answer that is dropped in the middle of its survey is left there', async (t) => {
  const { answers, replies, target, settle } = openAnswers(20_000);
  answers.handle(survey(1));
  for (let i = 0; i < 3; i++) await nextTurn();
  const { looked } = target;
  t.ok(looked > 0 && looked < 20_000, `${looked} families were looked at`);
  answers.handle({ type: 'drop', answer: 1 });
  await settle();
  t.equal(target.looked, looked, 'what it needs may be gone by now');
  t.strictSame(replies, []);
  answers.handle({ type: 'more', answer: 1 });
  answers.handle(survey(2));
  await settle();
  t.equal(replies.length, 2, 'the next one is served');
});

t.test('answers that are surveyed side by side', async (t) => {
  const { answers, replies, settle, held } = openAnswers(3000);
  for (const answer of [1, 2, 3]) answers.handle(survey(answer));
  const [entry] = survey(1).entries;
  answers.handle({ ...survey(4), entries: [entry, { ...entry, scrape: 99 }] });
  await settle();
  t.equal(held.targets, 3, 'what failed lets go of what it had');
  const told = replies.map((reply) => ('answer' in reply ? `${reply.type} ${reply.answer}` : reply.type));
  t.strictSame(told.toSorted(), ['failed 4', 'surveyed 1', 'surveyed 2', 'surveyed 3']);
  answers.handle({ type: 'more', answer: 4 });
  answers.handle({ type: 'drop', answer: 4 });
  await settle();
  t.equal(replies.length, 4);
});

t.test('parts are smaller when many answers are open', async (t) => {
  const { answers, replies, settle } = openAnswers(1500);
  const firstPart = async (answer: number): Promise<number> => {
    answers.handle(survey(answer));
    await settle();
    const names = replies
      .splice(0)
      .flatMap((reply) => (reply.type === 'surveyed' ? namesIn([reply.page]) : []));
    answers.handle({ type: 'compose', answer, order: Int32Array.from(names, (_, i) => i) });
    await settle();
    const [reply] = replies.splice(0);
    return reply?.type === 'composed' ? reply.part.bytes.length : -1;
  };
  const alone = await firstPart(1);
  for (let answer = 2; answer <= 300; answer++) answers.handle({ ...survey(answer), entries: [] });
  await settle();
  replies.length = 0;
  const amongMany = await firstPart(301);
  t.ok(alone > 128 * 1024, `${alone} bytes`);
  t.ok(amongMany >= 64 * 1024 && amongMany < 80 * 1024, `${amongMany} bytes`);
});
