import { Agent, request } from 'node:http';
import type { IncomingMessage } from 'node:http';

/** An answer that came whole, as far as HTTP can tell. */
export interface WireAnswer {
  readonly status: number;
  readonly gzip: boolean;
  readonly body: Buffer;
}

export interface Question {
  readonly url: string;
  readonly gzip: boolean;
  /** Seconds, told as Prometheus tells them; undefined tells nothing. */
  readonly timeout: number | undefined;
  /** Ends it. */
  readonly signal?: AbortSignal;
  /** Without one, each question has a connection of its own. */
  readonly agent?: Agent;
}

/** Longer than any timeout that is asked for. */
const PATIENCE_MS = 40_000;

/** Asks and reads the answer as it comes. Rejects when it breaks off, or there is none at all. */
export function ask(question: Question): Promise<WireAnswer> {
  return new Promise((resolve, reject) => {
    send(question, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.once('error', reject);
      response.once('end', () => {
        const gzip = response.headers['content-encoding'] === 'gzip';
        resolve({ status: response.statusCode ?? 0, gzip, body: Buffer.concat(chunks) });
      });
    }).once('error', reject);
  });
}

/** Asks, and goes away after so many milliseconds, wherever the answer is then. */
export function askAndLeave(question: Question, ms: number): Promise<void> {
  return new Promise((resolve) => {
    const asked = send(question, (response) => {
      response.on('error', () => undefined);
      response.resume();
    });
    const timer = setTimeout(() => asked.destroy(), ms);
    asked.on('error', () => undefined);
    asked.once('close', () => {
      clearTimeout(timer);
      resolve();
    });
  });
}

/** Asks, and reads a piece each `ms` milliseconds until the gateway has had enough or `most` pieces are read. */
export function askSlowly(question: Question, { ms, most }: { ms: number; most: number }): Promise<void> {
  return new Promise((resolve) => {
    let timer: NodeJS.Timeout | undefined;
    const asked = send(question, (response) => {
      let pieces = 0;
      response.on('error', () => undefined);
      response.on('end', () => asked.destroy());
      response.on('readable', () => undefined);
      timer = setInterval(() => {
        pieces += 1;
        response.read(1_024);
        if (pieces >= most) asked.destroy();
      }, ms);
    });
    asked.on('error', () => undefined);
    asked.once('close', () => {
      clearInterval(timer);
      resolve();
    });
  });
}

function send(question: Question, onAnswer: (response: IncomingMessage) => void) {
  const { url, gzip, timeout, agent = false } = question;
  const headers = {
    accept: 'text/plain;version=0.0.4',
    'accept-encoding': gzip ? 'gzip' : 'identity',
    ...(timeout === undefined ? {} : { 'x-prometheus-scrape-timeout-seconds': String(timeout) }),
  };
  const patience = AbortSignal.timeout(PATIENCE_MS);
  const signal = question.signal === undefined ? patience : AbortSignal.any([patience, question.signal]);
  const asked = request(url, { headers, signal, agent }, onAnswer);
  asked.end();
  return asked;
}
