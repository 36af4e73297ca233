import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import type { ApiClient } from './api-client.ts';

const README = join(import.meta.dirname, '..', '..', 'README.md');
const RBAC = 'rbac.authorization.k8s.io';

export interface Rule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
}

/** The rights that the documents say are needed. */
export function documentedRules(): readonly Rule[] {
  const [, block] = /### Rights[\s\S]*?```yaml\n([\s\S]*?)```/.exec(readFileSync(README, 'utf8')) ?? [];
  if (block === undefined) throw new Error(`${README} has no block of rules under "Rights"`);
  return (parse(block) as { rules: Rule[] }).rules;
}

/** Gives a ServiceAccount these rights, in one namespace or, without one, everywhere; what it had by an earlier call there is replaced. */
export async function grant(
  admin: ApiClient,
  account: { readonly namespace: string; readonly name: string },
  rules: readonly Rule[],
  namespace?: string,
): Promise<void> {
  const prefix = namespace === undefined ? 'Cluster' : '';
  const metadata = { name: `of-${account.name}`, ...(namespace === undefined ? {} : { namespace }) };
  await admin.apply({ apiVersion: `${RBAC}/v1`, kind: `${prefix}Role`, metadata, rules });
  await admin.apply({
    apiVersion: `${RBAC}/v1`,
    kind: `${prefix}RoleBinding`,
    metadata,
    roleRef: { apiGroup: RBAC, kind: `${prefix}Role`, name: metadata.name },
    subjects: [{ kind: 'ServiceAccount', ...account }],
  });
}
