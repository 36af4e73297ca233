import { join } from 'node:path';
import { findExecutable, isExecutable } from '../real/server.ts';

const REPOSITORY = join(import.meta.dirname, '..', '..');

/**
 * Where a program of the control plane is: in the folder of `KUBEBUILDER_ASSETS`, as envtest has it, where that is set; else in `.cache/bin`
 * or on PATH.
 */
export function controlPlaneProgram(name: 'etcd' | 'kube-apiserver'): string | undefined {
  const assets = process.env['KUBEBUILDER_ASSETS'] ?? '';
  if (assets !== '') return [join(assets, name)].find(isExecutable);
  return [join(REPOSITORY, '.cache', 'bin', name)].find(isExecutable) ?? findExecutable(name);
}

/** Why there can be no API server here, as the reason of a skipped test; `undefined` when there can. */
export function missingPrograms(): string | undefined {
  if (controlPlaneProgram('kube-apiserver') === undefined)
    return 'kube-apiserver not found: build it as .ci/run does, or set KUBEBUILDER_ASSETS';
  if (controlPlaneProgram('etcd') === undefined)
    return 'etcd not found: apt-get install etcd-server, or set KUBEBUILDER_ASSETS';
  for (const [program, debian] of [
    ['ip', 'iproute2'],
    ['unshare', 'util-linux'],
    ['setpriv', 'util-linux'],
  ] as const)
    if (findExecutable(program) === undefined) return `${program} not found: apt-get install ${debian}`;
  return undefined;
}
