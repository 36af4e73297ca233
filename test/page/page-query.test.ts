import t from 'tap';
import { DEFAULT_QUERY, isFiltering, pageHref, readPageQuery } from '../../src/page/page-query.ts';
import type { PageQuery } from '../../src/page/page-query.ts';

t.test('the query of an address, and the address of a query', async (t) => {
  const cases: readonly (readonly [query: string, want: Partial<PageQuery>, href: string])[] = [
    ['', {}, 'targets'],
    ['q=a+b&state=down', { q: 'a b', state: 'down' }, 'targets?q=a+b&state=down'],
    ['q=%22%3E%3Cscript%3E', { q: '"><script>' }, 'targets?q=%22%3E%3Cscript%3E'],
    ['sort=-samples', { sort: 'samples', descending: true }, 'targets?sort=-samples'],
    ['sort=state', {}, 'targets'],
    ['sort=-state', { descending: true }, 'targets?sort=-state'],
    ['page=3&reason=tls', { page: 3, reason: 'tls' }, 'targets?reason=tls&page=3'],
    ['scale=root&node=n1', { scale: 'root', node: 'n1' }, 'targets?node=n1&scale=root'],
    // What means nothing is passed over.
    ['state=dead&reason=toString&sort=-constructor&scale=cube&page=-1&x=y', {}, 'targets'],
    ['page=1e9999&page=2', {}, 'targets'],
    [`q=${'x'.repeat(2000)}`, { q: 'x'.repeat(1000) }, `targets?q=${'x'.repeat(1000)}`],
  ];
  for (const [text, want, href] of cases) {
    const query = readPageQuery(new URLSearchParams(text));
    t.same(query, { ...DEFAULT_QUERY, ...want }, text);
    t.equal(pageHref(query, { page: query.page }), href, text);
    t.same(readPageQuery(new URLSearchParams(href.slice('targets?'.length))), query, href);
  }
});

t.test('what is changed begins at the first page', async (t) => {
  const query = readPageQuery(new URLSearchParams('page=4&state=up'));
  t.equal(pageHref(query, { sort: 'node' }, 'targets'), 'targets?state=up&sort=node#targets');
  t.equal(isFiltering(query), true);
  t.equal(isFiltering({ ...query, state: '' }), false);
});
