import { deflateRawSync, gunzipSync, gzipSync, inflateRawSync } from 'node:zlib';
import t from 'tap';
import { Flush, openDeflate, openGunzip, type ZlibHandle } from '../../src/exposition/zlib-handle.ts';
import { thrownBy } from './fixture.ts';

const text = Buffer.from('a{instance="i",job="j"} 1\n'.repeat(500));

function run(zlib: ZlibHandle, flush: number, input: Uint8Array, room = 100_000): Buffer {
  const output = Buffer.alloc(room);
  zlib.write(flush, input, 0, input.length, output, 0, room);
  return output.subarray(0, room - zlib.outputLeft);
}

t.test('this Node has synchronous handles that do what its functions do', async (t) => {
  const gunzip = openGunzip();
  const deflate = openDeflate(1);
  t.teardown(() => gunzip.close());
  t.teardown(() => deflate.close());
  t.ok(run(gunzip, Flush.finish, gzipSync(text)).equals(text));
  t.equal(gunzip.inputLeft, 0);
  const raw = run(deflate, Flush.finish, text);
  t.ok(inflateRawSync(raw).equals(text));
  t.ok(raw.equals(deflateRawSync(text, { level: 1, memLevel: 9 })));
  gunzip.reset();
  t.ok(run(gunzip, Flush.finish, gzipSync(text)).equals(text), 'reset makes it as new');
});

t.test('what was taken and what is free is told, piece by piece', async (t) => {
  const gunzip = openGunzip();
  t.teardown(() => gunzip.close());
  const wire = gzipSync(text);
  const got: Buffer[] = [];
  let taken = 0;
  for (let rounds = 0; rounds < 1000 && taken < wire.length; rounds++) {
    const output = Buffer.alloc(100);
    const input = wire.subarray(taken, taken + 7);
    gunzip.write(Flush.none, input, 0, input.length, output, 0, output.length);
    taken += input.length - gunzip.inputLeft;
    got.push(output.subarray(0, output.length - gunzip.outputLeft));
  }
  t.ok(Buffer.concat(got).equals(text));
});

t.test('writes into the middle of the output, from the middle of the input', async (t) => {
  const gunzip = openGunzip();
  t.teardown(() => gunzip.close());
  const wire = gzipSync('abc');
  const input = Buffer.concat([Buffer.alloc(5, 1), wire, Buffer.alloc(5, 1)]);
  const output = Buffer.alloc(20, '.');
  gunzip.write(Flush.finish, input, 5, wire.length, output, 4, 10);
  t.equal(output.toString(), `....abc${'.'.repeat(13)}`);
  t.equal(gunzip.outputLeft, 7);
});

t.test('broken input is an error with its code, and reset heals', async (t) => {
  const gunzip = openGunzip();
  t.teardown(() => gunzip.close());
  const whole = gzipSync(text);
  const wrongCrc = Buffer.from(whole);
  wrongCrc[wrongCrc.length - 8]! ^= 1;
  const table: readonly (readonly [input: Uint8Array, code: string, why: string])[] = [
    [whole.subarray(0, -1), 'Z_BUF_ERROR', 'cut'],
    [new Uint8Array(0), 'Z_BUF_ERROR', 'nothing'],
    [wrongCrc, 'Z_DATA_ERROR', 'a wrong CRC'],
    [Buffer.from('no gzip at all'), 'Z_DATA_ERROR', 'something else'],
    [Buffer.concat([whole, Buffer.from('rest')]), 'Z_DATA_ERROR', 'something behind it'],
  ];
  for (const [input, code, why] of table) {
    gunzip.reset();
    t.match(
      thrownBy(() => run(gunzip, Flush.finish, input)),
      { code },
      why,
    );
    gunzip.reset();
    t.ok(run(gunzip, Flush.finish, whole).equals(text), `after: ${why}`);
  }
});

t.test('members that follow one another are one stream; zeros behind them are left', async (t) => {
  const gunzip = openGunzip();
  t.teardown(() => gunzip.close());
  const members = Buffer.concat([gzipSync('a'), gzipSync(''), gzipSync('b')]);
  t.equal(run(gunzip, Flush.finish, members).toString(), gunzipSync(members).toString());
  gunzip.reset();
  t.equal(run(gunzip, Flush.finish, Buffer.concat([members, Buffer.alloc(3)])).toString(), 'ab');
  t.equal(gunzip.inputLeft, 3);
});
