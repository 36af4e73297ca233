import t from 'tap';
import { COLUMNS, readPageQuery } from '../../src/page/page-query.ts';
import { facetValues, selectRows } from '../../src/page/select-rows.ts';
import { rowOf } from './fixture.ts';

const rows = [
  rowOf({ name: 'b-2', node: 'node-2', samples: 5, endedAt: 2000, duration: 0.3 }),
  rowOf({ name: 'b-10', node: 'node-10', component: 'virt-api', samples: 50, bytes: 2, namespace: 'other' }),
  rowOf({ name: 'a', state: 'down', error: 'Connection refused', samples: 0, job: 'more' }),
  rowOf({ name: 'c', state: 'unknown', node: '' }),
  rowOf({ name: 'd', limits: [{ limit: 'sample_limit', ratio: 0.9 }], labels: [['tenant', 'Blue']] }),
];

t.test('filters and orders', async (t) => {
  const cases: readonly (readonly [query: string, want: string, why: string])[] = [
    ['', 'a c b-2 b-10 d', 'trouble first, then by name with numbers as numbers'],
    ['sort=-state', 'b-2 b-10 d c a', 'names go up whatever the direction of the column'],
    ['sort=name', 'a b-2 b-10 c d', ''],
    ['sort=-name', 'd c b-10 b-2 a', ''],
    ['sort=-samples', 'b-10 d b-2 a c', 'what is not known comes last'],
    ['sort=samples', 'a b-2 d b-10 c', 'in either direction'],
    ['sort=-duration', 'b-2 a b-10 d c', ''],
    ['sort=bytes', 'b-10 a b-2 d c', ''],
    ['sort=age', 'b-2 a b-10 d c', 'the youngest first'],
    ['sort=-limit', 'd a b-2 b-10 c', ''],
    ['sort=node', 'c a d b-2 b-10', ''],
    ['sort=component', 'b-10 a b-2 c d', ''],
    ['sort=-namespace', 'b-10 a b-2 c d', ''],
    ['state=up', 'b-2 b-10 d', ''],
    ['state=unknown', 'c', ''],
    ['reason=timeout', 'a', ''],
    ['reason=tls', '', ''],
    ['component=virt-api', 'b-10', ''],
    ['namespace=other', 'b-10', ''],
    ['job=more', 'a', ''],
    ['node=node-1', 'a d', 'a node that there is, and not those that begin like it'],
    ['node=node-', 'a b-2 b-10 d', 'as far as it is typed'],
    ['q=B-', 'b-2 b-10', 'in whatever case'],
    ['q=refused+connection', 'a', 'all words, in any order'],
    ['q=refused+api', '', ''],
    ['q=blue', 'd', 'in labels'],
    ['q=virt-api', 'b-10', ''],
    ['q=.*', '', 'text, not a pattern'],
  ];
  for (const [query, want, why] of cases) {
    const got = selectRows(rows, readPageQuery(new URLSearchParams(query)));
    t.equal(got.map(({ name }) => name).join(' '), want, `${query} ${why}`);
  }
  for (const column of Object.keys(COLUMNS))
    t.ok(
      cases.some(([query]) => query.endsWith(`=${column}`) || query.endsWith(`=-${column}`)) ||
        column === 'state',
      `${column} is tested`,
    );
});

t.test('values to choose from', async (t) => {
  t.same(facetValues(rows, 'node'), ['node-1', 'node-2', 'node-10']);
  t.same(facetValues(rows, 'job'), ['job', 'more']);
});
