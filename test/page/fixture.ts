import { STATES, type TargetRow } from '../../src/page/target-row.ts';

/** A row of the table that is up, but for what is said. */
export function rowOf(more: Partial<TargetRow> = {}): TargetRow {
  const { name = 'pod', state = 'up' } = more;
  const known = state !== STATES[1];
  return {
    key: `job http://${name}/metrics hash`,
    name,
    url: `http://${name}/metrics`,
    job: 'job',
    component: 'virt-handler',
    namespace: 'kubevirt',
    node: 'node-1',
    state,
    reason: state === 'down' ? 'timeout' : undefined,
    error: state === 'down' ? 'no answer' : undefined,
    scraping: false,
    endedAt: known ? 1000 : undefined,
    duration: known ? 0.1 : undefined,
    samples: known ? 10 : undefined,
    bytes: known ? 1000 : undefined,
    wireBytes: known ? 100 : undefined,
    limits: [],
    labels: [['pod', name]],
    discoveredLabels: [['__address__', name]],
    history: () => [],
    ...more,
  };
}
