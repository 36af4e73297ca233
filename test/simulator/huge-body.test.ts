import { gunzipSync, gzipSync } from 'node:zlib';
import t from 'tap';

import { hugeBody } from '../../simulator/huge-body.ts';
import type { HugeBody } from '../../simulator/huge-body.ts';
import { startPod } from '../../simulator/pod.ts';
import { fetchPod } from './fetch-pod.ts';

function textOf(body: HugeBody): string {
  return Buffer.concat([...hugeBody(body)]).toString();
}

t.test('bodies of a size', async (t) => {
  const table: [of: HugeBody['of'], size: number, lines: number, compresses: (ratio: number) => boolean][] = [
    ['samples', 20_000, 20_000, (ratio) => ratio > 5 && ratio < 50],
    ['same', 4_000_000, 499, (ratio) => ratio > 200],
    ['noise', 5_000, 5_000, (ratio) => ratio < 2],
    ['families', 20_000, 20_000, (ratio) => ratio > 2],
    ['line', 4_000_000, 1, (ratio) => ratio > 200],
    ['samples', 0, 0, () => true],
  ];
  for (const [of, size, lines, compresses] of table) {
    const text = textOf({ of, size });
    t.equal(text.split('\n').length - 1, lines, `${of}: lines`);
    t.ok(text === '' || text.endsWith('\n'), `${of}: the last one is whole`);
    t.ok(compresses(text.length / gzipSync(text, { level: 6 }).length), `${of}: how far it compresses`);
    t.equal(
      text
        .split('\n')
        .findIndex((line) => line !== '' && !/^huge_\w+(\{(\w+="[^"\\]*",?)+\})? \d+$/.test(line)),
      -1,
      `${of}: every line is a sample`,
    );
  }
  t.equal(textOf({ of: 'line', size: 1_000_000 }).length, 1_000_000 + 'huge_line{text=""} 1\n'.length);
});

t.test('bodies without an end', async (t) => {
  for (const kind of ['samples', 'same', 'noise', 'families', 'line'] as const) {
    let bytes = 0;
    for (const piece of hugeBody({ of: kind, size: Infinity })) {
      bytes += piece.length;
      if (bytes > 8_000_000) break;
    }
    t.ok(bytes > 8_000_000, kind);
  }
});

t.test('a pod sends them, until the client leaves', async (t) => {
  await using pod = await startPod({ body: () => 'a 1\n', tls: false });
  const body = { of: 'samples', size: 5_000 } as const;
  await pod.behave({ kind: 'huge', body, gzip: false });
  t.equal((await fetchPod(pod.url)).body.toString(), textOf(body));
  await pod.behave({ kind: 'huge', body, gzip: true });
  const zipped = await fetchPod(pod.url);
  t.equal(zipped.headers['content-encoding'], 'gzip');
  t.equal(gunzipSync(zipped.body).toString(), textOf(body));
  for (const gzip of [false, true]) {
    await pod.behave({ kind: 'huge', body: { of: 'noise', size: Infinity }, gzip });
    let pieces = 0;
    const cut = await fetchPod(pod.url, {}, (abort) => {
      pieces += 1;
      if (pieces === 10) abort();
    });
    t.ok(pieces >= 10 && cut.error !== undefined, 'it went on and on');
  }
  await pod.behave({ kind: 'normal' });
  t.equal((await fetchPod(pod.url)).body.toString(), 'a 1\n');
});
