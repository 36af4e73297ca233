import t from 'tap';
import { acceptsGzip, readCaller, WriteTimes } from '../../src/serve/caller.ts';

t.test('whether a caller takes gzip', async (t) => {
  const cases: [header: string, want: boolean, why: string][] = [
    ['', false, 'no header'],
    ['gzip', true, 'as Prometheus asks'],
    ['GZip', true, 'codings know no case'],
    ['x-gzip', true, 'its old name'],
    ['gzip, deflate, br, zstd', true, 'as browsers ask'],
    ['deflate, gzip;q=1.0, *;q=0.5', true, 'with a weight'],
    ['gzip;q=0.001', true, 'the least weight'],
    ['gzip;q=0', false, 'refused'],
    ['gzip; q=0.000', false, 'refused in other words'],
    ['gzip ; Q=0', false, 'parameters know no case'],
    ['identity', false, 'asked for none'],
    ['*', true, 'anything'],
    ['*;q=0', false, 'nothing but identity'],
    ['gzip;q=0, *', false, 'the name stands before the star'],
    ['*;q=0, gzip', true, 'in any order'],
    ['br', false, 'something else'],
    ['gzipped', false, 'only the beginning of it'],
    ['gzip;q=rubbish', false, 'a weight that is none'],
    [',,gzip,', true, 'empty items'],
  ];
  for (const [header, want, why] of cases) t.equal(acceptsGzip(header), want, `${header}: ${why}`);
});

t.test('the timeout of a caller', async (t) => {
  const cases: [header: string | undefined, want: number | undefined][] = [
    [undefined, undefined],
    ['10', 10_000],
    ['9.75', 9_750],
    ['1e1', 10_000],
    ['', undefined],
    ['0', undefined],
    ['-1', undefined],
    ['10s', undefined],
    ['NaN', undefined],
    ['Infinity', undefined],
  ];
  for (const [header, want] of cases) {
    const headers = header === undefined ? {} : { 'x-prometheus-scrape-timeout-seconds': header };
    t.equal(readCaller(headers).timeoutMs, want, `${header}`);
  }
  t.match(readCaller({ 'accept-encoding': 'gzip' }), { gzip: true });
  t.match(readCaller({}), { gzip: false });
});

t.test('what targets get of a timeout', async (t) => {
  const cases: [last: number | undefined, timeout: number, want: number, why: string][] = [
    [0, 10_000, 9_500, 'a twentieth is kept back'],
    [0, 2_000, 1_750, 'a quarter of a second at least'],
    [0, 60_000, 59_000, 'a second at most'],
    [undefined, 10_000, 8_000, 'a fifth before anything is known'],
    [undefined, 1_000, 750, 'a quarter of a second at least then, too'],
    [undefined, 60_000, 57_000, 'three seconds at most'],
    [100, 10_000, 9_500, 'as long as writing is quick'],
    [1_000, 10_000, 8_500, 'then one and a half times what it took'],
    [60_000, 10_000, 5_000, 'never more than half'],
    [undefined, 400, 200, 'of a short one too'],
    [undefined, 501, 251, 'a little more'],
  ];
  for (const [last, timeout, want, why] of cases) {
    const times = new WriteTimes();
    if (last !== undefined) times.record('metrics', last);
    t.equal(times.budget('metrics', timeout), want, why);
    t.equal(times.budget('federate', 10_000), 8_000, 'views do not count for each other');
  }
  const times = new WriteTimes();
  times.record('metrics', 2_000);
  times.record('metrics', 1_000);
  t.equal(times.budget('metrics', 10_000), 8_500, 'only the last counts');
  times.lost('metrics', 900);
  t.equal(times.budget('metrics', 10_000), 8_500, 'who leaves sooner than others need says nothing');
  times.lost('metrics', 2_000);
  t.equal(times.budget('metrics', 10_000), 7_000, 'who waited longer in vain does');
  times.record('metrics', 200);
  t.equal(times.budget('metrics', 10_000), 9_500, 'until one is written sooner');
  times.lost('federate', 3_000);
  t.equal(times.budget('federate', 10_000), 5_500, 'where none was written so far, too');
});
