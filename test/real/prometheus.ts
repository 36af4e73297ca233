import { spawnSync } from 'node:child_process';
import { existsSync, realpathSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { stringify } from 'yaml';

import { eventually, isExecutable, startServer } from './server.ts';

/** A Prometheus program on this machine, with the promtool beside it where there is one. */
export interface PrometheusProgram {
  readonly path: string;
  readonly version: string;
  readonly promtool?: string;
}

/** What to say, as the reason of a skipped test, where no Prometheus was found. */
export const PROMETHEUS_MISSING = 'prometheus not found: apt-get install prometheus, or set PROMETHEUS';

const REPOSITORY = join(import.meta.dirname, '..', '..');

/**
 * Every Prometheus that can be found, one a version: `$PROMETHEUS`, then `.cache/bin/prometheus` of the repository, then those of PATH.
 * The first is the one to use where one is enough.
 */
export function findPrometheus(): readonly PrometheusProgram[] {
  const candidates = [
    process.env['PROMETHEUS'] ?? '',
    join(REPOSITORY, '.cache', 'bin', 'prometheus'),
    ...(process.env['PATH'] ?? '').split(delimiter).map((folder) => join(folder, 'prometheus')),
  ];
  const found = new Map<string, PrometheusProgram>();
  for (const candidate of candidates) {
    if (candidate === '' || !isExecutable(candidate)) continue;
    const path = realpathSync(candidate);
    // Before 3.0 the version goes to stderr in some builds.
    const said = spawnSync(path, ['--version'], { encoding: 'utf8' });
    const version = /version (\d+\.\d+\.\d+)/.exec(said.stdout + said.stderr)?.[1];
    if (version === undefined || found.has(version)) continue;
    const promtool = join(dirname(path), 'promtool');
    found.set(version, { path, version, ...(existsSync(promtool) ? { promtool } : {}) });
  }
  return [...found.values()];
}

export type LabelSet = Readonly<Record<string, string>>;

/** One series with its raw samples (or, from an instant query, its one sample): seconds since 1970 and the value as Prometheus prints it. */
export interface Series {
  readonly labels: LabelSet;
  readonly samples: readonly (readonly [seconds: number, value: string])[];
}

export interface ActiveTarget {
  readonly labels: LabelSet;
  readonly scrapePool: string;
  readonly scrapeUrl: string;
  readonly health: 'up' | 'down' | 'unknown';
  readonly lastError: string;
}

export interface TargetMetadata {
  readonly target: LabelSet;
  readonly metric: string;
  readonly type: string;
  readonly help: string;
}

export interface Rule {
  readonly type: 'recording' | 'alerting';
  readonly name: string;
  readonly query: string;
  readonly health: string;
  readonly lastError?: string;
  readonly state?: string;
}

/** A running Prometheus with a data folder of its own, gone with it. */
export interface Prometheus extends AsyncDisposable {
  readonly program: PrometheusProgram;
  readonly url: string;
  /** The file that it read, where `config` was written. */
  readonly configFile: string;
  /** Instant query. `seconds` is the evaluation time; now when absent. */
  query(expr: string, seconds?: number): Promise<readonly Series[]>;
  /** Raw samples with their own timestamps, of `selector[range]`. */
  raw(selector: string, range?: string): Promise<readonly Series[]>;
  targets(): Promise<readonly ActiveTarget[]>;
  /** Type and help as each target exposed them last. */
  metadata(): Promise<readonly TargetMetadata[]>;
  rules(): Promise<readonly Rule[]>;
  /** The last lines that it logged. */
  output(): string;
}

/**
 * Starts a Prometheus and resolves when it is ready. `config` is an object that is written as YAML, or the path of a file.
 * @throws Error with its last log lines when it does not come up.
 */
export async function startPrometheus(
  program: PrometheusProgram,
  config: object | string,
  args: readonly string[] = [],
): Promise<Prometheus> {
  const folder = await mkdtemp(join(tmpdir(), 'prometheus-'));
  const configFile = typeof config === 'string' ? config : join(folder, 'prometheus.yml');
  if (typeof config !== 'string') await writeFile(configFile, stringify(config));
  const server = startServer(program.path, [
    `--config.file=${configFile}`,
    `--storage.tsdb.path=${join(folder, 'data')}`,
    '--storage.tsdb.retention.time=2h',
    '--web.listen-address=127.0.0.1:0',
    ...args,
  ]);
  async function dispose(): Promise<void> {
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  }

  let url: string;
  try {
    const listening = await server.line(/msg="Listening on".* address=(127\.0\.0\.1:\d+)/);
    url = `http://${listening[1]}`;
    await eventually(`${program.path} is ready`, async (reason) => {
      const answer = await fetch(`${url}/-/ready`).catch(() => undefined);
      reason(`status ${answer?.status}:\n${server.output()}`);
      return answer?.status === 200 ? true : undefined;
    });
  } catch (error) {
    await dispose();
    throw error;
  }

  async function get(path: string, query: Readonly<Record<string, string>> = {}): Promise<unknown> {
    const answer = await fetch(`${url}/api/v1/${path}?${new URLSearchParams(query).toString()}`);
    const body = (await answer.json()) as { status: string; error?: string; data: unknown };
    if (body.status !== 'success')
      throw new Error(`Prometheus ${program.version} ${path} ${JSON.stringify(query)}: ${body.error}`);
    return body.data;
  }

  async function query(expr: string, seconds?: number): Promise<readonly Series[]> {
    const data = (await get('query', {
      query: expr,
      ...(seconds === undefined ? {} : { time: String(seconds) }),
    })) as QueryData;
    if (data.resultType === 'vector' || data.resultType === 'matrix')
      return data.result.map((entry) => ({
        labels: entry.metric,
        samples: 'values' in entry ? entry.values : [entry.value],
      }));
    return [{ labels: {}, samples: [data.result] }];
  }

  return {
    program,
    url,
    configFile,
    query,
    raw: (selector, range = '1h') => query(`${selector}[${range}]`),
    async targets() {
      return ((await get('targets', { state: 'active' })) as { activeTargets: ActiveTarget[] }).activeTargets;
    },
    async metadata() {
      return (await get('targets/metadata')) as TargetMetadata[];
    },
    async rules() {
      return ((await get('rules')) as { groups: { rules: Rule[] }[] }).groups.flatMap((group) => group.rules);
    },
    output: () => server.output(),
    [Symbol.asyncDispose]: dispose,
  };
}

type Sample = readonly [seconds: number, value: string];
type QueryData =
  | { resultType: 'vector'; result: { metric: LabelSet; value: Sample }[] }
  | { resultType: 'matrix'; result: { metric: LabelSet; values: Sample[] }[] }
  | { resultType: 'scalar' | 'string'; result: Sample };
