import { STATUS_CODES } from 'node:http';
import type { FastifyReply } from 'fastify';
import type { Outcome } from '../scrape/outcome.ts';

/**
 * Answers that a target failed: 504 when it was not in by the deadline, else 502, with the reason as text. The reason stands in the status line
 * too, the only part of it that a Prometheus shows on its page of targets. Returns the bytes of the text.
 */
export function sendFailure(reply: FastifyReply, { reason = 'connection', error = '' }: Outcome): number {
  const status = reason === 'timeout' ? 504 : 502;
  reply.raw.statusMessage = `${STATUS_CODES[status]}: ${reason}`;
  const text = `${reason}: ${error}\n`;
  void reply
    .code(status)
    .type('text/plain; charset=utf-8')
    .header('x-content-type-options', 'nosniff')
    .send(text);
  return Buffer.byteLength(text);
}
