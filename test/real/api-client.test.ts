import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { json, text } from 'node:stream/consumers';
import t from 'tap';

import { startPlainPod } from '../round/fixture.ts';
import { configOf, get, startTestGateway } from '../serve/fixture.ts';

const FOLDER = join(import.meta.dirname, '..', 'oracle');
const PROGRAM = join(import.meta.dirname, '..', '..', '.cache', 'bin', 'api-client');

const built = spawnSync('go', ['build', '-trimpath', '-o', PROGRAM, './api-client'], {
  cwd: FOLDER,
  encoding: 'utf8',
});
const skip = built.error === undefined ? false : `go cannot be started (${built.error.message})`;

await t.test("Prometheus' own Go client understands every answer of the API", { skip }, async (t) => {
  t.equal(built.stderr, '');
  await using pod = await startPlainPod({ body: () => '# HELP a Text.\n# TYPE a gauge\na 1\n' });
  await using bad = await startPlainPod({ behaviour: { kind: 'status', status: 503 } });
  const drop = ", relabel_configs: [{ source_labels: [__address__], regex: '.*:9', action: drop }]";
  await using gateway = await startTestGateway(configOf([pod, bad, { port: 9 }], drop));
  await get(`${gateway.url}/metrics`);
  const client = spawn(PROGRAM, [gateway.url], { stdio: ['ignore', 'pipe', 'pipe'] });
  const [told, errors] = await Promise.all([
    json(client.stdout).catch(() => undefined),
    text(client.stderr),
    client.exitCode === null && once(client, 'exit'),
  ]);
  t.equal(errors, '');
  const labels = { job: 'j', instance: `127.0.0.1:${pod.port}` };
  t.match(told, {
    targetsMetadata: [{ target: labels, metric: 'a', type: 'gauge', help: 'Text.', unit: '' }],
    metadata: { a: [{ type: 'gauge', help: 'Text.', unit: '' }] },
    config: { yaml: /^scrape_configs:\n/ },
    flags: { 'scrape.reuse': '1s' },
    buildinfo: { version: '1.2.3' },
    runtimeinfo: { startTime: /^20/, reloadConfigSuccess: true },
    refused: /^bad_data: invalid parameter "match_target": 1:2: parse error/,
  });
  const { activeTargets, droppedTargets } = (told as { targets: Record<string, Record<string, unknown>[]> })
    .targets;
  const up = activeTargets!.find(({ health }) => health === 'up');
  t.match(up, { labels, scrapePool: 'j', lastError: '', lastScrape: /^20/ });
  const down = activeTargets!.find(({ health }) => health === 'down');
  t.match(down, { lastError: 'server returned HTTP status 503 Service Unavailable' });
  t.match(droppedTargets, [{ discoveredLabels: { __address__: '127.0.0.1:9', job: 'j' } }]);
});
