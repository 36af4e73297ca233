import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import t from 'tap';
import type { Page } from 'playwright-core';
import { CHROMIUM_MISSING, inPage, openPage, startChromium } from './chromium.ts';
import { HOSTILE, startHostilePods, startManyTargets } from './pods.ts';

const skip = CHROMIUM_MISSING;
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** What axe finds wrong, one line each. */
async function accessibilityProblems(page: Page): Promise<string[]> {
  // Through the debugger: the page's policy lets no script in.
  await page.evaluate(axe);
  const { violations, passes } = await inPage<{
    passes: unknown[];
    violations: { id: string; nodes: { html: string; failureSummary: string }[] }[];
  }>(page, `axe.run({ runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] })`);
  if (passes.length < 20) return [`only ${passes.length} rules were looked at`];
  return violations.map(
    ({ id, nodes }) => `${id}: ${nodes[0]?.html.slice(0, 300)} ${nodes[0]?.failureSummary} (${nodes.length})`,
  );
}

const rowNames = (page: Page): Promise<string[]> =>
  inPage(page, `[...document.querySelectorAll('.targets tbody th a')].map((a) => a.textContent)`);
const overflow = (page: Page): Promise<number> =>
  inPage(page, 'document.documentElement.scrollWidth - document.documentElement.clientWidth');

t.test('the page in a browser, with pods that mean harm', { skip }, async (t) => {
  await using gateway = await startHostilePods();
  await gateway.round();
  await gateway.round();
  await using browser = await startChromium();
  const address = `${gateway.url}/targets`;

  for (const colorScheme of ['light', 'dark'] as const) {
    for (const width of [1440, 1000, 390, 320]) {
      await t.test(`${colorScheme}, ${width} pixels`, async (t) => {
        await using opened = await openPage(browser, { colorScheme, viewport: { width, height: 800 } });
        const { page, problems, requests } = opened;
        await page.goto(address);
        t.equal(await overflow(page), 0, 'nothing stands out to the right');
        await inPage(page, `document.querySelectorAll('details').forEach((one) => (one.open = true))`);
        t.equal(await overflow(page), 0, 'nor of what is folded out');
        const text = await inPage<string>(page, 'document.body.textContent');
        for (const [what, value] of Object.entries(HOSTILE))
          t.ok(text.includes(value), `${what} is shown as it is`);
        t.equal(await page.locator('script').count(), 1);
        t.equal(await page.locator('img').count(), 0);
        const ground = await inPage<string>(page, 'getComputedStyle(document.body).backgroundColor');
        t.equal(Number(/rgb\((\d+)/.exec(ground)?.[1]) < 30, colorScheme === 'dark', ground);
        t.same(await accessibilityProblems(page), []);
        t.same(problems, []);
        t.same(
          requests.filter((url) => !url.startsWith(`${gateway.url}/targets`)),
          [],
          'nothing is asked of anybody else',
        );
      });
    }
  }

  await t.test('without a script', async (t) => {
    await using opened = await openPage(browser, { javaScriptEnabled: false });
    const { page, problems } = opened;
    await page.goto(address);
    t.equal(await page.getByLabel('Keep up to date').isVisible(), false, 'there is nothing that could');
    await page.locator('[name=state]').selectOption('down');
    await page.getByLabel('Text').fill('rubbish');
    await page.getByRole('button', { name: 'Apply' }).click();
    await page.waitForURL(/q=rubbish/);
    t.equal(await page.getByRole('rowheader', { name: 'rubbish' }).last().isVisible(), true);
    t.equal(await page.locator('.targets tbody tr').count(), 1);
    await page.getByRole('link', { name: 'Clear filters' }).click();
    await page.waitForURL(/targets(?:#.*)?$/);
    t.equal(await page.locator('.targets tbody tr').count(), 3);
    const name = page.locator('.targets').getByRole('columnheader', { name: 'Target' });
    await name.getByRole('link').click();
    await page.waitForURL(/sort=name/);
    t.equal(await name.getAttribute('aria-sort'), 'ascending');
    await name.getByRole('link').click();
    await page.waitForURL(/sort=-name/);
    t.equal(await name.getAttribute('aria-sort'), 'descending');
    t.same(problems, []);
  });

  await t.test('with the keyboard', async (t) => {
    await using opened = await openPage(browser);
    const { page, problems } = opened;
    await page.goto(address);
    await page.keyboard.press('Tab');
    t.equal(await inPage(page, 'document.activeElement.textContent'), 'Skip to the targets');
    await page.keyboard.press('Enter');
    t.equal(await inPage(page, 'document.activeElement.id'), 'targets');
    await page.keyboard.press('Tab');
    t.equal(await inPage(page, 'document.activeElement.name'), 'q');
    const header = page.locator('#sort-samples');
    await header.focus();
    const outline = await inPage(page, 'getComputedStyle(document.activeElement).outlineStyle');
    t.equal(outline, 'solid', 'the focus is seen');
    await page.keyboard.press('Enter');
    await page.waitForURL(/sort=-samples/);
    await page.locator('[aria-sort] #sort-samples').waitFor();
    t.equal(await inPage(page, 'document.activeElement.id'), 'sort-samples', 'the focus stays');
    t.same(problems, []);
  });

  await t.test('links to the answer of the one pod', async (t) => {
    await using opened = await openPage(browser);
    await opened.page.goto(address);
    const href = await opened.page
      .getByRole('link', { name: 'good', exact: true })
      .last()
      .getAttribute('href');
    const query = new URL(href!, address).searchParams;
    t.match(href, /^probe\?/);
    t.match(query.get('target'), /^http:\/\/127\.0\.0\.1:\d+\/metrics$/);
    t.equal(query.get('scrapePool'), 'kubevirt');
    const answer = await fetch(new URL(href!, address));
    t.equal(answer.status, 200);
    t.match(await answer.text(), /^a_metric\{/m);
  });
});

t.test('a thousand pods in a browser', { skip }, async (t) => {
  await using gateway = await startManyTargets(1000);
  await gateway.round();
  await using browser = await startChromium();
  await using opened = await openPage(browser);
  const { page, problems } = opened;
  await page.goto(`${gateway.url}/targets`);

  await t.test('few enough elements', async (t) => {
    const elements = await inPage<number>(page, `document.querySelectorAll('*').length`);
    t.ok(elements < 8000, `${elements} elements`);
    t.equal((await rowNames(page)).length, 100);
    t.equal(await page.locator('.waterfall tbody tr').count(), 16);
  });

  await t.test('the reasons at the top filter', async (t) => {
    await page.getByRole('link', { name: '10 http_status' }).click();
    await page.waitForURL(/reason=http_status/);
    await page.getByText('10 of 1\u202F000 targets', { exact: true }).waitFor();
    t.equal((await rowNames(page)).length, 10);
    t.equal(await page.locator('[name=reason]').inputValue(), 'http_status', 'the form says so');
    await page.goBack();
    await page.getByText('1 to 100 of 1\u202F000 targets', { exact: true }).waitFor();
    t.equal(await page.locator('[name=reason]').inputValue(), '');
  });

  await t.test('typing narrows the rows, and the cursor stays', async (t) => {
    await page.getByLabel('Text').pressSequentially('handler-77');
    await page.getByText('11 of 1\u202F000 targets', { exact: true }).waitFor();
    t.same((await rowNames(page)).slice(0, 2), ['virt-handler-77', 'virt-handler-770']);
    t.equal(await inPage(page, 'document.activeElement.name'), 'q');
    t.equal(await page.getByLabel('Text').inputValue(), 'handler-77');
    t.match(page.url(), /q=handler-77$/, 'the address can be given to others');
    await page.locator('[name=namespace]').selectOption('other');
    await page.getByText('6 of 1\u202F000 targets', { exact: true }).waitFor();
    await page.locator('[name=sort]').selectOption('-name');
    await page.locator('.targets [aria-sort="descending"]').waitFor();
    t.equal((await rowNames(page))[0], 'virt-handler-779');
    await page.getByLabel('Text').fill('<b>');
    await page.getByText('No target is like that.').waitFor();
  });

  await t.test('pages', async (t) => {
    await page.goto(`${gateway.url}/targets?sort=name`);
    await page.getByRole('link', { name: 'Next' }).click();
    await page.getByText('101 to 200 of').waitFor();
    t.equal((await rowNames(page))[0], 'virt-handler-100');
    t.match(page.url(), /page=2/);
  });

  await t.test('what is folded out stays so while the page is kept up to date', async (t) => {
    const first = page.locator('.targets details').first();
    await first.locator('summary').click();
    await first.locator('summary').focus();
    const before = opened.requests.length;
    await page.getByLabel('Keep up to date').check();
    await gateway.round();
    await page.waitForResponse(/targets\?/);
    await page.waitForFunction(`document.querySelector('.targets details').open`);
    t.ok(opened.requests.length > before);
    t.ok((await page.locator('.targets details[open]').count()) === 1);
  });

  t.same(problems, []);
});
