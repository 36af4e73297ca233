import type { OnLoadResult, Plugin } from 'esbuild';

/** What stands in the bundle for a module that would bring far more than the program can reach. */
interface Slim {
  /** The module, as it is imported. */
  readonly module: RegExp;
  /** What imports it; by default, whoever does. */
  readonly importer?: RegExp;
  readonly contents: string;
}

/**
 * The program imports packages by their public names, and some of those bring everything that the package has. Text and code that nobody
 * runs are read and kept all the same, by each thread that imports them. Here such a module is put together from the package's own files,
 * of what is used of it. A file that has moved fails the build, and so does an import of something that is not listed.
 */
const SLIM: readonly Slim[] = [
  {
    // Without fetch, caches, mocks, WebSocket and the like, which each thread would have. The global dispatcher is part of the index too, so
    // `request` works only with the one that it is given, as the program always does.
    module: /^undici$/,
    contents: `
      import Dispatcher from 'undici/lib/dispatcher/dispatcher.js';
      import api from 'undici/lib/api/index.js';
      import { parseURL } from 'undici/lib/core/util.js';
      export { default as Agent } from 'undici/lib/dispatcher/agent.js';
      export { default as Client } from 'undici/lib/dispatcher/client.js';
      export { default as ProxyAgent } from 'undici/lib/dispatcher/proxy-agent.js';
      export { default as buildConnector } from 'undici/lib/core/connect.js';
      Object.assign(Dispatcher.prototype, api);
      export function request(url, { dispatcher, ...options }) {
        const { origin, pathname, search } = parseURL(url);
        return dispatcher.request({ method: 'GET', ...options, origin, path: pathname + search });
      }
      // The Kubernetes client's API classes call it; the program has its own way to the API.
      export function fetch() {
        throw new Error('this program is built without undici.fetch: see scripts/slim-packages.ts');
      }`,
  },
  {
    // The package's index imports the classes of every API, and those the models of every object: 500 kB of the bundle.
    module: /^@kubernetes\/client-node$/,
    contents: `
      export { KubeConfig } from '@kubernetes/client-node/dist/config.js';
      export { HttpMethod, RequestContext } from '@kubernetes/client-node/dist/gen/http/http.js';`,
  },
  {
    // The same again: what the kubeconfig's reader needs of it, to make those classes.
    module: /^\.\/gen\/index\.js$/,
    importer: /@kubernetes\/client-node\/dist\/config\.js$/,
    contents: `
      export { createConfiguration } from '@kubernetes/client-node/dist/gen/configuration.js';
      export { ServerConfiguration } from '@kubernetes/client-node/dist/gen/servers.js';`,
  },
  {
    // HTTP/2 is for the Kubernetes API, where that speaks it. Node's part of it takes a megabyte of each thread that has it.
    module: /^\.\/client-h2\.js$/,
    importer: /undici\/lib\/dispatcher\/client\.js$/,
    contents: `
      module.exports = function connectH2(client, socket) {
        return require('undici/lib/dispatcher/client-h2.js')(client, socket);
      };`,
  },
  {
    // An import reads all that a module has, and `http` has Node's own copy of undici, as WebSocket, with streams of the web: 3 MB.
    module: /^(?:node:)?http$/,
    importer: /\.[cm]?[jt]s$/,
    contents: `module.exports = require('node:http');`,
  },
  {
    // Fastify serves HTTP/2 only where it is told to.
    module: /^node:http2$/,
    importer: /fastify\/lib\/server\.js$/,
    contents: `module.exports = {};`,
  },
];

/** Makes these modules slim. `root` is where packages are looked for. */
export function slimPackages(root: string): Plugin {
  return {
    name: 'slim-packages',
    setup(build) {
      for (const [index, { module, importer = /(?:)/ }] of SLIM.entries())
        build.onResolve({ filter: module }, (from) =>
          importer.test(from.importer) ? { path: String(index), namespace: 'slim' } : undefined,
        );
      build.onLoad({ filter: /(?:)/, namespace: 'slim' }, ({ path }): OnLoadResult => ({
        contents: SLIM[Number(path)]!.contents,
        resolveDir: root,
      }));
    },
  };
}
