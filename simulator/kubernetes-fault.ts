import type { ServerResponse } from 'node:http';
import { sendStatus } from './kubernetes-answer.ts';
import type { KubernetesResource } from './kubernetes-object.ts';

/** What the API does instead of answering, to the requests that it applies to. */
export interface KubernetesFault {
  readonly resource?: KubernetesResource;
  readonly verb?: 'list' | 'watch';
  /** That it is asked for in the path. */
  readonly namespace?: string;
  /** Answer with this status and a Kubernetes Status object. */
  readonly status?: number;
  /** Answer 200 with this text. */
  readonly body?: string;
  /** Accept the request and never answer. */
  readonly hang?: boolean;
}

/** Whether a request is one that the fault applies to. */
export function appliesTo(
  fault: KubernetesFault,
  verb: string,
  resource: KubernetesResource,
  namespace: string | undefined,
): boolean {
  const isAbout = (fault.resource ?? resource) === resource && (fault.verb ?? verb) === verb;
  return isAbout && (fault.namespace ?? namespace) === namespace;
}

/** Does what the fault says in place of an answer. */
export function sendFault(response: ServerResponse, { hang, body, status }: KubernetesFault): void {
  if (hang === true) return;
  if (body !== undefined) response.end(body);
  else sendStatus(response, status ?? 500, 'InternalError', 'an error on purpose');
}
