import { crc32, inflateRawSync, constants } from 'node:zlib';
import type { Random } from '../simulator/random.ts';
import type { BlockPart } from '../src/exposition/family-block.ts';
import { type Engine, type Scan, SLOW_TEXT, type Way } from './engine.ts';
import type { Member } from './fuzz-case.ts';
import { mutate } from './mutation.ts';
import { difference, problem, type Problem } from './problem.ts';
import { readSampleStrictly, StrictError, type StrictSample } from './strict-reader.ts';
import { chance } from './words.ts';

/** A message quotes a body, and a body can be large. */
const MOST_MESSAGE = 300;

/** A body that was scanned, with what the plain way made of it. */
export interface CheckedScan {
  readonly scan: Scan;
  readonly samples: readonly StrictSample[];
  readonly problem: Problem | undefined;
}

/** Checks that one body comes out the same in whatever way it is scanned, and that what comes out is canonical. */
export function checkScan(engine: Engine, member: Member, random: Random, thorough = false): CheckedScan {
  const scan = engine.scan(member, {});
  if (scan.verdict === 'crashed') return { scan, samples: [], problem: crash(scan, {}) };
  if (scan.message.length > MOST_MESSAGE) {
    const long = problem('a long message', `${scan.message.length} characters: ${scan.message}`);
    return { scan, samples: [], problem: long };
  }
  const { samples, problem: uncanonical } = readLines(scan);
  if (uncanonical !== undefined) return { scan, samples, problem: uncanonical };
  const want = describe(scan);
  const ways = thorough ? everyWay(member) : [otherWay(random, member)];
  for (const way of [{ slow: true }, { uncoded: true }, ...ways]) {
    const other = engine.scan(member, way);
    if (other.verdict === 'crashed') return { scan, samples, problem: crash(other, way) };
    const damaged = way.damaged !== undefined && other.verdict === 'refused';
    const got = describe(other);
    if (got === want || damaged) continue;
    const kind = `${nameOf(way)} differs (${scan.verdict}, ${other.verdict})`;
    const details = `${JSON.stringify(way)}\n${difference(got, want)}`;
    return { scan, samples, problem: problem(kind, details) };
  }
  return { scan, samples, problem: undefined };
}

function nameOf(way: Way): string {
  return Object.keys(way).join(' ');
}

function crash({ message }: Scan, way: Way): Problem {
  const [first = '', second = ''] = message.split('\n');
  return problem(
    `crash: ${first.slice(0, 80)} ${second.trim().slice(0, 80)}`,
    `${JSON.stringify(way)}\n${message}`,
  );
}

/** One of the ways beside the plain and the slow one. Those that cost much are rare. */
function otherWay(random: Random, { body }: Member): Way {
  const chunks = chance(random, 0.1) ? [1] : [random.whole(1, 40), random.whole(1, 9), random.whole(1, 200)];
  const kind = random.next();
  if (kind < 0.3) return { before: bodiesBefore(random, body), gzip: chance(random, 0.1) };
  if (kind < 0.82) return { chunks };
  if (kind < 0.85) return { gzip: true };
  if (kind < 0.92) return { gzip: true, chunks };
  if (kind < 0.94) return { gzip: true, damaged: random.whole(0, 4000) };
  // A region ends at the first newline after 64 KiB, a batch after 512 KiB.
  const inside = random.whole(-20, body.length);
  if (kind < 0.985) return { fill: 65_536 - inside, gzip: chance(random, 0.1) };
  if (kind < 0.995) return { fill: 65_536 - inside, inTurns: true, gzip: chance(random, 0.3) };
  if (kind < 0.999) return { fill: 524_288 - inside, chunks: [524_288 + random.whole(0, 20), 1] };
  return { fresh: true };
}

/** Bodies that a target may have had before this one: often the same, or one that differs in little. */
function bodiesBefore(random: Random, body: Uint8Array): string[] {
  const last = Array.from({ length: random.whole(1, 3) }, () =>
    Buffer.from(chance(random, 0.4) ? body : mutate(random, body, body)),
  );
  // Without others behind it, so that a later one has something to repeat.
  if (chance(random, 0.3)) last.unshift(Buffer.from(body));
  return last.map((one) => one.toString('latin1'));
}

/** Places of a body in which it is cut by `everyWay`. */
const MOST_CUTS = 100;

function* everyWay({ body }: Member): Generator<Way, void, void> {
  const itself = Buffer.from(body).toString('latin1');
  yield* [{ before: [itself] }, { before: [itself, itself] }];
  yield* [{ fresh: true }, { chunks: [1] }, { chunks: [3, 7] }, { gzip: true }, { gzip: true, chunks: [5] }];
  const step = Math.max(1, Math.floor(body.length / MOST_CUTS));
  for (let inside = 0; inside <= body.length; inside += step) yield { fill: 65_536 - inside };
  for (let inside = 0; inside <= body.length; inside += step * 20) {
    yield { fill: 65_536 - inside, inTurns: true };
    yield { fill: 524_288 - inside, chunks: [524_300] };
  }
}

/** The labelled lines of a scan, each without its newline; of one character a byte. */
export function linesOf({ exposition }: Scan): string[] {
  if (exposition === undefined) return [];
  return exposition.families.flatMap(({ parts }) => textOf(parts).split('\n').slice(0, -1));
}

function textOf(parts: readonly BlockPart[]): string {
  return parts.map((part) => bytesOf(part).toString('latin1')).join('');
}

function bytesOf({ bytes, start, end, deflated }: BlockPart): Buffer {
  const own = Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start);
  return deflated ? inflateRawSync(own, { finishFlush: constants.Z_SYNC_FLUSH }) : own;
}

/** All of a scan that must not depend on the way, as one text. */
export function describe(scan: Scan): string {
  const { verdict, message, line, samples, samplesPost, exposition } = scan;
  // The slow path has more labels to count.
  const said = message.startsWith('label_limit') ? 'label_limit' : message;
  const head = `${verdict} ${samples} ${samplesPost} ${line} ${said}\n`;
  if (exposition === undefined) return head;
  const { names, families } = exposition;
  const texts = families.map(({ name, type, help, samples, unfit, parts }) => {
    const text = help < 0 ? '' : ` ${names.text(help)}`;
    return `# ${names.text(name)} ${type} ${samples} ${unfit}${text}\n${withoutSlowLabels(textOf(parts))}`;
  });
  // An answer has its families by name.
  return head + texts.sort().join('');
}

function withoutSlowLabels(lines: string): string {
  if (!lines.includes(SLOW_TEXT)) return lines;
  return lines
    .replaceAll(`,${SLOW_TEXT}`, '')
    .replaceAll(`${SLOW_TEXT},`, '')
    .replaceAll(`{${SLOW_TEXT}}`, '');
}

/** Reads the lines strictly, and checks what an exposition says of itself. */
function readLines(scan: Scan): { samples: StrictSample[]; problem: Problem | undefined } {
  const samples: StrictSample[] = [];
  const { exposition } = scan;
  if (exposition === undefined) return { samples, problem: undefined };
  const wrong = (kind: string, details: string): { samples: StrictSample[]; problem: Problem } => ({
    samples,
    problem: problem(kind, details),
  });
  let small = 0;
  for (const { name, samples: count, parts } of exposition.families) {
    const before = samples.length;
    const family = exposition.names.text(name);
    for (const part of parts) {
      if (!part.deflated) small += part.rawLength;
      const bytes = bytesOf(part);
      if (bytes.length !== part.rawLength || (part.deflated && crc32(bytes) !== part.crc))
        return wrong('a part is not what it says', family);
    }
    for (const line of textOf(parts).split('\n').slice(0, -1)) {
      try {
        samples.push(readSampleStrictly(line));
      } catch (error) {
        if (!(error instanceof StrictError)) throw error;
        return wrong('an uncanonical line', error.message);
      }
    }
    if (samples.length - before !== count)
      return wrong('a family counts wrongly', `${family}: ${count} for ${samples.length - before} lines`);
  }
  if (small !== exposition.smallBytes) return wrong('small bytes are counted wrongly', `${small}`);
  // Samples that text cannot say are counted and not written.
  if (samples.length > scan.samples) return wrong('more lines than samples', `${samples.length}`);
  return { samples, problem: undefined };
}
