import { NO_LABEL_LIMITS } from '../src/exposition/label-limits.ts';
import type { FuzzCase, Member } from './fuzz-case.ts';
import type { OracleAnswer, Question } from './oracle.ts';
import { difference, problem, type Problem } from './problem.ts';
import type { CheckedMerge } from './merge-checks.ts';
import type { CheckedScan } from './scan-checks.ts';
import type { StrictSample } from './strict-reader.ts';

/** Which samples a Prometheus would store of that target, if it scraped it itself. */
export function questionOf(member: Member): Question {
  return { ...member, strict: false };
}

/** Which samples a Prometheus would store of the answer, if it scraped the gateway. */
export function mergedQuestion({ text }: CheckedMerge): Question {
  const labels = { instance: 'gateway', job: 'gateway' };
  const rules = { honorLabels: true, honorTimestamps: true, limits: NO_LABEL_LIMITS };
  return { body: text, labels, openMetrics: false, ...rules, strict: true };
}

/** Compares a scan with what Prometheus' own reader says. */
export function compareScan({ scan, samples }: CheckedScan, answer: OracleAnswer): Problem | undefined {
  const { error, total, added } = answer;
  const theirs = error === '' ? 'accepted' : 'refused';
  const counts = `${scan.samples} and ${scan.samplesPost} samples, not ${total} and ${added}`;
  if (scan.message.includes('silently stop reading')) {
    // docs/differences.md: Prometheus ends there without a word. Until there the two must agree.
    if (error !== '') return problem('oracle: a NUL byte', `it says ${error}`);
    return scan.samples === total ? undefined : problem('oracle: counts before a NUL byte', counts);
  }
  // The same of OpenMetrics: behind a metadata line Prometheus passes over it.
  if (scan.message.includes('"\\u0000" cannot begin a line')) return undefined;
  const why = scan.message.replaceAll(/".*?"/g, '""').slice(0, 50);
  if (scan.verdict !== theirs) {
    const whyNot = error.replaceAll(/".*"/g, '""').slice(0, 50);
    const kind = `oracle: ${theirs} (${whyNot}), here ${scan.verdict} (${why})`;
    return problem(kind, `it says ${JSON.stringify(error)}, here ${JSON.stringify(scan.message)}`);
  }
  if (scan.samples !== total || scan.samplesPost !== added)
    return problem(`oracle: counts of what is ${theirs} (${why})`, counts);
  if (theirs === 'refused') return undefined;
  return compareSamples('oracle: other samples', samples, answer.samples);
}

/** Compares an answer with what a Prometheus would have stored from its targets. */
export function compareMerge(
  { members }: FuzzCase,
  { samples, text }: CheckedMerge,
  checked: readonly CheckedScan[],
  answers: readonly OracleAnswer[],
  merged: OracleAnswer,
): Problem | undefined {
  const all = `\n${text.toString()}`;
  if (merged.error !== '') return problem('oracle: the answer is refused', merged.error + all);
  if (merged.strictError !== '')
    return problem('oracle: expfmt refuses the answer', merged.strictError + all);
  const accepted = members.flatMap((_, i) =>
    checked[i]!.scan.verdict === 'accepted' ? answers[i]!.samples : [],
  );
  const ours = bySeries(samples.map(keyOf));
  const theirs = bySeries(accepted.filter(isStorable));
  // Of a series that two targets claim the order may be another.
  const got = [...ours].sort().join('\n');
  const want = [...theirs].sort().join('\n');
  return got === want
    ? undefined
    : problem('oracle: the answer has other samples', difference(got, want) + all);
}

function compareSamples(
  kind: string,
  samples: readonly StrictSample[],
  theirs: readonly string[],
): Problem | undefined {
  const got = bySeries(samples.map(keyOf)).join('\n');
  const want = bySeries(theirs.filter(isStorable)).join('\n');
  return got === want ? undefined : problem(kind, difference(got, want));
}

/** docs/differences.md: what has a timestamp before 1970 is left out, since no Prometheus stores it. */
function isStorable(sample: string): boolean {
  return !/@-\d+$/.test(sample);
}

/** Sorted by series; those of one series stay in their order. */
function bySeries(samples: readonly string[]): string[] {
  const keyed = samples.map((sample) => ({ series: sample.slice(0, sample.lastIndexOf('\xff')), sample }));
  keyed.sort((a, b) => (a.series < b.series ? -1 : a.series > b.series ? 1 : 0));
  return keyed.map(({ sample }) => sample);
}

const float = new Float64Array(1);
const bits = new BigUint64Array(float.buffer);

/** A sample as the oracle writes it. */
function keyOf({ name, labels, value, timestamp }: StrictSample): string {
  const all = [['__name__', name] as const, ...labels.filter(([, value]) => value !== '')];
  all.sort(([a], [b]) => (a < b ? -1 : 1));
  const series = all.map(([name, value]) => `${name}\xff${value.replaceAll('\n', '\xfe')}\xff`).join('');
  return `${series}${bitsOf(value)}${timestamp === '' ? '' : `@${timestamp}`}`;
}

function bitsOf(value: string): string {
  // The NaN that Prometheus makes of every spelling.
  if (value === 'NaN') return '7ff8000000000001';
  float[0] = Number(value.replace('Inf', 'Infinity'));
  return bits[0]!.toString(16);
}
