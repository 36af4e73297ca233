import { benchBody } from '../../simulator/render.ts';
import type { Behaviour } from '../../simulator/behaviour.ts';

/** A pod of the comparison: what it exposes, what it does, and what it is there for. */
export interface PodFixture {
  readonly name: string;
  readonly container: string;
  readonly body: string;
  readonly behaviour?: Behaviour;
  readonly why: string;
}

/** Families whose samples carry explicit timestamps in {@link podFixtures}. */
export const TIMESTAMPED = 'kubevirt_vmi_migration_data_.*|explicit_.*';

/**
 * The one rule of labels in which Prometheus changed its mind: up to 2.x an `exported_` label without a value is a name that is taken, and the
 * target's label becomes `exported_exported_…`; in 3.x it is not there. The gateway does as 2.x.
 */
export const DECIDED_OTHERWISE_IN_3 = 'empty_exported';

/**
 * The pods that are up. `nowMs` is where their explicit timestamps end: a Prometheus with an empty store takes what is at most an hour old, and
 * nothing that is ahead of its clock by ten minutes.
 */
export function podFixtures(nowMs: number): readonly PodFixture[] {
  return [
    {
      name: 'virt-handler-7xq2m',
      container: 'virt-handler',
      body: virtHandler(nowMs),
      why: 'VM series with a namespace of their own, node="", up to ten timestamped samples of one series',
    },
    {
      name: 'virt-handler-large',
      container: 'virt-handler',
      body: benchBody({ bytes: 60_000, seed: 7 }).toString(),
      why: 'families large enough to be deflated on arrival',
    },
    {
      name: 'virt-handler-p9wzk',
      container: 'virt-handler',
      body: EMPTY_HANDLER,
      why: 'the same families, another order, other HELP, and a histogram whose le are integers',
    },
    {
      name: 'virt-controller-6d5f7c9b8-abcde',
      container: 'virt-controller',
      body: VIRT_CONTROLLER,
      why: 'infos with empty values, histograms, names with colons',
    },
    {
      name: 'virt-api-5b4c6d7f8-k2k2k',
      container: 'virt-api',
      body: VIRT_API,
      why: 'counters by code, code="<error>", summaries',
    },
    {
      name: 'virt-operator-collisions',
      container: 'virt-operator',
      body: COLLISIONS,
      why: 'every target label is also a label of the sample, with a value, with none, and with its exported_ name taken',
    },
    {
      name: 'virt-operator-values',
      container: 'virt-operator',
      body: VALUES,
      why: 'every spelling of a number that the text format knows',
    },
    {
      name: 'virt-operator-spelling',
      container: 'virt-operator',
      body: SPELLING,
      why: 'escapes, UTF-8, blanks, order, comments, no newline at the end',
    },
    {
      name: 'virt-operator-order',
      container: 'virt-operator',
      body: order(nowMs),
      why: 'families in pieces, series twice, explicit timestamps beside none',
    },
    {
      name: 'virt-exportproxy-openmetrics',
      container: 'exportproxy',
      body: '',
      behaviour: {
        kind: 'rubbish',
        body: openMetrics(nowMs),
        contentType: 'application/openmetrics-text; version=1.0.0; charset=utf-8',
      },
      why: 'OpenMetrics, although text was asked for',
    },
    { name: 'virt-exportproxy-empty', container: 'exportproxy', body: '', why: 'no sample at all is up' },
    ...['text/html', 'application/json', 'text/plain', 'nonsense', ''].map((contentType, n) => ({
      name: `virt-exportproxy-type-${n}`,
      container: 'exportproxy',
      body: '',
      behaviour: { kind: 'rubbish' as const, body: 'of_another_type 1\n', contentType },
      why: `Content-Type "${contentType}" is read as text`,
    })),
  ];
}

/** Comes while everything runs. */
export const NEWCOMER: PodFixture = {
  name: 'virt-handler-new',
  container: 'virt-handler',
  body: '# TYPE kubevirt_info gauge\nkubevirt_info{kubeversion="v1.9.0"} 1\n',
  why: 'a node that joins',
};

/** The pods that are down, each in its own way. */
export const FAILING: readonly PodFixture[] = [
  {
    name: 'virt-api-refuses',
    container: 'virt-api',
    body: 'x 1\n',
    behaviour: { kind: 'refuse' },
    why: 'connection refused',
  },
  {
    name: 'virt-handler-hangs',
    container: 'virt-handler',
    body: 'x 1\n',
    behaviour: { kind: 'hang', at: 'head' },
    why: 'deadline',
  },
  {
    name: 'virt-handler-busy',
    container: 'virt-handler',
    body: 'x 1\n',
    behaviour: { kind: 'status', status: 503 },
    why: 'status',
  },
  {
    name: 'virt-api-rubbish',
    container: 'virt-api',
    body: 'good_before_bad 1\nrubbish{ 1\ngood_after_bad 1\n',
    why: 'a line that is no sample between two that are',
  },
  {
    name: 'virt-api-twice',
    container: 'virt-api',
    body: 'a_label_twice{a="1",a="2"} 1\n',
    why: 'label name twice in a sample',
  },
  {
    name: 'virt-api-cut',
    container: 'virt-api',
    body: `cut_off 1\n${'# padding\n'.repeat(300)}`,
    behaviour: { kind: 'close' },
    why: 'half a body',
  },
];

function openMetrics(nowMs: number): string {
  const seconds = nowMs / 1000;
  return `# HELP explicit_om Things that \\"happened\\".
# TYPE explicit_om counter
explicit_om_total{namespace="team-a",empty=""} 5 ${seconds} # {trace="abc"} 1 ${seconds}
explicit_om_created{namespace="team-a"} 1.5e9 ${seconds - 0.0015}
# TYPE om_build info
om_build_info{version="1"} 1
# TYPE om_state stateset
om_state{om_state="on"} 1
om_state{om_state="off"} 0
# TYPE om_size_bytes histogram
# UNIT om_size_bytes bytes
om_size_bytes_bucket{le="0.5"} 1 # {trace="x"} 0.3
om_size_bytes_bucket{le="+Inf"} 2
om_size_bytes_count 2
om_size_bytes_sum 7
# TYPE om_gauge gaugehistogram
om_gauge_bucket{le="+Inf"} 2
om_gauge_gcount 2
om_gauge_gsum 7
# TYPE om_unknown unknown
om_unknown NaN
# EOF
`;
}

function virtHandler(nowMs: number): string {
  const ring = Array.from({ length: 10 }, (_, n) => nowMs - 60_000 + n * 5_000);
  const own = 'name="vm-1",namespace="team-a",node="node01"';
  return `# HELP go_goroutines Number of goroutines that currently exist.
# TYPE go_goroutines gauge
go_goroutines 412
# HELP kubevirt_vmi_info Information about VirtualMachineInstances.
# TYPE kubevirt_vmi_info gauge
kubevirt_vmi_info{name="vm-1",namespace="team-a",node="",os="",phase="running",workload="<none>"} 1
kubevirt_vmi_info{name="vm-2",namespace="team-b",node="node01",os="",phase="running",workload="<none>"} 1
# HELP kubevirt_vmi_memory_available_bytes Amount of usable memory as seen by the domain.
# TYPE kubevirt_vmi_memory_available_bytes gauge
kubevirt_vmi_memory_available_bytes{kubernetes_vmi_label_kubevirt_io_domain="fedora",${own}} 1.073741824e+09
# HELP kubevirt_vmi_migration_data_processed_bytes The total Guest OS data processed and migrated to the new VM.
# TYPE kubevirt_vmi_migration_data_processed_bytes gauge
${ring.map((at, n) => `kubevirt_vmi_migration_data_processed_bytes{${own}} ${n * 1.5e8} ${at}`).join('\n')}
# HELP kubevirt_vmi_migration_data_bytes_total The total Guest OS data to be migrated to the new VM.
# TYPE kubevirt_vmi_migration_data_bytes_total counter
${ring.map((at) => `kubevirt_vmi_migration_data_bytes_total{${own}} 2.147483648e+09 ${at}`).join('\n')}
# HELP kubevirt_vmi_vcpu_seconds_total Total amount of time spent in each state by each vcpu (cpu_time excluding hypervisor time).
# TYPE kubevirt_vmi_vcpu_seconds_total counter
kubevirt_vmi_vcpu_seconds_total{id="0",${own},state="running"} 34.78
kubevirt_vmi_vcpu_seconds_total{id="1",${own},state="running"} 31.2
# HELP kubevirt_vmi_gpu_info A pod label of its own.
# TYPE kubevirt_vmi_gpu_info gauge
kubevirt_vmi_gpu_info{name="vm-1",namespace="team-a",pod="virt-launcher-vm-1"} 1
# HELP kubevirt_rest_client_request_latency_seconds Request latency in seconds. Broken down by verb and URL.
# TYPE kubevirt_rest_client_request_latency_seconds histogram
kubevirt_rest_client_request_latency_seconds_bucket{url="https://10.96.0.1:443/%7Bprefix%7D",verb="GET",le="0.005"} 2
kubevirt_rest_client_request_latency_seconds_bucket{url="https://10.96.0.1:443/%7Bprefix%7D",verb="GET",le="1"} 9
kubevirt_rest_client_request_latency_seconds_bucket{url="https://10.96.0.1:443/%7Bprefix%7D",verb="GET",le="+Inf"} 9
kubevirt_rest_client_request_latency_seconds_sum{url="https://10.96.0.1:443/%7Bprefix%7D",verb="GET"} 0.09311
kubevirt_rest_client_request_latency_seconds_count{url="https://10.96.0.1:443/%7Bprefix%7D",verb="GET"} 9
`;
}

const EMPTY_HANDLER = `# HELP kubevirt_rest_client_request_latency_seconds Latency; an older build says it otherwise.
# TYPE kubevirt_rest_client_request_latency_seconds histogram
kubevirt_rest_client_request_latency_seconds_bucket{verb="LIST",url="u",le="1"} 1
kubevirt_rest_client_request_latency_seconds_bucket{verb="LIST",url="u",le="10"} 1
kubevirt_rest_client_request_latency_seconds_bucket{verb="LIST",url="u",le="+Inf"} 1
kubevirt_rest_client_request_latency_seconds_sum{verb="LIST",url="u"} 1
kubevirt_rest_client_request_latency_seconds_count{verb="LIST",url="u"} 1
# HELP go_goroutines Number of goroutines that currently exist.
# TYPE go_goroutines gauge
go_goroutines 98
`;

const VIRT_CONTROLLER = `# HELP kubevirt_virt_controller_leading_status Indication for an operating virt-controller.
# TYPE kubevirt_virt_controller_leading_status gauge
kubevirt_virt_controller_leading_status 1
# HELP kubevirt_vm_info Information about Virtual Machines.
# TYPE kubevirt_vm_info gauge
kubevirt_vm_info{flavor="<none>",instance_type="u1.small",machine_type="",name="vm-1",namespace="team-a",os="",preference="",status="running",status_group="running",workload="<none>"} 1
# HELP kubevirt_vmi_migration_phase_transition_time_from_creation_seconds Histogram of VM migration phase transitions duration from creation time in seconds.
# TYPE kubevirt_vmi_migration_phase_transition_time_from_creation_seconds histogram
kubevirt_vmi_migration_phase_transition_time_from_creation_seconds_bucket{phase="Succeeded",le="0.5"} 0
kubevirt_vmi_migration_phase_transition_time_from_creation_seconds_bucket{phase="Succeeded",le="60"} 3
kubevirt_vmi_migration_phase_transition_time_from_creation_seconds_bucket{phase="Succeeded",le="+Inf"} 4
kubevirt_vmi_migration_phase_transition_time_from_creation_seconds_sum{phase="Succeeded"} 190.25
kubevirt_vmi_migration_phase_transition_time_from_creation_seconds_count{phase="Succeeded"} 4
# HELP job:recorded:sum Names may hold colons.
# TYPE job:recorded:sum gauge
job:recorded:sum{endpoint=""} 5
`;

const VIRT_API = `# HELP kubevirt_rest_client_requests_total Number of HTTP requests, partitioned by status code, method, and host.
# TYPE kubevirt_rest_client_requests_total counter
kubevirt_rest_client_requests_total{code="200",host="10.96.0.1:443",method="GET",resource="kubevirts",verb="LIST"} 12
kubevirt_rest_client_requests_total{code="<error>",host="10.96.0.1:443",method="GET",resource="kubevirts",verb="WATCH"} 3
# HELP go_gc_duration_seconds A summary of the pause duration of garbage collection cycles.
# TYPE go_gc_duration_seconds summary
go_gc_duration_seconds{quantile="0"} 1.8954e-05
go_gc_duration_seconds{quantile="0.5"} 4.3152e-05
go_gc_duration_seconds{quantile="1"} NaN
go_gc_duration_seconds_sum 0.6
go_gc_duration_seconds_count 912
# TYPE kubevirt_virt_api_ready_status gauge
kubevirt_virt_api_ready_status 1
# HELP without_type Has a help, but no type.
without_type 1
without_anything 1
`;

const COLLISIONS = `# TYPE own gauge
own{job="mine"} 1
own{instance="mine:1"} 2
own{namespace="mine",pod="mine",container="mine",service="mine",endpoint="mine"} 3
own{job="",n="empty job"} 4
own{instance="",n="empty instance"} 5
own{job="",instance="",n="neither"} 6
own{job="",instance="",namespace="",pod="",container="",service="",endpoint="",n="nothing"} 7
own{namespace="mine",exported_namespace="taken"} 8
own{namespace="mine",exported_namespace="taken",exported_exported_namespace="taken too"} 9
own{namespace="",exported_namespace="alone"} 10
own{exported_job="only exported"} 11
own{job="mine",instance="",namespace="mine",exported_instance="i"} 12
own{pod="",pod="mine",n="undone"} 13
empty_exported{pod="mine",exported_pod="",n="1"} 1
empty_exported{job="mine",instance="",namespace="mine",exported_job="",exported_instance="i",n="2"} 2
`;

const VALUES = `# TYPE value gauge
value{n="nan"} NaN
value{n="nan in lower case"} nan
value{n="+inf"} +Inf
value{n="-inf"} -Inf
value{n="inf"} inf
value{n="infinity"} +Infinity
value{n="minus zero"} -0
value{n="plus"} +5
value{n="no digit before"} .5
value{n="no digit after"} 5.
value{n="exponent"} 1e3
value{n="large exponent"} 1E+300
value{n="subnormal"} 5e-324
value{n="beyond doubles, down"} 1e-400
value{n="long"} 0.1000000000000000055511151231257827
value{n="leading zeros"} 000012
value{n="2^53+1"} 9007199254740993
value{n="largest"} 1.7976931348623157e+308
`;

const SPELLING = `# a comment
#and another
# HELP text Help with \\\\ and \\n in it, "quotes", and ünïcode ☃.
# TYPE text counter
text{n="escapes",v="\\"quoted\\" back\\\\slash new\\nline"} 1
text{n="unicode",v="héllo 世界 🚀"} 1
text{n="unknown escape",v="\\d+"} 1
text{n="tab	in a value",v=" blanks "} 1
text{n="braces",v="}{,=#"} 1
text{n="newline as it is",v="two
lines"} 1
text { n = "blanks" , v = "around" , } 1
text{	n="tabs"}	2	

text{n="trailing comma",} 3
text{} 4
bare 5
text_with_no_type_yet 6
# TYPE text_with_no_type_yet counter
# HELP only_help
only_help 7
# TYPE only_type gauge
# EOF
no_newline_at_the_end 8`;

function order(nowMs: number): string {
  return `# TYPE piece_a counter
piece_a{n="1"} 1
# TYPE piece_b gauge
piece_b{n="1"} 1
piece_a{n="2"} 2
# HELP piece_a Said after its samples.
piece_a{n="3"} 3
piece_b{n="2"} 2
twice{n="the first is kept"} 1
twice{n="the first is kept"} 2
twice{n="equal"} 7
twice{n="equal"} 7
twice{a="1",b="2",n="order of labels"} 1
twice{n="order of labels",b="2",a="1"} 2
# TYPE explicit_gauge gauge
explicit_gauge{n="alone"} 1 ${nowMs - 30_000}
explicit_gauge{n="rising"} 1 ${nowMs - 30_000}
explicit_gauge{n="rising"} 2 ${nowMs - 20_000}
explicit_gauge{n="rising"} 3 ${nowMs - 10_000}
explicit_gauge{n="falling"} 3 ${nowMs - 10_000}
explicit_gauge{n="falling"} 1 ${nowMs - 20_000}
explicit_gauge{n="too old"} 1 ${nowMs - 7_200_000}
explicit_gauge{n="epoch"} 1 0
explicit_gauge{n="in two days"} 1 ${nowMs + 172_800_000}
`;
}
