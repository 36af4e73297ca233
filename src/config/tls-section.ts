import { resolve } from 'node:path';
import { TLS_CONFIG_FIELDS } from './known-fields.ts';
import type { TlsConfig, TlsVersion } from './scrape-config.ts';
import type { YamlValue } from './yaml-value.ts';

/** Oldest first. */
export const TLS_VERSIONS: ReadonlyMap<string, TlsVersion> = new Map([
  ['TLS10', 'TLSv1'],
  ['TLS11', 'TLSv1.1'],
  ['TLS12', 'TLSv1.2'],
  ['TLS13', 'TLSv1.3'],
]);

type Fields = ReadonlyMap<string, YamlValue>;

/** Reads `tls_config`. Files are not opened here: they may appear later and are read when a connection is made. */
export function readTlsConfig(value: YamlValue | undefined, baseDir: string): TlsConfig {
  const fields: Fields = value?.fields(TLS_CONFIG_FIELDS) ?? new Map();
  // Empty is the same as absent, as in Prometheus.
  const text = (name: string) => fields.get(name)?.stringOrEmpty() || undefined;
  const file = (name: string) => {
    const path = text(name);
    return path === undefined ? undefined : resolve(baseDir, path);
  };
  const minVersion = readVersion(fields.get('min_version'));
  const maxVersion = readVersion(fields.get('max_version'));
  checkExclusive(fields, text);
  checkVersions(fields, minVersion, maxVersion);
  return {
    insecureSkipVerify: fields.get('insecure_skip_verify')?.boolean() ?? false,
    ...withoutUndefined({
      ca: text('ca'),
      caFile: file('ca_file'),
      cert: text('cert'),
      certFile: file('cert_file'),
      key: text('key'),
      keyFile: file('key_file'),
      serverName: text('server_name'),
      minVersion,
      maxVersion,
    }),
  };
}

function readVersion(value: YamlValue | undefined): TlsVersion | undefined {
  if (!value) return undefined;
  const name = value.string();
  const known = [...TLS_VERSIONS.keys()].join(', ');
  return TLS_VERSIONS.get(name) ?? value.fail(`unknown TLS version "${name}"; use one of ${known}`);
}

function checkExclusive(fields: Fields, text: (name: string) => string | undefined): void {
  for (const name of ['ca', 'cert', 'key']) {
    if (text(name) !== undefined && text(`${name}_file`) !== undefined) {
      fields.get(`${name}_file`)?.fail(`at most one of ${name} and ${name}_file can be given`);
    }
  }
  const given = (name: string) => [name, `${name}_file`].find((field) => text(field) !== undefined);
  const cert = given('cert');
  const key = given('key');
  if (cert !== undefined && key === undefined) {
    fields.get(cert)?.fail('a client certificate needs its key: give key or key_file');
  }
  if (key !== undefined && cert === undefined) {
    fields.get(key)?.fail('a client key needs its certificate: give cert or cert_file');
  }
}

function checkVersions(fields: Fields, min: TlsVersion | undefined, max: TlsVersion | undefined): void {
  if (min === undefined || max === undefined) return;
  const order = [...TLS_VERSIONS.values()];
  if (order.indexOf(max) < order.indexOf(min)) {
    fields.get('max_version')?.fail('max_version must not be below min_version');
  }
}

type Present<T> = { [Key in keyof T]?: Exclude<T[Key], undefined> };

function withoutUndefined<T extends object>(value: T): Present<T> {
  const pairs = Object.entries(value).filter(([, inner]) => inner !== undefined);
  return Object.fromEntries(pairs) as Present<T>;
}
