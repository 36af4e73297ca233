/**
 * Imported first by a test that needs a Kubernetes API: its file is then run once more, in a network namespace of its own, since the API server
 * refuses Endpoints on loopback. What the tests start, in this process or another, is in it too, and ends with it.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, rmSync, symlinkSync } from 'node:fs';
import { inNamespace, layOut, namespaceRefusal, SCRATCH } from './namespace.ts';
import { missingPrograms } from './programs.ts';

/** Set for the second run. */
const INSIDE = 'KUBERNETES_TEST_INSIDE';

/** The reason to skip every test of the file; false where they can be run. */
export const MISSING: string | false = comeInside();

function comeInside(): string | false {
  if (process.env[INSIDE] !== undefined) {
    delete process.env[INSIDE];
    layOut();
    return false;
  }
  const missing = missingPrograms() ?? namespaceRefusal();
  if (missing !== undefined) return missing;
  const self = [process.execPath, ...process.execArgv, ...process.argv.slice(1)];
  const [command, ...args] = inNamespace(self);
  // Synchronous, so that nothing of the file is run out here. Its TAP goes straight to whoever reads this one's.
  const { status } = spawnSync(command!, args, {
    stdio: 'inherit',
    env: { ...process.env, [INSIDE]: 'yes' },
  });
  process.exit(status ?? 1);
}

/** Puts the files of a ServiceAccount where a pod has them, for this process and those that it starts. */
export function mountServiceAccount(folder: string): void {
  // /var/run is /run.
  const parent = `${SCRATCH}/secrets/kubernetes.io`;
  mkdirSync(parent, { recursive: true });
  rmSync(`${parent}/serviceaccount`, { force: true });
  symlinkSync(folder, `${parent}/serviceaccount`);
}
