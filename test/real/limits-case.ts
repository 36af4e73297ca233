import type { IncomingMessage } from 'node:http';
import { gzipSync } from 'node:zlib';

import type { Answer } from './differential-pods.ts';

/** What a case may know when it answers. */
export interface Asked {
  readonly request: IncomingMessage;
  /** host:port of another pod, which answers `elsewhere 1`. */
  readonly elsewhere: string;
}

/** One pod, and whether a Prometheus takes what it says. */
export interface LimitCase {
  readonly name: string;
  readonly up: 0 | 1;
  /** Where a 3.x says otherwise than 2.42, which the gateway follows. */
  readonly upIn3?: 0 | 1;
  readonly answer: string | Uint8Array | Answer | ((asked: Asked) => Answer);
}

/** One job: fields of its scrape config, and its pods. `only` is the beginning of the versions that know the fields. */
export interface LimitJob {
  readonly name: string;
  readonly fields: object;
  readonly only?: string;
  readonly cases: readonly LimitCase[];
}

/** The body compressed, and said to be. */
export function gzipped(body: string | Uint8Array): Answer {
  return { headers: { 'content-encoding': 'gzip' }, body: gzipSync(body) };
}

/** The body as it is, under this Content-Encoding. */
export function encoded(encoding: string, body: string | Uint8Array): Answer {
  return { headers: { 'content-encoding': encoding }, body };
}

/** The body under this Content-Type. */
export function typed(contentType: string, body: string): Answer {
  return { headers: { 'content-type': contentType }, body };
}

/** A body of exactly so many bytes, with its newline. */
export function sized(bytes: number): string {
  return `a 1\n#${'x'.repeat(bytes - 6)}\n`;
}

/** A body of so many series. */
export function samples(count: number): string {
  return Array.from({ length: count }, (_, n) => `a{n="${n}"} ${n}\n`).join('');
}

/** A body of one sample with so many labels. */
export function labels(count: number): string {
  return `a{${Array.from({ length: count }, (_, n) => `l${n}="x"`).join(',')}} 1\n`;
}

/** The least that is accepted and stored. */
export const ONE = samples(1);
