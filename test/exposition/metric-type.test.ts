import t from 'tap';
import { MetricType, suffixes, typeOfWord, typeWord } from '../../src/exposition/metric-type.ts';

t.test('the words of TYPE lines', async (t) => {
  for (const word of ['counter', 'gauge', 'histogram', 'summary', 'untyped'] as const) {
    t.equal(typeOfWord(word), MetricType[word]);
    t.equal(typeWord(MetricType[word]), word);
  }
  for (const word of ['', 'none', 'unknown', 'info', 'stateset', 'gaugehistogram', 'Counter', ' gauge', '0'])
    t.equal(typeOfWord(word), undefined, JSON.stringify(word));
});

t.test('whose samples have suffixes', async (t) => {
  t.strictSame(suffixes(MetricType.histogram), ['_bucket', '_count', '_sum']);
  t.strictSame(suffixes(MetricType.summary), ['_count', '_sum']);
  for (const type of [MetricType.none, MetricType.untyped, MetricType.gauge, MetricType.counter])
    t.strictSame(suffixes(type), []);
});
