import { createHash } from 'node:crypto';
import t from 'tap';
import { startPlainPod } from '../round/fixture.ts';
import { configOf, get, patient, startTestGateway } from './fixture.ts';

const LINES = 3000;
/** As many different values as lines, that have nothing in common. */
const BODY = Array.from({ length: LINES }, (_, i) => {
  const uid = createHash('md5').update(String(i)).digest('hex');
  return `vmi{uid="virt-launcher-${uid}-${i}"} ${i}\n`;
}).join('');
/** Follows hundreds of ways through each value at once. */
const COSTLY = '(?:.*(a|b|c).{1,20}){30}!';

t.test('patterns that take too long are refused, and nobody else waits for them', async (t) => {
  await using first = await startPlainPod({ body: () => BODY });
  await using second = await startPlainPod({ body: () => 'plain 1\n' });
  await using gateway = await startTestGateway(configOf([first, second]), ['--scrape.reuse=0']);
  const federate = (selector: string) =>
    get(`${gateway.url}/federate?${new URLSearchParams({ 'match[]': selector }).toString()}`, patient);

  await t.test('a pattern', async (t) => {
    const asked = federate(`{uid=~"${COSTLY}"}`);
    const others = await get(`${gateway.url}/metrics`, patient);
    t.equal(others.status, 200);
    t.equal(others.text.match(/^up\{.* 1$/gm)?.length, 2, 'all targets are up for others');
    const { status, text } = await asked;
    t.equal(status, 400);
    t.match(text, /^match\[\]: the pattern `.*` takes too long: .*; use a simpler one/);
    t.notOk(
      gateway.lines.some(({ level }) => level === 'error'),
      'no fault of the gateway',
    );
  });

  await t.test('a usual one over as many values', async (t) => {
    const { status, text } = await federate('{uid=~"virt-(launcher|handler)-[0-9a-f]+-.*[02468]"}');
    t.equal(status, 200);
    t.equal(text.match(/^vmi\{/gm)?.length, LINES / 2);
  });

  await t.test('many patterns in one question', async (t) => {
    const all = Array.from({ length: 60 }, (_, i) => `{a${i}=~"(?:x?b?){200}y?"}`);
    const query = new URLSearchParams(all.map((selector) => ['match[]', selector]));
    const { status, text } = await get(`${gateway.url}/federate?${query.toString()}`, patient);
    t.equal(status, 400);
    t.match(text, /the patterns of all match\[\] together are too large/);
  });
});
