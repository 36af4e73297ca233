import { spawn } from 'node:child_process';
import { once } from 'node:events';
import t from 'tap';
import { createLogger } from '../../src/log/logger.ts';
import type { Field, LogFormat, LogLevel } from '../../src/log/logger.ts';

const NOW = new Date('2026-01-02T03:04:05.678Z');

function collect(format: LogFormat, level: LogLevel = 'debug') {
  const lines: string[] = [];
  const logger = createLogger({ level, format, write: (line) => lines.push(line), now: () => NOW });
  return { lines, logger };
}

function selfCaused(): Error {
  const error = new Error('again');
  error.cause = error;
  return error;
}

const LOGFMT_CASES: { value: Field; want: string; why: string }[] = [
  { value: 'plain', want: 'plain', why: 'nothing to quote' },
  { value: '', want: '""', why: 'an empty value is visible' },
  { value: 'two words', want: '"two words"', why: 'space' },
  { value: 'a=b', want: '"a=b"', why: 'equals sign' },
  { value: 'say "hi"', want: String.raw`"say \"hi\""`, why: 'quotes' },
  {
    value: String.raw`C:\dir`,
    want: String.raw`C:\dir`,
    why: 'a backslash alone needs no quotes, as in slog',
  },
  {
    value: String.raw`C:\my dir`,
    want: String.raw`"C:\\my dir"`,
    why: 'a backslash inside quotes is escaped',
  },
  {
    value: 'a\nlevel=ERROR msg=forged',
    want: String.raw`"a\nlevel=ERROR msg=forged"`,
    why: 'newline stays inside',
  },
  { value: 'a\r\tb', want: String.raw`"a\r\tb"`, why: 'carriage return and tab' },
  { value: '\u001b[31mred\u0000', want: String.raw`"\u001b[31mred\u0000"`, why: 'terminal control and NUL' },
  { value: 'a\u2028b\u0085c', want: String.raw`"a\u2028b\u0085c"`, why: 'line separators of Unicode' },
  { value: 'a\u202eb', want: String.raw`"a\u202eb"`, why: 'text direction override' },
  { value: 'bad \ud800 half', want: String.raw`"bad \ud800 half"`, why: 'lone surrogate' },
  { value: '\u{e0001}', want: String.raw`"\U000e0001"`, why: 'format character beyond 16 bits' },
  { value: 'grüße😀', want: 'grüße😀', why: 'printable text is kept' },
  { value: 1.5, want: '1.5', why: 'number' },
  { value: true, want: 'true', why: 'boolean' },
  { value: new Error('boom'), want: 'boom', why: 'error' },
  {
    value: new Error('cannot scrape', { cause: new Error('connect', { cause: 'refused' }) }),
    want: '"cannot scrape: connect: refused"',
    why: 'causes follow, also one that is no Error',
  },
  {
    value: new Error('cannot scrape: refused', { cause: new Error('refused') }),
    want: '"cannot scrape: refused"',
    why: 'a cause already told is not repeated',
  },
  { value: selfCaused(), want: 'again', why: 'an error that is its own cause ends' },
  {
    value: new AggregateError([new Error('a'), new Error('b'), new Error('a')]),
    want: '"a; b"',
    why: 'aggregate',
  },
  {
    value: Object.assign(new Error(''), { code: 'ECONNRESET' }),
    want: 'ECONNRESET',
    why: 'code for no message',
  },
  { value: new TypeError(''), want: 'TypeError', why: 'name for neither' },
];

t.test('logfmt values', async (t) => {
  for (const { value, want, why } of LOGFMT_CASES) {
    const { lines, logger } = collect('logfmt');
    logger.info('m', { key: value });
    t.strictSame(lines, [`time=2026-01-02T03:04:05.678Z level=INFO msg=m key=${want}\n`], why);
  }
});

t.test('logfmt lines', async (t) => {
  const { lines, logger } = collect('logfmt');
  logger.warn('two words\nand a line', { 'odd key': 1, absent: undefined, msg: 'mine', level: 'x', time: 2 });
  logger.with({ pod: 'a', n: 1 }).with({ n: 2 }).error('x', { last: 3 });
  t.strictSame(lines, [
    String.raw`time=2026-01-02T03:04:05.678Z level=WARN msg="two words\nand a line" "odd key"=1 msg_=mine level_=x time_=2` +
      '\n',
    'time=2026-01-02T03:04:05.678Z level=ERROR msg=x pod=a n=2 last=3\n',
  ]);
});

t.test('json lines', async (t) => {
  const { lines, logger } = collect('json');
  logger.info('a "b"\n\u2028', {
    text: 'x\ud800',
    number: 1.5,
    nan: Number.NaN,
    yes: true,
    error: new Error('outer', { cause: new Error('inner') }),
    absent: undefined,
    msg: 'mine',
  });
  t.equal(lines.length, 1);
  t.equal(lines[0]?.match(/[\n\u2028]/g)?.length, 1, 'one line break, at the end');
  t.strictSame(JSON.parse(lines[0] ?? ''), {
    time: '2026-01-02T03:04:05.678Z',
    level: 'INFO',
    msg: 'a "b"\n\u2028',
    text: 'x\ud800',
    number: 1.5,
    nan: 'NaN',
    yes: true,
    error: 'outer: inner',
    msg_: 'mine',
  });
});

t.test('levels', async (t) => {
  const cases: { level: LogLevel; want: string[] }[] = [
    { level: 'debug', want: ['DEBUG', 'INFO', 'WARN', 'ERROR'] },
    { level: 'info', want: ['INFO', 'WARN', 'ERROR'] },
    { level: 'warn', want: ['WARN', 'ERROR'] },
    { level: 'error', want: ['ERROR'] },
  ];
  for (const { level, want } of cases) {
    const { lines, logger } = collect('logfmt', level);
    logger.debug('m');
    logger.info('m');
    logger.warn('m');
    logger.error('m');
    t.strictSame(
      lines.map((line) => /level=(\w+)/.exec(line)?.[1]),
      want,
      level,
    );
  }
});

t.test('a program goes on whose log nobody reads any more', async (t) => {
  const logger = new URL('../../src/log/logger.ts', import.meta.url).href;
  const program = `
    import { createLogger } from ${JSON.stringify(logger)};
    const log = createLogger({ level: 'info', format: 'logfmt' });
    log.info('first');
    process.stdin.once('data', () => {
      log.info('nobody reads this');
      setImmediate(() => setImmediate(() => console.log('still here')));
      process.stdin.unref();
    });`;
  const child = spawn(process.execPath, ['--input-type=module', '--no-deprecation', '--eval', program]);
  t.teardown(() => child.kill());
  await once(child.stderr, 'data');
  child.stderr.destroy();
  child.stdin.write('go\n');
  child.stdout.setEncoding('utf8');
  const [said] = (await once(child.stdout, 'data')) as [string];
  t.equal(said, 'still here\n');
  child.stdin.end();
  const [status] = (await once(child, 'exit')) as [number];
  t.equal(status, 0);
});
