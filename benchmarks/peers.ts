import type { PodsProcess } from '../simulator/pods.ts';
import { PROMETHEUS_MISSING } from '../test/real/prometheus.ts';
import { eventually } from '../test/real/server.ts';
import { measureAnswers } from './answer-cost.ts';
import type { CostSummary, RunningProgram } from './answer-cost.ts';
import { now } from './clock.ts';
import { choosePrometheus, startFederatingPrometheus } from './federating-prometheus.ts';
import {
  findVictoriaMetrics,
  startFederatingVictoriaMetrics,
  VICTORIA_METRICS_MISSING,
} from './federating-victoria-metrics.ts';
import { progress } from './report.ts';

/** Another program that answers with all series of the pods that it has scraped. */
export interface Peer {
  readonly kind: 'prometheus' | 'victoria-metrics';
  readonly name: string;
  /** Resolves when it has scraped all pods, and scrapes no more. */
  start(pods: PodsProcess, folder: string): Promise<RunningProgram>;
}

/** Answers of a peer that are timed: it is held to its best. */
const PEER_RUNS = 3;
/** Prometheus goes on with its old intervals up to 5 s after a reload. */
const QUIET_MS = 6_000;

/** What the costs of a peer are, beside what it is. */
export type PeerCost = CostSummary & Pick<Peer, 'kind'>;

/** The peers that are installed. What is missing is said loudly. */
export function findPeers(): readonly Peer[] {
  const peers: Peer[] = [];
  const prometheus = choosePrometheus();
  if (prometheus === undefined) progress(`LEFT OUT: ${PROMETHEUS_MISSING}`);
  else
    peers.push({
      kind: 'prometheus',
      name: `Prometheus ${prometheus.version}`,
      start: (pods, folder) => startFederatingPrometheus(prometheus, pods, folder),
    });
  const victoriaMetrics = findVictoriaMetrics();
  if (victoriaMetrics === undefined) progress(`LEFT OUT: ${VICTORIA_METRICS_MISSING}`);
  else
    peers.push({
      kind: 'victoria-metrics',
      name: `VictoriaMetrics ${victoriaMetrics.version}`,
      start: (pods, folder) => startFederatingVictoriaMetrics(victoriaMetrics, pods, folder),
    });
  return peers;
}

/**
 * Lets all peers scrape the pods at the same time, and then asks each for three answers while nothing is scraped. Rejects when a pod was
 * scraped after that had begun, or when a peer gave no whole answer.
 */
export async function measurePeers(
  peers: readonly Peer[],
  pods: PodsProcess,
  folder: string,
): Promise<readonly PeerCost[]> {
  if (peers.length === 0) return [];
  await using running = new AsyncDisposableStack();
  progress(`${pods.pods.length} pods: ${peers.map(({ name }) => name).join(' and ')} scrape them`);
  const started = await Promise.all(
    peers.map(async (peer) => ({ peer, program: running.use(await peer.start(pods, folder)) })),
  );
  const before = await untilQuiet(pods);
  const costs: PeerCost[] = [];
  for (const { peer, program } of started) {
    const cost = await measureAnswers(program, { runs: PEER_RUNS, lenient: true });
    costs.push({ ...cost, kind: peer.kind });
    // What has answered makes room for the next.
    await program[Symbol.asyncDispose]();
  }
  const { requests } = await pods.stats();
  if (requests > before)
    throw new Error(`pods were scraped ${requests - before} times while the peers answered`);
  return costs;
}

/** Resolves when no pod has been scraped for a while: with how often they were. */
async function untilQuiet(pods: PodsProcess): Promise<number> {
  let { requests } = await pods.stats();
  let quietSince = now();
  return eventually(
    'the peers scrape no more',
    async (reason) => {
      const { requests: count } = await pods.stats();
      reason(`${count} scrapes of ${pods.pods.length} pods`);
      if (count > requests) quietSince = now();
      requests = count;
      return now() - quietSince >= QUIET_MS ? count : undefined;
    },
    { tries: 200, everyMs: 500 },
  );
}
