import { Agent, request } from 'undici';

/** Any object of the API, as it is written in YAML. */
export interface ApiObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly [field: string]: unknown;
  };
  readonly [field: string]: unknown;
}

/** The API said no. */
export class ApiError extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** Somebody's access to the API. */
export interface ApiClient extends AsyncDisposable {
  /** Any request; the answer's object. @throws {ApiError} for every status of 300 and more */
  ask(method: string, path: string, body?: unknown, contentType?: string): Promise<ApiObject>;
  /**
   * Creates the object or makes the present one like it, with its status where it has one (server-side apply; what other fields had before and
   * `object` does not have is taken away). `dryRun` validates and admits, and keeps nothing.
   */
  apply(object: ApiObject, options?: { readonly dryRun?: boolean }): Promise<ApiObject>;
  /** Deletes the object at once, without grace; one that is not there is no error. */
  delete(object: Pick<ApiObject, 'apiVersion' | 'kind' | 'metadata'>): Promise<void>;
}

const APPLY = 'application/apply-patch+yaml';

/** A client that shows a bearer token. `ca` is the authority of the server's certificate, as PEM. */
export function createApiClient(url: string, ca: string, token: string): ApiClient {
  const dispatcher = new Agent({ connect: { ca }, connections: 16 });

  async function ask(
    method: string,
    path: string,
    body?: unknown,
    contentType = 'application/json',
  ): Promise<ApiObject> {
    const answer = await request(`${url}${path}`, {
      method: method as 'GET',
      dispatcher,
      headers: { authorization: `Bearer ${token}`, 'content-type': contentType },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await answer.body.text();
    if (answer.statusCode >= 300)
      throw new ApiError(answer.statusCode, `${method} ${path}: ${answer.statusCode} ${text.slice(0, 2000)}`);
    return (text.startsWith('{') ? JSON.parse(text) : { text }) as ApiObject;
  }

  async function apply(object: ApiObject, { dryRun = false } = {}): Promise<ApiObject> {
    const path = pathOf(object);
    const query = `fieldManager=test&force=true${dryRun ? '&dryRun=All&fieldValidation=Strict' : ''}`;
    const { status, ...rest } = object;
    const applied = await ask('PATCH', `${path}?${query}`, rest, APPLY);
    if (status === undefined || dryRun) return applied;
    const { apiVersion, kind, metadata } = object;
    const { name, namespace } = metadata;
    const about = { apiVersion, kind, metadata: { name, namespace }, status };
    return ask('PATCH', `${path}/status?${query}`, about, APPLY);
  }

  return {
    ask,
    apply,
    async delete(object) {
      try {
        await ask('DELETE', `${pathOf(object)}?gracePeriodSeconds=0`);
      } catch (error) {
        if (!(error instanceof ApiError && error.status === 404)) throw error;
      }
    },
    [Symbol.asyncDispose]: () => dispatcher.destroy(),
  };
}

/** Kinds that belong to no namespace, of those that tests and the chart use. */
const CLUSTER_WIDE =
  /^(Namespace|Node|ClusterRole|ClusterRoleBinding|CustomResourceDefinition|PriorityClass|IngressClass)$/;

/** The path of an object. */
export function pathOf({
  apiVersion,
  kind,
  metadata,
}: Pick<ApiObject, 'apiVersion' | 'kind' | 'metadata'>): string {
  const group = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
  const namespace = CLUSTER_WIDE.test(kind) ? '' : `/namespaces/${metadata.namespace ?? 'default'}`;
  return `${group}${namespace}/${pluralOf(kind)}/${encodeURIComponent(metadata.name)}`;
}

function pluralOf(kind: string): string {
  const name = kind.toLowerCase();
  if (name === 'endpoints') return name;
  if (/(s|x|ch|sh)$/.test(name)) return `${name}es`;
  return name.endsWith('y') ? `${name.slice(0, -1)}ies` : `${name}s`;
}
