import { fork } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** What the cluster is made of. */
export interface DemoClusterOptions {
  /** KubeVirt's pods, at least 7. */
  readonly pods: number;
  /** Whether pods come and go, one change every ten seconds, and values change. */
  readonly churn: boolean;
}

/** A KubeVirt in a process of its own: pods without faults, and the Kubernetes API that knows them. Disposing ends it. */
export interface DemoCluster extends AsyncDisposable {
  /** Path of a kubeconfig for its API. */
  readonly kubeconfig: string;
  readonly pid: number;
}

const PROGRAM = join(import.meta.dirname, 'cluster-process.ts');

/** Starts the simulator's cluster; its kubeconfig is written into `folder`. Rejects when it cannot listen. */
export async function startDemoCluster(options: DemoClusterOptions, folder: string): Promise<DemoCluster> {
  const child = fork(PROGRAM, [JSON.stringify(options)], { execArgv: [] });
  const exited = once(child, 'exit');
  const gone = exited.then(([code, signal]) => {
    throw new Error(`the demo cluster ended (${code ?? signal}) before it was ready`);
  });
  gone.catch(() => undefined);
  const [message] = (await Promise.race([once(child, 'message'), gone])) as [
    { readonly kubeconfig?: string; readonly error?: string },
  ];
  if (message.kubeconfig === undefined) throw new Error(`the demo cluster: ${message.error}`);
  child.on('message', (later: { readonly error?: string }) =>
    process.stderr.write(`the demo cluster: ${later.error}\n`),
  );
  const kubeconfig = join(folder, 'kubeconfig');
  await writeFile(kubeconfig, message.kubeconfig);
  return {
    kubeconfig,
    pid: child.pid ?? 0,
    async [Symbol.asyncDispose]() {
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM');
      await exited;
    },
  };
}
