import t from 'tap';

import { summaryOf } from '../../simulator/answer.ts';
import type { Answer } from '../../simulator/answer.ts';
import type { Cluster } from '../../simulator/cluster.ts';
import { exampleLines, problemsOf, summaryText } from '../../simulator/demo-report.ts';

const FAMILIES = [
  'kubevirt_vmi_info',
  'kubevirt_vmi_memory_usable_bytes',
  'kubevirt_virt_api_ready_status',
  'go_info',
];
const TEXT = `# HELP up Whether the scrape of the target was complete.
# TYPE up gauge
up{instance="127.1.0.1:8443",pod="virt-api-a"} 1
up{instance="127.1.0.2:8443",pod="virt-handler-b"} 0
# TYPE scrape_failure_reason gauge
scrape_failure_reason{instance="127.1.0.2:8443",pod="virt-handler-b",reason="timeout"} 1
${FAMILIES.map((name) => `# TYPE ${name} gauge\n${name} 1\n`).join('')}`;

function answerOf(text: string, status = 200): Answer {
  return { status, text, seconds: 0.5, bytes: text.length, gzipBytes: 100, ...summaryOf(text) };
}

/** As much of a cluster as a report looks at. */
function clusterOf(...pods: [name: string, faulty: boolean][]): Cluster {
  return { pods: pods.map(([name, faulty]) => ({ model: { name }, faulty })) } as unknown as Cluster;
}

t.test('a merged answer is summed up', async (t) => {
  const answer = answerOf(TEXT);
  t.match(answer, { targets: 2, up: 1, families: 6, samples: 7 });
  t.strictSame(answer.failed, [{ pod: 'virt-handler-b', instance: '127.1.0.2:8443', reason: 'timeout' }]);
  t.match(summaryText(answer), 'virt-handler-b failed: timeout');
  t.match(summaryText(answer), '1 of 2 up');
  t.equal(exampleLines(TEXT).split('\n')[0], 'up{instance="127.1.0.1:8443",pod="virt-api-a"} 1');
});

t.test('what is not as it must be is named', async (t) => {
  const pods: [string, boolean][] = [
    ['virt-api-a', false],
    ['virt-handler-b', true],
  ];
  const table: [answer: Answer, pods: [string, boolean][], want: string[], why: string][] = [
    [answerOf(TEXT), pods, [], 'as it must be'],
    [answerOf(TEXT, 503), pods, ['the status is 503, not 200'], 'status'],
    [answerOf(TEXT.trimEnd()), pods, ['the text does not end with a newline'], 'cut'],
    [
      answerOf(TEXT),
      [...pods, ['c', false]],
      ['2 targets are reported, and there are 3 pods'],
      'a pod too few',
    ],
    [
      answerOf(TEXT),
      [
        ['virt-api-a', true],
        ['virt-handler-b', false],
      ],
      ['failed are [virt-handler-b], and [virt-api-a] have faults'],
      'the wrong one failed',
    ],
    [
      answerOf(TEXT.replace(/scrape_failure_reason\{.*\n/, '')),
      pods,
      ['virt-handler-b failed without a scrape_failure_reason'],
      'no reason',
    ],
    [answerOf(`${TEXT}# TYPE up gauge\n`), pods, ['family up is there more than once'], 'a family twice'],
    [answerOf(TEXT.replaceAll('go_info', 'x')), pods, ['family go_info is missing'], 'a family lost'],
  ];
  for (const [answer, cluster, want, why] of table)
    t.strictSame(problemsOf(answer, clusterOf(...cluster)), want, why);
});
