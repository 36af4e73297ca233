import { writeFileSync } from 'node:fs';
import path from 'node:path';
import t from 'tap';
import { kubevirtConfig } from '../../src/config/kubevirt.ts';
import { startKubernetesApi } from '../../simulator/kubernetes-api.ts';
import { HOSTILE, startHostilePods, startManyTargets } from '../page/pods.ts';
import { get, gzip, startTestGateway } from './fixture.ts';

t.test('the page is safe, tells what is known and scrapes nothing', async (t) => {
  await using gateway = await startHostilePods();
  const page = `${gateway.url}/targets`;
  const before = await get(page);
  t.equal(before.status, 200);
  t.match(before.text, /<strong>0<\/strong> of 3 targets up/);
  t.match(before.text, 'Nobody has asked for');
  t.equal(gateway.requests(), 0, 'it causes no scrape');

  await gateway.round();
  const scraped = gateway.requests();
  t.equal(scraped, 3);

  await t.test('headers', async (t) => {
    const { headers } = await get(page);
    const policy = headers['content-security-policy'] as string;
    t.match(policy, /^default-src 'none'; script-src 'self'; style-src 'self';/);
    t.notMatch(policy, /unsafe|https?:|\*/);
    t.match(headers, {
      'content-type': 'text/html; charset=utf-8',
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'cache-control': 'no-store',
      vary: 'Accept-Encoding',
      'content-encoding': undefined,
    });
    const packed = await get(page, gzip);
    t.equal(packed.headers['content-encoding'], 'gzip');
    t.ok(packed.bytes < packed.text.length / 2);
    t.match(packed.text, '<h2 id="targets-title">Targets</h2>');
  });

  await t.test('what comes from pods and labels is text', async (t) => {
    const { text } = await get(page);
    for (const [what, value] of Object.entries(HOSTILE)) {
      t.notOk(text.includes(value), `${what} is not in it as it is`);
      const [, told = ''] = /(alert\(.*?\))/.exec(value) ?? [];
      t.ok(text.includes(told.replaceAll("'", '&#39;')), `${what} is in it as text`);
    }
    t.same(text.match(/<script[^>]*>/g)?.length, 1, 'one script, its own');
    const bare = text.replaceAll(/"[^"]*"/g, '""');
    t.notMatch(bare, /<[^>]*\s(?:style|on\w+)=/i, 'no inline style, no handlers');
    t.notMatch(text, /(?:src|href)="(?:https?:)?\/\//, 'nothing from elsewhere');
  });

  await t.test('filters, and the links that do it', async (t) => {
    const { text } = await get(page);
    t.match(text, 'href="targets?reason=http_status#targets"');
    const rows = async (query: string): Promise<number> =>
      [...(await get(`${page}?${query}`)).text.matchAll(/class="row-\w+"/g)].length;
    t.equal(await rows('reason=http_status'), 1);
    t.equal(await rows('state=up'), 1);
    t.equal(await rows(`node=${encodeURIComponent(HOSTILE.node)}`), 2);
    t.equal(await rows(`q=${encodeURIComponent(HOSTILE.pod)}`), 1);
    t.equal(await rows('q=nobody'), 0);
    t.match((await get(`${page}?q=nobody`)).text, 'No target is like that.');
  });

  await t.test('limits, dropped targets, discovery, configuration', async (t) => {
    const { text } = await get(page);
    t.match(text, /<dt>sample_limit<\/dt>\s*<dd class="near">\s*100 %/, 'two of two samples');
    t.match(text, /Dropped targets\s*<span class="badge">1</);
    t.match(text, 'kubevirt: rule 2, drop drop =~ .+');
    t.match(text, /in sync/);
    t.match(text, /<pre tabindex="0">scrape_configs:/);
    t.match(text, /<title>1 of 3 up/);
  });

  await t.test('assets', async (t) => {
    const { text } = await get(page);
    const hrefs = [...text.matchAll(/(?:href|src)="(targets\/[^"]+)"/g)].map(([, href]) => href!);
    t.equal(hrefs.length, 3);
    for (const href of hrefs) {
      const { status, headers, text: body } = await get(`${gateway.url}/${href}`);
      t.equal(status, 200, href);
      t.ok(body.length > 100);
      t.match(headers['cache-control'], /immutable/);
      t.equal(headers['x-content-type-options'], 'nosniff');
    }
    for (const name of ['targets/page.000000000000.css', 'targets/page.js', 'targets/..%2Fpage.css'])
      t.equal((await get(`${gateway.url}/${name}`)).status, 404, name);
  });

  await t.test('only GET', async (t) => {
    for (const method of ['POST', 'PUT', 'DELETE']) {
      const response = await fetch(page, { method });
      t.equal(response.status, 404, method);
      await response.text();
    }
  });
  t.equal(gateway.requests(), scraped, 'all of this caused no scrape');
});

t.test('before the first discovery is complete it says what it waits for', async (t) => {
  await using api = await startKubernetesApi();
  api.fault({ status: 500 });
  const kubeconfig = path.join(t.testdir({}), 'kubeconfig');
  writeFileSync(kubeconfig, api.kubeconfig());
  await using gateway = await startTestGateway(kubevirtConfig([]), [`--kubeconfig=${kubeconfig}`]);
  const { status, text } = await get(`${gateway.url}/targets`);
  t.equal(status, 200);
  t.match(text, /Not ready:<\/strong>\s*waiting for the first sync of kubernetes discovery/);
  t.match(text, /waits for its first sync/);
});

t.test('a thousand targets', async (t) => {
  await using gateway = await startManyTargets(1000);
  await gateway.round();
  const page = `${gateway.url}/targets`;
  const { text } = await get(page);
  t.match(text, /<strong>990<\/strong> of 1\u202F000 targets up/);
  t.match(text, '1 to 100 of 1\u202F000 targets');
  t.match(text, 'All 1\u202F000,');
  const names = new Set<string>();
  for (let number = 1; number <= 10; number++) {
    const { text } = await get(`${page}?page=${number}&sort=name`);
    for (const [, name] of text.matchAll(/>(virt-handler-\d+)<\/a\s*>\s*<\/th>\s*<td role="cell"/g))
      names.add(name!);
  }
  t.equal(names.size, 1000, 'every one is on a page');
  t.match((await get(`${page}?page=999`)).text, 'Page 10 of 10', 'beyond the last is the last');
});
