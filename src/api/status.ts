import { hostname } from 'node:os';

/** What the program was started with. */
export interface ProgramStatus {
  readonly version: string;
  /** Flags with their values. */
  readonly flags: Readonly<Record<string, string>>;
  /** The configuration as YAML, without its secrets. */
  configText(): string;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
}

/** The data of `/api/v1/status/buildinfo`: Prometheus' `PrometheusVersion`. */
export function buildInfo({ version }: ProgramStatus): object {
  return { version, revision: '', branch: '', buildUser: '', buildDate: '', goVersion: '' };
}

/** The data of `/api/v1/status/runtimeinfo`: Prometheus' `RuntimeInfo`, with nothing in what Go and a database would fill in. */
export function runtimeInfo({ startedAt }: ProgramStatus): object {
  const started = new Date(startedAt).toISOString();
  return {
    startTime: started,
    CWD: process.cwd(),
    hostname: hostname(),
    serverTime: new Date().toISOString(),
    reloadConfigSuccess: true,
    lastConfigTime: started,
    corruptionCount: 0,
    goroutineCount: 0,
    GOMAXPROCS: 0,
    GOMEMLIMIT: 0,
    GOGC: '',
    GODEBUG: '',
    storageRetention: '',
  };
}
