import type { ServerResponse } from 'node:http';

/** The Status object that a Kubernetes API server sends with an error. */
export function status(code: number, reason: string, message: string): object {
  return { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message, reason, code };
}

/** Answers with a Status object. */
export function sendStatus(response: ServerResponse, code: number, reason: string, message: string): void {
  sendJson(response, code, status(code, reason, message));
}

/** Answers with any object. */
export function sendJson(response: ServerResponse, code: number, body: unknown): void {
  response.writeHead(code, { 'Content-Type': 'application/json' });
  response.end(JSON.stringify(body));
}
