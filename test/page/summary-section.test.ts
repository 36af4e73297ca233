import t from 'tap';
import { readPageQuery } from '../../src/page/page-query.ts';
import { summarySection } from '../../src/page/summary-section.ts';
import { rowOf } from './fixture.ts';

t.test('a component is red where a target of it is down, not where one is not known yet', async (t) => {
  const rows = [
    rowOf({ component: 'virt-controller', state: 'up' }),
    rowOf({ component: 'virt-controller', state: 'unknown' }),
    rowOf({ component: 'virt-handler', state: 'up' }),
    rowOf({ component: 'virt-handler', state: 'down', reason: 'timeout' }),
    rowOf({ component: 'virt-handler', state: 'unknown' }),
  ];
  const query = readPageQuery(new URLSearchParams());
  const text = String(summarySection(rows, query, { now: 0, waiting: '', late: 0 }));
  t.match(text, /virt-controller<\/a>\s*<span class="">1 of 2</);
  t.match(text, /virt-handler<\/a>\s*<span class="down">1 of 3</);
});
