import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import t from 'tap';

import { compareTargets, FIXTURE, readSettled, scrapedSince, VARIANT } from './differential-compare.ts';
import { startPods } from './differential-pods.ts';
import type { Answer, Pods } from './differential-pods.ts';
import { startGateway } from './gateway.ts';
import type { Asked, LimitCase } from './limits-case.ts';
import { LIMIT_JOBS } from './limits-cases.ts';
import { REDIRECT_JOBS } from './limits-redirects.ts';
import { WIRE_JOBS } from './limits-wire.ts';
import { startPair } from './pair.ts';
import { findPrometheus, PROMETHEUS_MISSING } from './prometheus.ts';

const JOBS = [...LIMIT_JOBS, ...REDIRECT_JOBS, ...WIRE_JOBS];
const programs = findPrometheus();
const GLOBAL = { scrape_interval: '3s', scrape_timeout: '3s' };

await t.test(
  'limits, redirects and encodings cost a target what they cost it in Prometheus',
  { skip: programs.length === 0 ? PROMETHEUS_MISSING : false },
  async (t) => {
    await using running = new AsyncDisposableStack();
    const nowMs = Date.now();
    const cases = JOBS.flatMap((job) => job.cases.map((one) => ({ job, one })));
    // The last pod is the one that others redirect to.
    const pods: Pods = running.use(
      await startPods(cases.length + 1, (pod, request): Answer => {
        const found = cases[pod];
        if (found === undefined) return { body: 'elsewhere 1\n' };
        return answerOf(found.one, { request, elsewhere: pods.addresses.at(-1)! });
      }),
    );
    const jobs = JOBS.map((job) => ({
      job_name: job.name,
      ...job.fields,
      static_configs: cases.flatMap(({ job: of, one }, pod) =>
        of === job
          ? [{ targets: [pods.addresses[pod]!], labels: { [FIXTURE]: one.name, [VARIANT]: job.name } }]
          : [],
      ),
    }));
    const folder = await mkdtemp(join(tmpdir(), 'limits-'));
    running.defer(() => rm(folder, { recursive: true, force: true }));
    await writeFile(join(folder, 'jobs.yml'), stringify({ global: GLOBAL, scrape_configs: jobs }));
    const gateway = running.use(await startGateway(join(folder, 'jobs.yml')));
    const known = (version: string, name: string): boolean =>
      version.startsWith(JOBS.find((job) => job.name === name)?.only ?? '');
    const pairs = await Promise.all(
      programs.map((program) =>
        startPair(
          program,
          jobs.filter((job) => known(program.version, job.job_name)),
          gateway,
          { global: GLOBAL },
        ),
      ),
    );
    for (const pair of pairs) running.use(pair);
    const countOf = (version: string): number => cases.filter(({ job }) => known(version, job.name)).length;

    for (const pair of pairs) {
      await scrapedSince(pair.direct, countOf(pair.direct.program.version), nowMs);
      await scrapedSince(pair.through, cases.length, nowMs);
    }
    const openMs = pods.open();
    for (const pair of pairs) {
      const { version } = pair.direct.program;
      await t.test(`Prometheus ${version}`, async (t) => {
        const counts = [countOf(version), cases.length] as const;
        const [direct, through] = await readSettled(pair, counts, nowMs, openMs);
        for (const job of JOBS.filter(({ name }) => known(version, name)))
          await t.test(job.name, async (t) => {
            for (const { name, up, upIn3 } of job.cases) {
              const key = `${job.name} ${name}`;
              const [a, b] = [direct.get(key), through.get(key)];
              const inThis = version.startsWith('2.') ? up : (upIn3 ?? up);
              t.equal(a?.report.get('up'), String(inThis), `${name}: up is ${inThis} in Prometheus`);
              if (inThis !== up)
                t.equal(b?.report.get('up'), String(up), `${name}: the gateway does as 2.42`);
              else t.ok(compareTargets(a, b).length === 0, [name, ...compareTargets(a, b)].join('; '));
            }
          });
      });
    }
  },
);

function answerOf({ answer }: LimitCase, asked: Asked): Answer {
  if (typeof answer === 'function') return answer(asked);
  return typeof answer === 'string' || answer instanceof Uint8Array ? { body: answer } : answer;
}
