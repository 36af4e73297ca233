import t from 'tap';
import { durationMs, formatDuration } from '../../src/config/duration.ts';

const DAY = 86_400_000;

t.test('durations that are taken, and how they are printed', async (t) => {
  const cases: [text: string, ms: number, printed: string][] = [
    ['0', 0, '0s'],
    ['0s', 0, '0s'],
    ['5ms', 5, '5ms'],
    ['1s500ms', 1500, '1s500ms'],
    ['90s', 90_000, '1m30s'],
    ['1m30s', 90_000, '1m30s'],
    ['1h', 3_600_000, '1h'],
    ['25h', 90_000_000, '25h'],
    ['48h', 2 * DAY, '2d'],
    ['14d', 14 * DAY, '2w'],
    ['1y2w', 379 * DAY, '379d'],
    ['365d', 365 * DAY, '1y'],
    ['292y', 292 * 365 * DAY, '292y'],
    ['007s', 7000, '7s'],
  ];
  for (const [text, ms, printed] of cases) {
    t.equal(durationMs(text), ms, text);
    t.equal(formatDuration(ms), printed, `${text} is printed as ${printed}`);
    t.equal(durationMs(printed), ms, `${printed} reads back`);
  }
});

t.test('durations that are refused', async (t) => {
  for (const text of ['', '1', '-1s', '1.5s', '1s1m', '1m1m', ' 1s', '1S', 's', '1d ', '1µs']) {
    t.throws(
      () => durationMs(text),
      { name: 'RangeError', message: /is not a duration; write it like 30s/ },
      text,
    );
  }
  for (const text of ['300y', `${'9'.repeat(400)}s`]) {
    t.throws(() => durationMs(text), { name: 'RangeError', message: /is out of range/ }, text.slice(0, 20));
  }
});
