import { linesOf } from './answer.ts';
import type { Answer } from './answer.ts';
import type { Cluster } from './cluster.ts';

/** The merged answer in a few lines for people. */
export function summaryText(answer: Answer): string {
  const { targets, up, failed, families, samples, bytes, gzipBytes, seconds } = answer;
  const lines = [
    '',
    `GET /metrics: ${answer.status} in ${seconds.toFixed(2)} s`,
    `  targets   ${up} of ${targets} up`,
    ...failed.map(({ pod, reason }) => `            ${pod} failed: ${reason}`),
    `  families  ${grouped(families)}`,
    `  samples   ${grouped(samples)}`,
    `  bytes     ${grouped(bytes)}, ${grouped(gzipBytes)} with gzip`,
    '',
  ];
  return lines.join('\n');
}

const EXAMPLES = [
  'up{',
  'scrape_failure_reason{',
  'kubevirt_virt_controller_leading_status{',
  'kubevirt_vmi_memory_usable_bytes{',
  'kubevirt_vmi_migration_data_remaining_bytes{',
];

/** One line of each of some families. */
export function exampleLines(text: string): string {
  const found = EXAMPLES.map((start) => {
    const at = text.startsWith(start) ? 0 : text.indexOf(`\n${start}`) + 1;
    return at === 0 && !text.startsWith(start) ? '' : text.slice(at, text.indexOf('\n', at));
  });
  return found.filter((line) => line !== '').join('\n');
}

/** How an answer differs from what it must be with this cluster; empty when it does not. */
export function problemsOf(answer: Answer, cluster: Cluster): string[] {
  const problems: string[] = [];
  if (answer.status !== 200) problems.push(`the status is ${answer.status}, not 200`);
  if (!answer.text.endsWith('\n')) problems.push('the text does not end with a newline');
  const faulty = cluster.pods.filter(({ faulty: own }) => own).map(({ model }) => model.name);
  if (answer.targets !== cluster.pods.length) {
    problems.push(`${answer.targets} targets are reported, and there are ${cluster.pods.length} pods`);
  }
  const failed = answer.failed.map(({ pod }) => pod);
  const difference = [...new Set(failed).symmetricDifference(new Set(faulty))];
  if (difference.length > 0) {
    problems.push(`failed are [${failed.sort().join()}], and [${faulty.sort().join()}] have faults`);
  }
  for (const { pod, reason } of answer.failed) {
    if (reason === 'none given') problems.push(`${pod} failed without a scrape_failure_reason`);
  }
  const families = new Set<string>();
  for (const line of linesOf(answer.text)) {
    if (!line.startsWith('# TYPE ')) continue;
    const name = line.split(' ')[2] ?? '';
    if (families.has(name)) problems.push(`family ${name} is there more than once`);
    families.add(name);
  }
  const wanted = [
    'kubevirt_vmi_info',
    'kubevirt_vmi_memory_usable_bytes',
    'kubevirt_virt_api_ready_status',
    'go_info',
  ];
  for (const name of wanted) if (!families.has(name)) problems.push(`family ${name} is missing`);
  return problems;
}

function grouped(number: number): string {
  return number.toLocaleString('en-US');
}
