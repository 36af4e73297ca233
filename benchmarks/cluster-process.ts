// Run by startDemoCluster (demo-cluster.ts): the cluster of the demo in a process of its own.
import { startCluster } from '../simulator/cluster.ts';
import type { DemoClusterOptions } from './demo-cluster.ts';

/** As in the demo. */
const STEP_MS = 10_000;

const { pods, churn } = JSON.parse(process.argv[2] ?? '{}') as DemoClusterOptions;

try {
  const cluster = await startCluster({ pods, hang: false, rubbish: false });
  process.send?.({ kubeconfig: cluster.kubeconfig() });
  if (churn) {
    let last = Date.now();
    setInterval(() => {
      cluster.advance(Date.now() - last);
      last = Date.now();
      cluster.step().catch((error: unknown) => process.send?.({ error: String(error) }));
    }, STEP_MS);
  }
} catch (error) {
  process.send?.({ error: error instanceof Error ? error.message : String(error) });
  process.exit(1);
}
process.on('disconnect', () => process.exit(0));
