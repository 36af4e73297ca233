import { once } from 'node:events';
import { Agent } from 'node:http';
import { connect, createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import t from 'tap';
import packageJson from '../package.json' with { type: 'json' };
import { gate, startPlainPod } from './round/fixture.ts';
import { configOf, eventually, get, gzip, valueOf } from './serve/fixture.ts';
import { startProgram } from './serve/program.ts';

const free = '--web.listen-address=127.0.0.1:0';

t.test('what ends it at once', async (t) => {
  await using taken = createServer();
  taken.listen(0, '127.0.0.1');
  await once(taken, 'listening');
  const { port } = taken.address() as AddressInfo;
  const dir = t.testdir({
    'good.yml': configOf([]),
    'bad.yml': 'scrape_configs:\n- job_name: j\n  sample_limt: 5\n',
    'latin.yml': Buffer.from('# \xe9', 'latin1'),
    kubeconfig: 'rubbish: [',
  });
  const file = (name: string): string => join(dir, name);
  const cases: { readonly args: readonly string[]; readonly status: number; readonly says: RegExp }[] = [
    { args: ['--nonsense'], status: 2, says: /unknown flag --nonsense/ },
    {
      args: [`--config.file=${file('none.yml')}`],
      status: 2,
      says: /^\S+ \S+\/none\.yml: there is no such file; give --config\.file the path of one\n$/,
    },
    { args: [`--config.file=${file('.')}`], status: 2, says: /: this is a folder; give --config\.file/ },
    { args: [`--config.file=${file('latin.yml')}`], status: 2, says: /latin\.yml: the text is not UTF-8/ },
    { args: [`--config.file=${file('bad.yml')}`], status: 2, says: /bad\.yml:3.*sample_limt/ },
    {
      args: [`--config.file=${file('good.yml')}`, `--web.listen-address=127.0.0.1:${port}`],
      status: 2,
      says: new RegExp(`--web\\.listen-address: .*EADDRINUSE.*:${port}.*another`),
    },
    { args: [free], status: 2, says: /kubeconfig/ },
    { args: [free, '--kubeconfig=/nonexistent/kubeconfig'], status: 2, says: /\/nonexistent\/kubeconfig/ },
    { args: [free, `--kubeconfig=${file('kubeconfig')}`], status: 2, says: /kubeconfig/ },
  ];
  await Promise.all(
    cases.map(async ({ args, status, says }) => {
      const ended = await startProgram([...args, '--log.level=error']).ended;
      t.equal(ended.status, status, args.join(' '));
      t.match(ended.stderr, says, args.join(' '));
      t.match(ended.stderr, /^kubevirt-metrics-gateway: [^\n]*\n$/, 'one line');
      t.equal(ended.stdout, '');
    }),
  );
});

t.test('what it only prints', async (t) => {
  const dir = t.testdir({ 'good.yml': configOf([{ port: 8443 }]) });
  const config = `--config.file=${join(dir, 'good.yml')}`;
  const [version, builtIn, checked] = await Promise.all(
    [['--version'], ['--check-config'], ['--check-config', config]].map((args) => startProgram(args).ended),
  );
  t.match(version, { status: 0, stderr: '', stdout: new RegExp(`version ${packageJson.version}\n`) });
  t.match(builtIn, { status: 0, stderr: '', stdout: /job_name: kubevirt-prometheus-metrics/ });
  t.match(checked, { status: 0, stderr: '', stdout: /127\.0\.0\.1:8443/ });
});

t.test(
  'the first line says how much memory it may use, and whether that is more than there is',
  async (t) => {
    const dir = t.testdir({ 'good.yml': configOf([]) });
    const cases: readonly (readonly [flags: readonly string[], limit: RegExp, warns: boolean])[] = [
      [[], /^[1-9][0-9]*MiB$/, false],
      [['--memory.limit=200MB'], /^200MiB$/, false],
      [['--memory.limit=1PiB'], /^1073741824MiB$/, true],
    ];
    await Promise.all(
      cases.map(async ([flags, limit, warns]) => {
        await using program = startProgram([free, `--config.file=${join(dir, 'good.yml')}`, ...flags]);
        await program.listening;
        const [first = ''] = program.log().split('\n');
        t.match(/ memory_limit=(\S+)/.exec(first)?.[1], limit, first);
        t.equal(
          /level=WARN.*--memory\.limit is more.* available=\d+MiB\n/.test(program.log()),
          warns,
          flags.join(),
        );
      }),
    );
  },
);

t.test('without a host it listens on every address, of IPv6 too where the kernel has it', async (t) => {
  // What a kernel does that was started with ipv6.disable=1.
  const without = `import { Server } from 'node:net';
    const { listen } = Server.prototype;
    Server.prototype.listen = function (options, ...rest) {
      if (options?.host !== '::') return listen.call(this, options, ...rest);
      const error = Object.assign(new Error('listen EAFNOSUPPORT ::'), { code: 'EAFNOSUPPORT' });
      process.nextTick(() => this.emit('error', error));
      return this;
    };`;
  const dir = t.testdir({ 'good.yml': configOf([]), 'without.mjs': without });
  const args = ['--web.listen-address=:0', `--config.file=${join(dir, 'good.yml')}`];
  await using program = startProgram(args, { NODE_OPTIONS: `--import=${join(dir, 'without.mjs')}` });
  t.match(await program.listening, /^http:\/\/0\.0\.0\.0:\d+$/);
  await using other = startProgram(args);
  t.match(await other.listening, /^http:\/\/\[::\]:\d+$/);
});

t.test('signals finish the answers under way and end it with 0', async (t) => {
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    await using pod = await startPlainPod();
    await using hanging = await startPlainPod();
    const dir = t.testdir({ 'prometheus.yml': configOf([pod, hanging]) });
    const args = [free, `--config.file=${join(dir, 'prometheus.yml')}`, '--scrape.reuse=0'];
    await using program = startProgram(args);
    const url = await program.listening;
    // Connections that stay open must not hold it up.
    using agent = Object.assign(new Agent({ keepAlive: true }), {
      [Symbol.dispose]: () => agent.destroy(),
    });
    t.match(await get(`${url}/-/ready`, {}, { agent }), { status: 200 });
    const idle = get(`${url}/-/ready`, {}, { agent });
    t.match(await get(`${url}/metrics`, gzip, { agent }), { status: 200 });
    await idle;
    const silent = connect(Number(new URL(url).port), '127.0.0.1').on('error', () => undefined);
    await once(silent, 'connect');
    const { behaviour, open } = gate();
    await pod.behave(behaviour);
    await hanging.behave({ kind: 'hang', at: 'head' });
    // As long as a busy machine may take for all that comes before the gate is opened.
    const timeout = { 'x-prometheus-scrape-timeout-seconds': '5' };
    const scraped = [pod.nextRequest(), hanging.nextRequest()];
    const { promise: arrived, resolve } = Promise.withResolvers<void>();
    const underWay = get(`${url}/metrics`, { ...timeout, ...gzip }, { agent });
    await Promise.all(scraped);
    const another = get(`${url}/federate?match[]=up`, timeout, { arrived: resolve });
    await arrived;
    program.process.kill(signal);
    while (!program.log().includes('msg="ending')) await once(program.process.stderr!, 'data');
    // As npm hands it on.
    program.process.kill(signal);
    await eventually('nobody new is let in', async () =>
      get(`${url}/-/healthy`).then(
        () => false,
        () => true,
      ),
    );
    open();
    for (const { status, text } of [await underWay, await another]) {
      t.equal(status, 200);
      t.equal(valueOf(text, `up{instance="127.0.0.1:${pod.port}",job="j"}`), 1);
      t.equal(valueOf(text, `up{instance="127.0.0.1:${hanging.port}",job="j"}`), 0);
    }
    const late = setTimeout(() => program.process.kill('SIGKILL'), 15_000);
    const { status, stdout } = await program.ended;
    clearTimeout(late);
    t.equal(status, 0, signal);
    t.equal(stdout, '');
    t.notMatch(program.log(), /level=ERROR/);
  }
});

t.test('a signal that comes again later ends it at once', async (t) => {
  await using hanging = await startPlainPod();
  await hanging.behave({ kind: 'hang', at: 'head' });
  const dir = t.testdir({ 'prometheus.yml': configOf([hanging]) });
  await using program = startProgram([free, `--config.file=${join(dir, 'prometheus.yml')}`]);
  const scraped = hanging.nextRequest();
  const answer = get(`${await program.listening}/metrics`, { 'x-prometheus-scrape-timeout-seconds': '60' });
  const broken = t.rejects(answer, { code: 'ECONNRESET' });
  await scraped;
  const again = setInterval(() => program.process.kill('SIGINT'), 100);
  t.equal((await program.ended).status, 'SIGINT');
  clearInterval(again);
  await broken;
});
