import { isUtf8 } from 'node:buffer';
import { crc32 } from 'node:zlib';

import { Families } from './families.ts';
import { LineError, readLine } from './strict-line.ts';
import type { Line } from './strict-line.ts';

/** What all samples of one target add up to, in whatever order they are. */
export interface Fingerprint {
  readonly samples: number;
  /** Sum of the CRC-32 of each line, without its newline. */
  readonly sum: number;
}

/** A target that was healthy all the time: what must be there of it. */
export interface WantedTarget extends Fingerprint {
  readonly instance: string;
  readonly pod: string;
}

/** What is known of an answer before one looks at it. */
export interface Wanted {
  readonly targets: readonly WantedTarget[];
  /** `pod instance` of each target that may be there. */
  readonly known: readonly string[];
  /** Whether the report series are in it, and with them all samples of every target. */
  readonly report: boolean;
}

/** What was found in an answer. */
export interface Verdict {
  readonly problems: readonly string[];
  /** Healthy targets that were not in it by its deadline: nothing of them is there, and nothing else is said to be wrong. */
  readonly late: number;
}

/** What an answer has of one target. */
interface Found {
  samples: number;
  sum: number;
  up: string;
  counted: string;
  reason: string;
}

const NEWLINE = 0x0a;
const REPORT = new Set([
  'up',
  'scrape_duration_seconds',
  'scrape_failure_reason',
  'scrape_samples_scraped',
  'scrape_samples_post_metric_relabeling',
]);
const MOST_PROBLEMS = 5;

/**
 * What is wrong with an answer; nothing when it is strict text 0.0.4, has of each healthy target exactly what that exposes, of every
 * target as many samples as its report series say, and nothing of targets that are not there.
 */
export function checkAnswer(text: Buffer, wanted: Wanted): Verdict {
  const problems: string[] = [];
  const found = new Map<string, Found>();
  const known = new Set(wanted.known);
  if (!isUtf8(text)) problems.push('the answer is not UTF-8');
  if (text.length > 0 && text.at(-1) !== NEWLINE) problems.push('the answer ends in the middle of a line');
  try {
    readText(text, found, known);
  } catch (error) {
    if (!(error instanceof LineError)) throw error;
    problems.push(error.message);
    return { problems, late: 0 };
  }
  let late = 0;
  for (const target of wanted.targets) {
    if (isLate(found.get(target.instance), target, wanted)) {
      late += 1;
      continue;
    }
    const problem = problemOf(target, found.get(target.instance), wanted);
    if (problem !== '') problems.push(`${target.pod} ${target.instance}: ${problem}`);
  }
  if (wanted.report) {
    for (const [instance, { up, samples, counted }] of found) {
      if (up === '1' ? Number(counted) !== samples : samples !== 0) {
        problems.push(`${instance}: up ${up} with ${samples} samples; its report series say ${counted}`);
      }
    }
  }
  const more = problems.length - MOST_PROBLEMS;
  if (more > 0) problems.splice(MOST_PROBLEMS, more, `and ${more} more`);
  return { problems, late };
}

/** The fingerprint of lines of samples. */
export function fingerprintOf(lines: readonly string[]): Fingerprint {
  return { samples: lines.length, sum: lines.reduce((sum, line) => sum + crc32(line), 0) };
}

/** @throws LineError that names the line. */
function readText(text: Buffer, found: Map<string, Found>, known: ReadonlySet<string>): void {
  const families = new Families();
  const line: Line = {
    kind: 'sample',
    nameStart: 0,
    nameEnd: 0,
    instance: '',
    pod: '',
    reason: '',
    valueStart: 0,
    valueEnd: 0,
  };
  let start = 0;
  for (let end = text.indexOf(NEWLINE); end >= 0; end = text.indexOf(NEWLINE, start)) {
    try {
      readLine(text, start, end, line);
      const name = text.toString('latin1', line.nameStart, line.nameEnd);
      if (line.kind === 'sample') {
        families.sample(name);
        count(text, start, end, line, { name, found, known });
      } else {
        const type = line.kind === 'TYPE' ? text.toString('latin1', line.valueStart, line.valueEnd) : '';
        families.metadata(line.kind, name, type);
      }
    } catch (error) {
      if (!(error instanceof LineError)) throw error;
      const shown = text.toString('utf8', start, Math.min(end, start + 200));
      throw new LineError(`${error.message}: ${shown}`, { cause: error });
    }
    start = end + 1;
  }
}

function count(
  text: Buffer,
  start: number,
  end: number,
  { instance, pod, reason, valueStart, valueEnd }: Line,
  { name, found, known }: { name: string; found: Map<string, Found>; known: ReadonlySet<string> },
): void {
  if (instance === '') throw new LineError('a sample of no target');
  let of = found.get(instance);
  if (of === undefined) {
    of = { samples: 0, sum: 0, up: '', counted: '', reason: '' };
    found.set(instance, of);
  }
  if (REPORT.has(name)) {
    // Only here the label is the target's for sure.
    if (!known.has(`${pod} ${instance}`)) throw new LineError('a target that is not there');
    const value = text.toString('latin1', valueStart, valueEnd);
    if (name === 'up' && of.up !== '') throw new LineError('a target that is there twice');
    if (name === 'up') of.up = value;
    if (name === 'scrape_failure_reason') of.reason = reason;
    if (name === 'scrape_samples_post_metric_relabeling') of.counted = value;
    return;
  }
  of.samples += 1;
  of.sum += crc32(text.subarray(start, end));
}

function isLate(found: Found | undefined, target: WantedTarget, { report }: Wanted): boolean {
  if (report) return found?.up === '0' && found.reason === 'timeout' && found.samples === 0;
  return found === undefined && target.samples > 0;
}

function problemOf(target: WantedTarget, found: Found | undefined, { report }: Wanted): string {
  const { samples = 0, sum = 0, up = '' } = found ?? {};
  if (report && up === '') return 'it is not in the answer';
  if (report && up !== '1') return `up ${up} (${found?.reason}), but it was healthy`;
  if (samples !== target.samples) return `${samples} samples; want ${target.samples}`;
  return sum === target.sum ? '' : `its ${samples} samples are not those that it exposes`;
}
