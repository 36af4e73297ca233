import { on } from 'node:events';
import { createInterface } from 'node:readline';
import t from 'tap';
import { Agent, request } from 'undici';
import { createAuthority } from '../../simulator/certificate.ts';
import { startKubernetesApi } from '../../simulator/kubernetes-api.ts';
import type { KubernetesApi, KubernetesObject } from '../../simulator/kubernetes-api.ts';

function thing(
  kind: KubernetesObject['kind'],
  namespace: string,
  name: string,
  labels = {},
): KubernetesObject {
  return { kind, metadata: { namespace, name, labels } };
}

async function list(
  api: KubernetesApi,
  path: string,
): Promise<{ status: number; names: string[]; body: any }> {
  const answer = await request(`${api.url}${path}`);
  const body = (await answer.body.json()) as any;
  return {
    status: answer.statusCode,
    names: (body.items ?? []).map((item: any) => item.metadata.name),
    body,
  };
}

/** A watch whose events are read one by one. */
async function watch(api: KubernetesApi, path: string) {
  const answer = await request(`${api.url}${path}`);
  const lines = on(createInterface(answer.body), 'line', { close: ['close'] });
  return {
    status: answer.statusCode,
    async next(): Promise<string | undefined> {
      const line = await lines.next();
      if (line.done === true) return undefined;
      const { type, object } = JSON.parse(line.value[0]);
      return `${type} ${object.metadata.name ?? object.code ?? object.metadata.resourceVersion}`;
    },
    end: () => answer.body.destroy(),
  };
}

t.test('selectors', async (t) => {
  await using api = await startKubernetesApi();
  api.apply(thing('Pod', 'one', 'plain'));
  api.apply(thing('Pod', 'one', 'empty', { 'prometheus.kubevirt.io': '' }));
  api.apply(thing('Pod', 'one', 'true', { 'prometheus.kubevirt.io': 'true', tier: 'a' }));
  api.apply(thing('Pod', 'two', 'other', { tier: 'b' }));
  const cases = [
    {
      query: '',
      want: ['empty', 'plain', 'true', 'other'],
      why: 'no selector selects all, by namespace and name',
    },
    {
      query: 'labelSelector=prometheus.kubevirt.io',
      want: ['empty', 'true'],
      why: 'present, whatever its value',
    },
    { query: 'labelSelector=!prometheus.kubevirt.io', want: ['plain', 'other'], why: 'absent' },
    { query: 'labelSelector=prometheus.kubevirt.io=', want: ['empty'], why: 'an empty value is a value' },
    { query: 'labelSelector=tier=a', want: ['true'], why: 'equality' },
    { query: 'labelSelector=tier==a', want: ['true'], why: 'equality, the other way to write it' },
    {
      query: 'labelSelector=tier!=a',
      want: ['empty', 'plain', 'other'],
      why: '!= takes objects without the label',
    },
    { query: 'labelSelector=tier+in+(a,b)', want: ['true', 'other'], why: 'a set' },
    {
      query: 'labelSelector=tier+notin+(a)',
      want: ['empty', 'plain', 'other'],
      why: 'notin takes those without',
    },
    {
      query: 'labelSelector=tier+in+(a,b),!prometheus.kubevirt.io',
      want: ['other'],
      why: 'a comma is "and"',
    },
    { query: 'fieldSelector=metadata.name=plain', want: ['plain'], why: 'a field' },
    { query: 'fieldSelector=metadata.namespace!=one', want: ['other'], why: 'a field that differs' },
    { query: 'fieldSelector=metadata.name==true&labelSelector=tier', want: ['true'], why: 'both' },
  ];
  for (const { query, want, why } of cases) {
    t.same((await list(api, `/api/v1/pods?${query}`)).names, want, `${query}: ${why}`);
  }
  t.same((await list(api, '/api/v1/namespaces/two/pods')).names, ['other'], 'one namespace');
  t.same((await list(api, '/api/v1/services')).names, [], 'another resource');
  for (const query of ['labelSelector=a+b', 'fieldSelector=spec.nodeName=x', 'fieldSelector=metadata.name']) {
    t.equal((await list(api, `/api/v1/pods?${query}`)).status, 400, `${query} is refused`);
  }
  t.equal((await list(api, '/api/v1/secrets')).status, 404, 'what is not kept is not found');
});

t.test('pages show one version, until it is compacted', async (t) => {
  await using api = await startKubernetesApi();
  for (const name of ['a', 'b', 'c']) api.apply(thing('Pod', 'n', name));
  const first = await list(api, '/api/v1/pods?limit=2');
  t.same(first.names, ['a', 'b']);
  t.equal(first.body.metadata.remainingItemCount, 1);
  api.apply(thing('Pod', 'n', 'd'));
  const second = await list(api, `/api/v1/pods?limit=2&continue=${first.body.metadata.continue}`);
  t.same(second.names, ['c'], 'not the one that came later');
  t.equal(second.body.metadata.resourceVersion, first.body.metadata.resourceVersion);
  api.compact();
  const gone = await list(api, `/api/v1/pods?limit=2&continue=${first.body.metadata.continue}`);
  t.equal(gone.status, 410);
  t.equal(gone.body.reason, 'Expired');
});

t.test('a watch tells what changes from the view of its selector', async (t) => {
  await using api = await startKubernetesApi();
  api.apply(thing('Pod', 'n', 'a', { in: '' }));
  const { resourceVersion } = (await list(api, '/api/v1/pods')).body.metadata;
  const events = await watch(
    api,
    `/api/v1/pods?watch=true&labelSelector=in&resourceVersion=${resourceVersion}`,
  );
  api.apply(thing('Pod', 'n', 'a', { in: '' }));
  api.apply(thing('Pod', 'n', 'a', { in: 'x' }));
  t.equal(await events.next(), 'MODIFIED a', 'the same once more was no event');
  api.apply(thing('Pod', 'n', 'a'));
  t.equal(await events.next(), 'DELETED a', 'no longer selected');
  api.apply(thing('Service', 'n', 'a', { in: '' }));
  api.apply(thing('Pod', 'n', 'a', { in: '' }));
  t.equal(await events.next(), 'ADDED a', 'selected again; the Service is of no concern');
  t.equal(api.delete('Pod', 'n', 'a'), true);
  t.equal(await events.next(), 'DELETED a');
  t.equal(api.delete('Pod', 'n', 'a'), false);

  const resumed = await watch(
    api,
    `/api/v1/pods?watch=1&labelSelector=in&resourceVersion=${resourceVersion}`,
  );
  t.equal(await resumed.next(), 'MODIFIED a', 'a watch that resumes gets what it missed');
  t.equal(api.watches, 2);
  events.end();
  api.endWatches();
  resumed.end();
});

t.test('gone versions, both ways', async (t) => {
  await using api = await startKubernetesApi();
  api.apply(thing('Pod', 'n', 'a'));
  const { resourceVersion } = (await list(api, '/api/v1/pods')).body.metadata;
  api.compact();
  const event = await watch(api, `/api/v1/pods?watch=true&resourceVersion=${resourceVersion}`);
  t.equal(event.status, 200);
  t.equal(await event.next(), 'ERROR 410');
  t.equal(await event.next(), undefined, 'and the watch ends');
  api.goneAs('status');
  t.equal((await list(api, `/api/v1/pods?watch=true&resourceVersion=${resourceVersion}`)).status, 410);
});

t.test('bookmarks and the end of a watch', async (t) => {
  await using api = await startKubernetesApi();
  api.apply(thing('Pod', 'n', 'a'));
  const plain = await watch(api, '/api/v1/pods?watch=true&resourceVersion=2');
  const marked = await watch(api, '/api/v1/pods?watch=true&resourceVersion=2&allowWatchBookmarks=true');
  api.bookmark();
  t.equal(await marked.next(), 'BOOKMARK 2');
  api.endWatches();
  t.equal(await plain.next(), undefined, 'no bookmark where none was asked for');
  t.equal(await marked.next(), undefined);
});

t.test('faults, and a server that goes away and comes back', async (t) => {
  await using api = await startKubernetesApi();
  api.apply(thing('Pod', 'n', 'a'));
  const { url } = api;
  api.fault({ status: 500, resource: 'pods' });
  t.equal((await list(api, '/api/v1/pods')).status, 500);
  t.equal((await list(api, '/api/v1/services')).status, 200);
  api.fault(undefined);
  await api.stop();
  await t.rejects(list(api, '/api/v1/pods'));
  await api.start();
  t.equal(api.url, url, 'the same port');
  t.same((await list(api, '/api/v1/pods')).names, ['a'], 'the objects stayed');
  t.same(api.requests.at(-1), { verb: 'list', path: '/api/v1/pods', query: {} });
});

t.test('HTTPS and a token', async (t) => {
  const authority = createAuthority();
  const { key, cert } = authority.issue({ commonName: 'api', ipAddresses: ['127.0.0.1'] });
  await using api = await startKubernetesApi({ tls: { key, cert, ca: authority.cert }, token: 'secret' });
  const dispatcher = new Agent({ connect: { ca: authority.cert } });
  const ask = async (headers: Record<string, string>): Promise<number> => {
    const answer = await request(`${api.url}/api/v1/pods`, { dispatcher, headers });
    await answer.body.dump();
    return answer.statusCode;
  };
  t.equal(await ask({}), 401);
  t.equal(await ask({ authorization: 'Bearer secret' }), 200);
  await dispatcher.close();
});
