/** A way to ask, and what of the pods' samples it selects. */
export interface AskedView {
  readonly name: string;
  readonly path: string;
  /** Whether a labelled line of a pod's own is in the answer. */
  selects(line: string): boolean;
  /** Whether the report series are in it, and all samples with them. */
  readonly report: boolean;
}

const all = (): boolean => true;

/** What Prometheus scrapes. */
export const METRICS: AskedView = { name: 'metrics', path: '/metrics', selects: all, report: true };

/** `/metrics`, and `/federate` with matchers of each kind. */
export const VIEWS: readonly AskedView[] = [
  METRICS,
  federate('everything', ['{__name__=~".+"}'], all, true),
  federate('a job', ['{job="kubevirt-prometheus-metrics"}'], all, true),
  federate('two families', ['kubevirt_vmi_memory_usable_bytes', 'kubevirt_vmi_vcpu_seconds_total'], (line) =>
    /^kubevirt_vmi_(?:memory_usable_bytes|vcpu_seconds_total)\{/.test(line),
  ),
  federate('families by a pattern', ['{__name__=~"kubevirt_vmi_storage_.*"}'], (line) =>
    line.startsWith('kubevirt_vmi_storage_'),
  ),
  federate('a label', ['{drive="vda",__name__!~".*_times_.*"}'], (line) => {
    return /[{,]drive="vda"/.test(line) && !/^\w*_times_/.test(line);
  }),
  federate('some pods', ['{instance=~".*[02468]:[0-9]+",__name__!~"up|scrape_.*"}'], (line) =>
    /[{,]instance="[^"]*[02468]:\d+"/.test(line),
  ),
  federate('nothing', ['no_such_metric'], () => false),
];

function federate(
  name: string,
  matchers: readonly string[],
  selects: (line: string) => boolean,
  report = false,
): AskedView {
  const query = new URLSearchParams(matchers.map((matcher) => ['match[]', matcher]));
  return { name: `federate ${name}`, path: `/federate?${query.toString()}`, selects, report };
}
