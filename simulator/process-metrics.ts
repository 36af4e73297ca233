import type { ExpositionWriter } from './exposition.ts';
import type { ModelPod } from './model.ts';
import { mix } from './random.ts';
import { count, elapsed, growth, level } from './signal.ts';

/** What a component asks of the API server: the part of the URL after the host, the resource, and how often a second. */
export interface ApiCall {
  readonly path: string;
  readonly resource: string;
  readonly verb: 'GET' | 'LIST' | 'PATCH' | 'PUT' | 'POST' | 'WATCH';
  readonly rate: number;
}

const HOST = '10.96.0.1:443';
const MIB = 1024 ** 2;
const METHODS = { GET: 'GET', LIST: 'GET', PATCH: 'PATCH', PUT: 'PUT', POST: 'POST', WATCH: 'GET' } as const;
// prometheus.ExponentialBuckets(0.001, 2, 10) and workqueue's ExponentialBuckets(10e-9, 10, 10), rounding errors included.
const REST_BOUNDS = [0.001, 0.002, 0.004, 0.008, 0.016, 0.032, 0.064, 0.128, 0.256, 0.512];
const QUEUE_BOUNDS = [1e-8, 1e-7, 1e-6, 9.999999999999999e-6, 9.999999999999999e-5, 0.001, 0.01, 0.1, 1, 10];

/** The metrics of every Go process with client_golang: go_, process_ and promhttp_. `seconds` since the pod began. */
export function writeProcess(out: ExpositionWriter, pod: ModelPod, seconds: number): void {
  const at = (salt: number): number => mix(pod.seed, salt);
  const heap = Math.floor(level(at(1), 48 * MIB, 0.3, seconds));
  const system = 96 * MIB;
  const gcs = count(at(2), 1 / 90, seconds) + 1;
  const allocated = count(at(3), 900_000, seconds) + 48 * MIB;
  const mallocs = count(at(4), 9_000, seconds) + 400_000;
  const gauges: [name: string, value: number][] = [
    ['go_gc_gogc_percent', 100],
    ['go_gc_gomemlimit_bytes', 2 ** 63],
    ['go_goroutines', Math.floor(level(at(5), 240, 0.2, seconds))],
    ['go_memstats_alloc_bytes', heap],
    ['go_memstats_buck_hash_sys_bytes', 1_634_217],
    ['go_memstats_gc_sys_bytes', 5_246_880],
    ['go_memstats_heap_alloc_bytes', heap],
    ['go_memstats_heap_idle_bytes', system - heap - MIB],
    ['go_memstats_heap_inuse_bytes', heap + MIB],
    ['go_memstats_heap_objects', 400_000],
    ['go_memstats_heap_released_bytes', 9_650_176],
    ['go_memstats_heap_sys_bytes', system],
    ['go_memstats_last_gc_time_seconds', pod.startedAt / 1000 + Math.floor(seconds / 90) * 90 + 0.1234567],
    ['go_memstats_mcache_inuse_bytes', 9_600],
    ['go_memstats_mcache_sys_bytes', 15_600],
    ['go_memstats_mspan_inuse_bytes', 812_960],
    ['go_memstats_mspan_sys_bytes', 1_077_120],
    ['go_memstats_next_gc_bytes', 2 * heap],
    ['go_memstats_other_sys_bytes', 2_104_327],
    ['go_memstats_stack_inuse_bytes', 3_211_264],
    ['go_memstats_stack_sys_bytes', 3_211_264],
    ['go_memstats_sys_bytes', system + 13_290_000],
    ['go_sched_gomaxprocs_threads', 8],
    ['go_threads', 19],
    ['go_memstats_alloc_bytes_total', allocated],
    ['go_memstats_mallocs_total', mallocs],
    ['go_memstats_frees_total', mallocs - 400_000],
    ['process_cpu_seconds_total', Math.floor(growth(at(6), 0.03, seconds) * 100) / 100],
    ['process_max_fds', 1_048_576],
    ['process_network_receive_bytes_total', count(at(7), 21_000, seconds)],
    ['process_network_transmit_bytes_total', count(at(8), 33_000, seconds)],
    ['process_open_fds', Math.floor(level(at(9), 22, 0.2, seconds))],
    ['process_resident_memory_bytes', Math.floor(level(at(10), 130 * MIB, 0.1, seconds) / 4096) * 4096],
    ['process_start_time_seconds', Math.floor(pod.startedAt / 10) / 100],
    ['process_virtual_memory_bytes', 2_180_538_368],
    ['process_virtual_memory_max_bytes', 2 ** 64],
    ['promhttp_metric_handler_requests_in_flight', 1],
  ];
  for (const [name, value] of gauges) out.sample(name, {}, value);
  out.sample('go_info', { version: 'go1.24.6 X:nocoverageredesign' }, 1);
  const scrapes = { 200: count(at(11), 1 / 30, seconds), 500: 0, 503: 0 };
  for (const [code, value] of Object.entries(scrapes)) {
    out.sample('promhttp_metric_handler_requests_total', { code }, value);
  }
  const pauses = [2.1e-5, 4.9e-5, 7.3e-5, 0.000112, 0.003914];
  out.summary(
    'go_gc_duration_seconds',
    {},
    {
      quantiles: pauses.map((pause, index) => [index / 4, pause]),
      sum: elapsed(at(12), 1e-6, seconds) + 0.00042,
      count: gcs,
    },
  );
}

/** The client-go metrics: latency and rate limiter per verb and URL, requests per code. */
export function writeRestClient(
  out: ExpositionWriter,
  pod: ModelPod,
  seconds: number,
  calls: readonly ApiCall[],
): void {
  if (pod.troubled) {
    const help = 'Number of HTTP requests, partitioned by status code, method, and host.';
    out.family({ name: 'rest_client_requests_total', type: 'counter', help });
  }
  for (const [index, { path, resource, verb, rate }] of calls.entries()) {
    const seed = mix(pod.seed, 100 + index);
    const labels = { url: `https://${HOST}${path}`, verb };
    const bounds = REST_BOUNDS;
    const requests = count(seed, rate, seconds) + 1;
    out.histogram('kubevirt_rest_client_request_latency_seconds', labels, spread(bounds, requests, 0.012));
    out.histogram(
      'kubevirt_rest_client_rate_limiter_duration_seconds',
      labels,
      spread(bounds, requests, 2e-6),
    );
    const codes: [code: string, value: number][] = [
      [verb === 'POST' ? '201' : '200', requests],
      ['404', count(seed, rate / 500, seconds)],
      ['<error>', count(seed, pod.troubled ? rate : rate / 20_000, seconds)],
    ];
    for (const [code, value] of codes) {
      if (value === 0) continue;
      const method = METHODS[verb];
      out.sample('kubevirt_rest_client_requests_total', { code, host: HOST, method, resource, verb }, value);
      // The seed documentation's own example; client-go sums over resources there.
      if (pod.troubled && code === '<error>' && index === 0) {
        out.sample('rest_client_requests_total', { code, host: HOST, method }, value);
      }
    }
  }
}

/** The metrics of client-go's work queues. */
export function writeWorkqueues(
  out: ExpositionWriter,
  pod: ModelPod,
  seconds: number,
  queues: readonly string[],
): void {
  for (const [index, name] of queues.entries()) {
    const seed = mix(pod.seed, 300 + index);
    const labels = { name };
    const adds = count(seed, 0.4, seconds);
    out.sample('kubevirt_workqueue_adds_total', labels, adds);
    out.sample('kubevirt_workqueue_depth', labels, Math.max(0, Math.round(level(seed, 0.4, 3, seconds))));
    out.sample('kubevirt_workqueue_longest_running_processor_seconds', labels, 0);
    out.sample('kubevirt_workqueue_retries_total', labels, count(mix(seed, 2), 0.01, seconds));
    out.sample('kubevirt_workqueue_unfinished_work_seconds', labels, 0);
    out.histogram('kubevirt_workqueue_queue_duration_seconds', labels, spread(QUEUE_BOUNDS, adds, 2e-5));
    out.histogram('kubevirt_workqueue_work_duration_seconds', labels, spread(QUEUE_BOUNDS, adds, 0.004));
  }
}

/** So many observations around `typical`, as cumulative counts: none ever shrinks while `total` grows. */
export function spread(bounds: readonly number[], total: number, typical: number) {
  return {
    bounds,
    counts: bounds.map((bound) => Math.floor(total / (1 + (typical / bound) ** 1.5))),
    count: total,
    sum: Math.floor(total * typical * 1.2 * 1e9) / 1e9,
  };
}
