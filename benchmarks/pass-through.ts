// Run by closed-loop.ts: the least that a service in front of one pod can be. Each request is answered with that pod's answer as it
// comes, by undici and fastify, which the gateway is made with too. Nothing is inflated, read, or shared.
import type { AddressInfo } from 'node:net';
import { fastify } from 'fastify';
import { Pool } from 'undici';

const pod = new URL(process.argv[2] ?? '');
const pool = new Pool(pod.origin, { connect: { rejectUnauthorized: false } });
const server = fastify();

server.get('/metrics', async (_request, reply) => {
  const answer = await pool.request({
    path: pod.pathname,
    method: 'GET',
    headers: { 'accept-encoding': 'gzip' },
  });
  reply.code(answer.statusCode);
  for (const name of ['content-type', 'content-encoding']) reply.header(name, answer.headers[name]);
  return reply.send(answer.body);
});

await server.listen({ host: '127.0.0.1', port: 0 });
const { port } = server.server.address() as AddressInfo;
process.send?.(`http://127.0.0.1:${port}`);
process.on('disconnect', () => process.exit(0));
