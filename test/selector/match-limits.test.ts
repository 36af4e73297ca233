import t from 'tap';
import { MatchCostError, MatchLimits } from '../../src/selector/match-limits.ts';
import { compilePattern } from '../../src/selector/value-matcher.ts';

t.test('a value that is too long for a pattern is not looked at', async (t) => {
  const fits = compilePattern('.*[0-9]a.{40}zz.*');
  t.equal(fits('1'.repeat(1000)), false);
  t.throws(
    () => fits('1'.repeat(2_000_000)),
    new MatchCostError(
      'match[]: the pattern `.*[0-9]a.{40}zz.*` takes too long: a label value of 2000000 characters is too long for it; use a simpler one, or select by name first',
    ),
  );
});

t.test('literals and wildcards take any value', async (t) => {
  const long = 'x'.repeat(6_000_000);
  t.equal(compilePattern('.*y')(long), false);
  t.equal(compilePattern('a|b')(long), false);
});

t.test('time counts for all patterns of a question, and at a stretch', async (t) => {
  const limits = new MatchLimits();
  const slowly = (): boolean => {
    const end = performance.now() + 120;
    while (performance.now() < end);
    return true;
  };
  t.equal(limits.run('p', 1, 'v', slowly), true);
  t.throws(() => limits.run('p', 1, 'v', slowly), MatchCostError, 'a stretch is 200 ms');
  limits.begin();
  t.equal(limits.run('p', 1, 'v', slowly), true, 'others had their turn');
});

t.test('each who asks the same question has all of the time', async (t) => {
  let clock = 0;
  t.intercept(performance, 'now', { value: () => clock });
  const limits = new MatchLimits();
  const slowly = (): boolean => ((clock += 150), true);
  const run = (times: number): void => {
    for (let i = 0; i < times; i++) {
      limits.begin();
      limits.run('p', 1, 'v', slowly);
    }
  };
  run(13);
  limits.renew();
  run(13);
  t.throws(() => run(1), MatchCostError);
});
