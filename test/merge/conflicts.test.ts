import t from 'tap';
import { merge, up } from './fixture.ts';

const pod = (name: string): Record<string, string> => ({ instance: name, job: 'j' });

t.test('what targets disagree on is told', async (t) => {
  const bodies = [
    '# HELP a one\n# TYPE a gauge\na 1\n# TYPE b gauge\nb 1\n# HELP c x\nc 1\n# TYPE up histogram\nup 1\n',
    '# HELP a two\n# TYPE a counter\na 1\nb 1\n# HELP c x\nc 1\n# HELP up mine\nup 1\n# TYPE d gauge\n',
    '# HELP a two\n# TYPE a counter\na 1\n# HELP b\nb 1\n# HELP b text\n# TYPE h histogram\nh_count 1\n',
    '# TYPE d counter\nd 1\n# TYPE h gauge\nh 1\n',
  ];
  const targets = bodies.map((body, i) => up(pod(`i${i}`), body));
  for (const workers of [[targets], targets.map((target) => [target])]) {
    t.strictSame(
      JSON.parse(JSON.stringify(merge(workers).conflicts)),
      { types: { count: 2, names: ['a', 'h'] }, helps: { count: 1, names: ['a'] } },
      'no TYPE, no HELP and no samples are no opinion, and a pod has none on the report series',
    );
  }
});

t.test('the names of a hundred are told, and how many there are', async (t) => {
  const body = (type: string): string =>
    Array.from({ length: 150 }, (_, i) => `# TYPE m${1000 + i} ${type}\nm${1000 + i} 1\n`).join('');
  const { types, helps } = merge([[up(pod('a'), body('gauge'))], [up(pod('b'), body('counter'))]]).conflicts;
  t.equal(types.count, 150);
  t.equal(types.names.length, 100);
  t.equal(types.names[0], 'm1000');
  t.equal(types.names[99], 'm1099');
  t.strictSame([helps.count, helps.names], [0, []]);
});
