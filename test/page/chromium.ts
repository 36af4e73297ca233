import { existsSync } from 'node:fs';
import { chromium, type Browser, type BrowserContextOptions, type Page } from 'playwright-core';

const PROGRAM = '/usr/bin/chromium';

/** Why the tests that need it cannot run; false where they can. */
export const CHROMIUM_MISSING: string | false = existsSync(PROGRAM)
  ? false
  : `${PROGRAM} not found: apt-get install chromium`;

/** Neither it nor its pages talk to anybody but the gateway. */
const ARGUMENTS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** Starts a browser. */
export async function startChromium(): Promise<Browser & AsyncDisposable> {
  return await chromium.launch({ executablePath: PROGRAM, args: ARGUMENTS, timeout: 120_000 });
}

/** A page in a browser context of its own, and what went wrong in it: errors on the console, violations of its policy, dialogs. */
export interface WatchedPage extends AsyncDisposable {
  readonly page: Page;
  readonly problems: readonly string[];
  /** Addresses that it asked for. */
  readonly requests: readonly string[];
}

/** Opens a page that is watched. */
export async function openPage(browser: Browser, options: BrowserContextOptions = {}): Promise<WatchedPage> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
  context.setDefaultTimeout(60_000);
  const page = await context.newPage();
  const problems: string[] = [];
  const requests: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') problems.push(message.text());
  });
  page.on('pageerror', ({ message }) => problems.push(message));
  page.on('requestfailed', (request) => {
    // What was overtaken by a newer one.
    if (request.failure()?.errorText !== 'net::ERR_ABORTED') problems.push(`${request.url()} failed`);
  });
  page.on('dialog', (dialog) => {
    problems.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on('request', (request) => requests.push(request.url()));
  return { page, problems, requests, [Symbol.asyncDispose]: () => context.close() };
}

/** Evaluates an expression in the page. */
export async function inPage<T>(page: Page, expression: string): Promise<T> {
  return (await page.evaluate(expression)) as T;
}
