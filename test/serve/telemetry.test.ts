import t from 'tap';
import { refusalsOf } from '../promtool.ts';
import { FAILURE_REASONS } from '../../src/scrape/failure.ts';
import { startPlainPod } from '../round/fixture.ts';
import { configOf, get, gzip, patient, startTestGateway, valueOf } from './fixture.ts';

t.test('what the gateway tells of itself', async (t) => {
  await using one = await startPlainPod({ body: () => 'a 1\n', gzip: false });
  await using two = await startPlainPod({ body: () => 'a 1\nb 2\n', gzip: false });
  await using bad = await startPlainPod({ behaviour: { kind: 'status', status: 500 } });
  await using gateway = await startTestGateway(configOf([one, two, bad]), ['--scrape.reuse=0']);
  const own = async () => (await get(`${gateway.url}/-/metrics`)).text;

  await t.test('before anybody asked', async (t) => {
    const text = await own();
    t.equal(refusalsOf(text), '');
    const want: Record<string, number> = {
      'targets{state="unknown"}': 3,
      'targets{state="up"}': 0,
      scrapes_in_flight: 0,
      'scrapes_total{result="success"}': 0,
      worker_crashes_total: 0,
      'discovery_synced{scrape_pool="j",provider="static"}': 1,
      'discovery_watch_restarts{scrape_pool="j",provider="static"}': 0,
      [`build_info{version="1.2.3",nodeversion="${process.version}"}`]: 1,
    };
    for (const [series, value] of Object.entries(want)) {
      t.equal(valueOf(text, `kubevirt_metrics_gateway_${series}`), value, series);
    }
    for (const reason of Object.keys(FAILURE_REASONS)) {
      t.equal(valueOf(text, `kubevirt_metrics_gateway_scrapes_total{result="${reason}"}`), 0, reason);
    }
    t.ok(valueOf(text, 'nodejs_version_info{version="' + process.version) === undefined);
    t.match(text, /^process_resident_memory_bytes \d+$/m, "the process's own");
  });

  await t.test('after a few rounds', async (t) => {
    const plain = await get(`${gateway.url}/metrics`, patient);
    const zipped = await get(`${gateway.url}/metrics`, gzip);
    const federated = await get(`${gateway.url}/federate?match[]=up{instance="127.0.0.1:${one.port}"}`);
    await bad.behave({ kind: 'rubbish', body: 'c 3' });
    await get(`${gateway.url}/metrics`);
    await bad.behave({ kind: 'rubbish', body: 'c' });
    await get(`${gateway.url}/metrics`);
    const text = await own();
    t.equal(refusalsOf(text), '');
    const want: Record<string, number> = {
      'rounds_total{view="metrics",result="partial"}': 3,
      'rounds_total{view="metrics",result="complete"}': 1,
      'rounds_total{view="federate",result="partial"}': 1,
      'round_duration_seconds_count{view="metrics"}': 4,
      'round_collect_duration_seconds_count{view="metrics"}': 4,
      'round_duration_seconds_count{view="federate"}': 1,
      'scrapes_total{result="success"}': 11,
      'scrapes_total{result="http_status"}': 3,
      'scrapes_total{result="exposition"}': 1,
      scrape_duration_seconds_count: 15,
      scraped_samples_total: 16,
      received_bytes_total: 5 * 12 + 3 + 1,
      received_body_bytes_total: 5 * 12 + 3 + 1,
      'sent_body_bytes_total{view="federate"}': federated.text.length,
      'sent_bytes_total{view="federate"}': federated.bytes,
      'targets{state="up"}': 2,
      'targets{state="down"}': 1,
      'targets{state="unknown"}': 0,
      'failed_targets{reason="exposition"}': 1,
      workers: 1,
    };
    for (const [series, value] of Object.entries(want)) {
      t.equal(valueOf(text, `kubevirt_metrics_gateway_${series}`), value, series);
    }
    t.ok(plain.bytes > zipped.bytes);
    const sent = valueOf(text, 'kubevirt_metrics_gateway_sent_bytes_total{view="metrics"}')!;
    const composed = valueOf(text, 'kubevirt_metrics_gateway_sent_body_bytes_total{view="metrics"}')!;
    t.ok(sent < composed && composed > 4 * 900, 'one of them went out compressed');
  });

  await t.test('families all begin alike and have HELP and TYPE', async (t) => {
    const text = await own();
    const names = [...text.matchAll(/^# TYPE (\S+) /gm)].map(([, name]) => name!);
    t.ok(
      names.every((name) => /^(kubevirt_metrics_gateway|process|nodejs)_/.test(name)),
      names.join(),
    );
    t.same(
      [...text.matchAll(/^# HELP (\S+) \S/gm)].map(([, name]) => name),
      names,
    );
  });
});
