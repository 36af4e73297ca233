import { once } from 'node:events';
import { createServer } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import t from 'tap';
import type { Answer } from '../../src/round/answer.ts';
import { writeAnswer } from '../../src/serve/answer-writer.ts';
import { startPlainPod, startScraper } from '../round/fixture.ts';
import { get, gzip, largeBody, patient, startTestServer } from './fixture.ts';

t.test('how long an answer is, is said when it is known', async (t) => {
  const cases: [lines: number, headers: Record<string, string>, known: boolean][] = [
    [100, gzip, true],
    [100, {}, false],
    [40_000, gzip, false],
    [40_000, {}, false],
  ];
  for (const [lines, headers, known] of cases) {
    const body = largeBody(lines);
    await using pod = await startPlainPod({ body: () => body, gzip: false });
    await using scraper = await startScraper([pod], { reuseMs: 60_000 });
    await using server = await startTestServer(scraper);
    for (const time of ['the first time', 'again']) {
      const answer = await get(`${server.url}/metrics`, { ...patient, ...headers });
      const why = `${lines} lines, ${JSON.stringify(headers)}, ${time}`;
      t.equal(answer.headers['content-length'], known ? String(answer.bytes) : undefined, why);
      t.equal(answer.headers['transfer-encoding'], known ? undefined : 'chunked');
      t.equal(answer.text.match(/^a_metric\{/gm)?.length, lines);
    }
  }
});

t.test(
  'pieces are told as taken when the system has them, and never those of a caller who is gone',
  async (t) => {
    const PIECES = 200;
    for (const leaves of [false, true]) {
      let taken = 0;
      let made = 0;
      const pieces: Buffer[] = [];
      const own = {
        async *gzip() {
          for (let i = 0; i < PIECES; i++) {
            made += 100_000;
            const piece = Buffer.alloc(100_000, 65 + (i % 26));
            pieces.push(piece);
            yield piece;
          }
        },
        // What is given back is overwritten before long.
        taken: (bytes: number) => {
          taken += bytes;
          pieces.shift()!.fill(0);
        },
      };
      const answer = {
        bytes: undefined,
        own: own as unknown as Answer,
        rawLength: 0,
        conflicts: undefined as never,
      };
      const written = Promise.withResolvers<number>();
      const server = createServer((_request, response) => {
        written.resolve(writeAnswer(answer, response, { gzip: true, readers: 1 }));
      });
      server.listen(0, '127.0.0.1');
      await once(server, 'listening');
      t.teardown(() => server.close());
      const caller = connect((server.address() as AddressInfo).port, '127.0.0.1');
      caller.write('GET / HTTP/1.0\r\n\r\n');
      // Whoever does not read has what fits into the system's buffers, and what runs ahead is not given back.
      let before: number;
      do {
        before = made;
        await new Promise((resolve) => setTimeout(resolve, 50));
      } while (before === 0 || before < made);
      t.ok(made < PIECES * 100_000, `${made} bytes were made`);
      t.ok(taken <= made - 1_000_000, `${taken} of them were taken`);
      if (leaves) {
        const takenThen = taken;
        caller.destroy();
        await t.rejects(written.promise);
        t.equal(taken, takenThen);
        continue;
      }
      const got: Buffer[] = [];
      for await (const chunk of caller) got.push(chunk as Buffer);
      const text = Buffer.concat(got).toString().split('\r\n\r\n')[1]!;
      const want = Array.from({ length: PIECES }, (_, i) =>
        String.fromCharCode(65 + (i % 26)).repeat(100_000),
      );
      t.ok(text === want.join(''), 'every piece was as it was made');
      t.equal(await written.promise, made);
      t.equal(taken, made);
    }
  },
);
