import type { Readable } from 'node:stream';

/** A Kubernetes object as it comes. Only what every object has is certain. */
export interface RawObject {
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly resourceVersion: string;
    readonly [field: string]: unknown;
  };
  readonly [field: string]: unknown;
}

export interface WatchEvent {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK';
  readonly object: RawObject;
}

/** The version or the paging token is one that the API server no longer knows (410): list again. */
export class GoneError extends Error {
  override readonly name = 'GoneError';
}

/** The API server answered, with a status that is neither 200 nor 410. */
export class StatusError extends Error {
  override readonly name = 'StatusError';
  readonly status: number;

  constructor(message: string, status: number) {
    super(message);
    this.status = status;
  }
}

/** The stream can no longer be trusted to be complete: list again, after a pause. */
export class LostError extends Error {
  override readonly name = 'LostError';
}

/** An object is at most 1.5 MB in etcd; its JSON with managed fields is not ten times that. */
const maxLineLength = 16 * 1024 * 1024;

/**
 * Passes a 200 and throws for everything else, with the message of the Kubernetes Status object when there is one.
 *
 * @throws {GoneError} for 410
 * @throws {StatusError} for any other
 */
export async function refuseStatus(answer: {
  readonly status: number;
  readonly body: { text(): Promise<string> };
}): Promise<void> {
  if (answer.status === 200) return;
  const text = await answer.body.text();
  let message = text.slice(0, 200);
  try {
    const status = JSON.parse(text) as { message?: unknown };
    if (typeof status.message === 'string') message = status.message;
  } catch {
    // A proxy's answer, which is no Status object.
  }
  throw failure(answer.status, message);
}

/**
 * Reads one page of a list.
 *
 * @throws {Error} when it is not one
 */
export function readPage(text: string): {
  readonly items: readonly RawObject[];
  readonly version: string;
  readonly more: string;
} {
  const list = readJson(text, 'list') as {
    items?: unknown;
    metadata?: { resourceVersion?: unknown; continue?: unknown };
  } | null;
  const { resourceVersion, continue: more } = list?.metadata ?? {};
  const items = list?.items ?? [];
  if (typeof resourceVersion !== 'string' || !Array.isArray(items) || !items.every(isObject)) {
    throw new Error('the Kubernetes API sent something that is not a list');
  }
  return { items, version: resourceVersion, more: typeof more === 'string' ? more : '' };
}

/**
 * Reads the events of a watch up to its regular end.
 *
 * @throws {GoneError} when the server no longer knows the version that was asked for
 * @throws {LostError} for any other ERROR event and for a line that is not an event: what was missed is unknown
 */
export async function* readWatch(body: Readable): AsyncGenerator<WatchEvent, void, undefined> {
  let rest = '';
  body.setEncoding('utf8');
  for await (const chunk of body as AsyncIterable<string>) {
    rest += chunk;
    if (rest.length > maxLineLength) throw new LostError('the watch sent a line of more than 16 MB');
    if (!chunk.includes('\n')) continue;
    const lines = rest.split('\n');
    rest = lines.pop()!;
    for (const line of lines) {
      if (line.trim() !== '') yield readEvent(line);
    }
  }
  if (rest.trim() !== '') throw new Error('the watch ended in the middle of an event');
}

function readEvent(line: string): WatchEvent {
  let event: { type?: unknown; object?: unknown } | null;
  try {
    event = readJson(line, 'watch') as typeof event;
  } catch (cause) {
    throw new LostError((cause as Error).message, { cause });
  }
  const { type, object } = event ?? {};
  if (type === 'ERROR') {
    const { code, message } = (object ?? {}) as { code?: unknown; message?: unknown };
    const text = typeof message === 'string' ? message : 'the watch failed';
    if (code === 410) throw new GoneError(text);
    throw new LostError(text);
  }
  if (type === 'BOOKMARK' && hasVersion(object)) return { type, object };
  if (
    (type === 'ADDED' || type === 'MODIFIED' || type === 'DELETED') &&
    isObject(object) &&
    hasVersion(object)
  ) {
    return { type, object };
  }
  throw new LostError('the watch sent something that is not an event');
}

function failure(status: number, message: string): Error {
  const text = `status ${status}: ${message.trim()}`;
  return status === 410 ? new GoneError(text) : new StatusError(text, status);
}

function readJson(text: string, what: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    const begin = JSON.stringify(text.slice(0, 40));
    throw new Error(`the ${what} answer of the Kubernetes API is not JSON: ${begin}`, { cause });
  }
}

function isObject(object: unknown): object is RawObject {
  const { metadata } = (object ?? {}) as { metadata?: { name?: unknown } | null };
  return typeof metadata?.name === 'string';
}

function hasVersion(object: unknown): object is RawObject {
  const { metadata } = (object ?? {}) as { metadata?: { resourceVersion?: unknown } | null };
  return typeof metadata?.resourceVersion === 'string';
}
