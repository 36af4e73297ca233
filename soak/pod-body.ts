import { request } from 'node:https';

/** What a pod exposes, asked of itself. Rejects on any status but 200. */
export function bodyOf(url: string): Promise<string> {
  return new Promise((resolve, reject) => {
    // Pods' certificates carry names of Services only.
    const options = { rejectUnauthorized: false, agent: false, signal: AbortSignal.timeout(30_000) } as const;
    request(url, options, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.once('error', reject);
      response.once('end', () => {
        if (response.statusCode === 200) resolve(Buffer.concat(chunks).toString());
        else reject(new Error(`${url} answered ${response.statusCode}`));
      });
    })
      .once('error', reject)
      .end();
  });
}
