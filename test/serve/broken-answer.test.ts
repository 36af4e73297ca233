import { once } from 'node:events';
import { request } from 'node:http';
import type { IncomingMessage } from 'node:http';
import t from 'tap';
import { ask, startPlainPod, startScraper } from '../round/fixture.ts';
import { eventually, get, gzip, largeBody, patient, startTestServer, valueOf } from './fixture.ts';

t.test('an answer that fails after it has begun does not end well', async (t) => {
  const large = largeBody(120_000);
  await using pod = await startPlainPod({ body: () => large, gzip: false });
  await using scraper = await startScraper([pod], { reuseMs: 60_000 });
  await using server = await startTestServer(scraper);
  const { url, lines } = server;
  for (const [i, headers] of [patient, { ...patient, ...gzip }].entries()) {
    const asked = request(`${url}/metrics`, { agent: false, headers });
    // The response has its own.
    asked.on('error', () => {});
    asked.end();
    const [response] = (await once(asked, 'response')) as [IncomingMessage];
    t.equal(response.statusCode, 200, 'it has begun');
    await once(response, 'readable');
    const end = once(response, 'end').then(
      () => 'whole',
      ({ code }: NodeJS.ErrnoException) => code,
    );
    using round = await ask(scraper);
    await round.shares()[0]!.worker.crash();
    response.resume();
    t.equal(await end, 'ECONNRESET');
    t.equal(response.complete, false);
    const own = (await get(`${url}/-/metrics`)).text;
    const rounds = 'kubevirt_metrics_gateway_rounds_total{view="metrics",result=';
    t.equal(valueOf(own, `${rounds}"error"}`), i + 1);
    t.equal(valueOf(own, `${rounds}"caller_left"}`), undefined);
    t.match(lines, [{ level: 'error', message: 'answer broken off', fields: { path: '/metrics' } }]);
    t.equal(lines.length, 1, 'said once');
    lines.length = 0;
    await pod.behave({ kind: 'normal' });
    const whole = await get(`${url}/metrics`, headers);
    t.ok(whole.text.length > large.length, 'the next one is whole');
  }
});

t.test('a caller who does not read in time is cut off', async (t) => {
  const large = largeBody(200_000);
  await using pod = await startPlainPod({ body: () => large, gzip: false });
  await using scraper = await startScraper([pod], { reuseMs: 60_000 });
  (await ask(scraper))[Symbol.dispose]();
  await using server = await startTestServer(scraper);
  const { url, lines } = server;
  const headers = { 'x-prometheus-scrape-timeout-seconds': '3' };
  const asked = request(`${url}/metrics`, { agent: false, headers });
  asked.on('error', () => {});
  asked.end();
  const [response] = (await once(asked, 'response')) as [IncomingMessage];
  const end = once(response, 'end').then(
    () => 'whole',
    ({ code }: NodeJS.ErrnoException) => code,
  );
  // What is on its way still comes; the end does not.
  const left = 'kubevirt_metrics_gateway_rounds_total{view="metrics",result="cut_off"}';
  await eventually(
    'the caller is cut off',
    async () => valueOf((await get(`${url}/-/metrics`)).text, left) === 1,
  );
  response.resume();
  t.equal(await end, 'ECONNRESET');
  t.match(lines, [
    { level: 'warn', message: 'answer broken off', fields: { why: /did not read it in time/ } },
  ]);
});

t.test('an answer that fails before it has begun is a 500', async (t) => {
  await using pod = await startPlainPod();
  const scraper = await startScraper([pod], { reuseMs: 60_000 });
  await using server = await startTestServer(scraper);
  const { url, lines } = server;
  t.match(await get(`${url}/metrics`, patient), { status: 200 });
  // Its scrape would be used again, but the thread that has it is no more.
  await scraper[Symbol.asyncDispose]();
  const { status, headers, text } = await get(`${url}/metrics`, gzip);
  t.equal(status, 500);
  t.match(text, /worker thread has ended\n$/);
  t.equal(headers['content-encoding'], undefined);
  t.match(lines, [{ level: 'error', message: 'answer failed', fields: { path: '/metrics' } }]);
});
