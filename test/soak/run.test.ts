import t from 'tap';

import { childrenOf } from '../../soak/children.ts';
import { soak } from '../../soak/soak.ts';

t.test('a few seconds of it', async (t) => {
  const before = childrenOf(process.pid);
  const lines: string[] = [];
  const problems = await soak({
    seconds: 4,
    seed: 1,
    pods: 8,
    signal: new AbortController().signal,
    print: (line) => lines.push(line),
  });
  t.same(problems, [], lines.join('\n'));
  const answers = Number(/^(\d+) answers checked/m.exec(lines.join('\n'))?.[1]);
  t.ok(answers > 2, `${answers} answers`);
  t.match(lines.join('\n'), /at rest: \d+ connections to \d+ targets/);
  t.same(childrenOf(process.pid), before, 'its processes have ended');
});

t.test('it can be broken off', async (t) => {
  const lines: string[] = [];
  const broken = new AbortController();
  const problems = await soak({
    seconds: 600,
    seed: 1,
    pods: 4,
    signal: broken.signal,
    print(line) {
      lines.push(line);
      broken.abort();
    },
  });
  t.same(problems, []);
  t.notMatch(lines.join('\n'), /at rest/);
});
