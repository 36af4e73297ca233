import type { RelabelConfig } from '../relabel/relabel.ts';

/** Prometheus' `tls_config`. File paths are absolute; files are read when a connection is made, so a rotated file is taken up. */
export interface TlsConfig {
  readonly ca?: string;
  readonly caFile?: string;
  readonly cert?: string;
  readonly certFile?: string;
  readonly key?: string;
  readonly keyFile?: string;
  readonly serverName?: string;
  readonly insecureSkipVerify: boolean;
  readonly minVersion?: TlsVersion;
  readonly maxVersion?: TlsVersion;
}

/** TLS versions under Node's names; in YAML they are Prometheus' `TLS10` … `TLS13`. */
export type TlsVersion = 'TLSv1' | 'TLSv1.1' | 'TLSv1.2' | 'TLSv1.3';

/** One entry of `static_configs`, or one group of a `file_sd_configs` file. */
export interface StaticConfig {
  readonly targets: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
}

/** One entry of `file_sd_configs`. `files` are absolute patterns whose last part may hold `*`. */
export interface FileSdConfig {
  readonly files: readonly string[];
  /** Milliseconds between two full reads, beside the re-read on change. */
  readonly refreshIntervalMs: number;
}

/** What of Kubernetes becomes targets. */
export type KubernetesRole = 'endpoints' | 'endpointslice' | 'pod';

/** What a selector narrows. */
export type KubernetesSelectorRole = KubernetesRole | 'service';

/** One entry of `kubernetes_sd_configs`. */
export interface KubernetesSdConfig {
  readonly role: KubernetesRole;
  /** Absolute path; absent means the program's own way to find a kubeconfig. */
  readonly kubeconfigFile?: string;
  readonly apiServer?: string;
  readonly namespaces: {
    /** Empty means every namespace. */
    readonly names: readonly string[];
    readonly ownNamespace: boolean;
  };
  readonly selectors: readonly {
    readonly role: KubernetesSelectorRole;
    readonly label?: string;
    readonly field?: string;
  }[];
}

/**
 * What a target may have before its scrape fails, as in Prometheus. 0 is no limit; whole numbers that are not negative.
 * The limits of the global section are in here already.
 */
export interface ScrapeLimits {
  /** Bytes of a body after decompression; a body of exactly as many is refused. A negative one is no limit either. */
  readonly bodySizeLimit: number;
  /** Samples of a scrape after relabelling. */
  readonly sampleLimit: number;
  /** Labels of a series as it is written: `__name__` included, those with an empty value not. */
  readonly labelLimit: number;
  /** Bytes of a label's name. */
  readonly labelNameLengthLimit: number;
  /** Bytes of a label's value. */
  readonly labelValueLengthLimit: number;
  /** Targets of the scrape config; with more, all of them fail. */
  readonly targetLimit: number;
}

/** One entry of `scrape_configs`, interpreted and frozen. */
export interface ScrapeConfig {
  readonly jobName: string;
  readonly scheme: 'http' | 'https';
  readonly metricsPath: string;
  readonly params: Readonly<Record<string, readonly string[]>>;
  readonly scrapeTimeoutMs: number;
  readonly scrapeIntervalMs: number;
  readonly honorLabels: boolean;
  readonly honorTimestamps: boolean;
  readonly enableCompression: boolean;
  readonly followRedirects: boolean;
  readonly limits: ScrapeLimits;
  readonly tls: TlsConfig;
  readonly staticConfigs: readonly StaticConfig[];
  readonly fileSdConfigs: readonly FileSdConfig[];
  readonly kubernetesSdConfigs: readonly KubernetesSdConfig[];
  readonly relabelConfigs: readonly RelabelConfig[];
}

/** A whole configuration. */
export interface Config {
  readonly scrapeConfigs: readonly ScrapeConfig[];
}
