import { type ChildProcessWithoutNullStreams, spawn, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import type { LabelLimits } from '../src/exposition/label-limits.ts';

const root = join(import.meta.dirname, '..');
const PROGRAM = join(root, '.cache/bin/oracle');

/** What the oracle is asked: what would be stored of a body. */
export interface Question {
  readonly body: Uint8Array;
  readonly labels: Readonly<Record<string, string>>;
  readonly openMetrics: boolean;
  readonly honorLabels: boolean;
  readonly honorTimestamps: boolean;
  readonly limits: LabelLimits;
  /** Whether expfmt is to read it too. */
  readonly strict: boolean;
}

/** What Prometheus' own reader makes of a body. */
export interface OracleAnswer {
  /** Why it is refused; empty when it is not. */
  readonly error: string;
  /** Samples that are reported as scraped, and as remaining. */
  readonly total: number;
  readonly added: number;
  /** Why expfmt refuses it; empty when it does not, or was not asked. */
  readonly strictError: string;
  /** Of each sample labels, value and timestamp in one text; see test/oracle/main.go. */
  readonly samples: readonly string[];
}

/** Builds the program. Returns why it cannot, or undefined. */
export function buildOracle(): string | undefined {
  const built = spawnSync('go', ['build', '-trimpath', '-o', PROGRAM, '.'], {
    cwd: join(root, 'test/oracle'),
    encoding: 'utf8',
    timeout: 300_000,
  });
  if (built.error !== undefined) return `go cannot be started (${built.error.message})`;
  return built.status === 0 ? undefined : `go build failed: ${built.stderr.trim().slice(0, 500)}`;
}

/** The program under way. Questions that are asked together are answered together. */
export class Oracle implements AsyncDisposable {
  readonly #process: ChildProcessWithoutNullStreams = spawn(PROGRAM, { stdio: ['pipe', 'pipe', 'pipe'] });
  readonly #waiting: { resolve: (answer: OracleAnswer) => void; reject: (error: Error) => void }[] = [];
  readonly #exited: Promise<void>;
  #chunks: Buffer[] = [];
  #have = 0;
  #errors = '';

  constructor() {
    this.#process.stdout.on('data', (chunk: Buffer) => {
      this.#chunks.push(chunk);
      this.#have += chunk.length;
      this.#read();
    });
    this.#process.stderr.on('data', (chunk: Buffer) => {
      this.#errors = (this.#errors + chunk.toString()).slice(-2000);
    });
    // What ends the process is told by its end.
    this.#process.stdin.on('error', () => undefined);
    this.#exited = new Promise((resolve) => {
      const end = (why: string): void => {
        for (const { reject } of this.#waiting.splice(0))
          reject(new Error(`the oracle ended (${why}): ${this.#errors}`));
        resolve();
      };
      this.#process.once('close', (code, signal) => end(String(code ?? signal)));
      this.#process.once('error', (error) => end(error.message));
    });
  }

  async ask(questions: readonly Question[]): Promise<OracleAnswer[]> {
    const answers = questions.map(
      () => new Promise<OracleAnswer>((resolve, reject) => this.#waiting.push({ resolve, reject })),
    );
    if (questions.length > 0) this.#process.stdin.write(Buffer.concat(questions.flatMap(frameOf)));
    return Promise.all(answers);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#process.stdin.end();
    await this.#exited;
  }

  #read(): void {
    if (this.#have < 4) return;
    const all = this.#chunks.length === 1 ? this.#chunks[0]! : Buffer.concat(this.#chunks);
    let at = 0;
    while (all.length - at >= 4) {
      const end = at + 4 + all.readUInt32LE(at);
      if (end > all.length) break;
      this.#waiting.shift()?.resolve(answerOf(all.subarray(at + 4, end)));
      at = end;
    }
    this.#chunks = at < all.length ? [all.subarray(at)] : [];
    this.#have = all.length - at;
  }
}

function frameOf(question: Question): Buffer[] {
  const { body, openMetrics, honorLabels, honorTimestamps, strict } = question;
  const labels = Object.entries(question.labels);
  const flags =
    Number(openMetrics) | (Number(honorLabels) << 1) | (Number(honorTimestamps) << 2) | (Number(strict) << 3);
  const { labelLimit, labelNameLengthLimit, labelValueLengthLimit } = question.limits;
  const head = Buffer.alloc(15);
  head.writeUInt8(flags);
  head.writeUInt32LE(labelLimit, 1);
  head.writeUInt32LE(labelNameLengthLimit, 5);
  head.writeUInt32LE(labelValueLengthLimit, 9);
  head.writeUInt16LE(labels.length, 13);
  const texts = labels.flat().flatMap((text) => {
    const bytes = Buffer.from(text);
    const length = Buffer.alloc(2);
    length.writeUInt16LE(bytes.length);
    return [length, bytes];
  });
  const length = Buffer.alloc(4);
  length.writeUInt32LE(texts.reduce((sum, { length }) => sum + length, head.length + body.length));
  return [length, head, ...texts, Buffer.from(body)];
}

function answerOf(frame: Buffer): OracleAnswer {
  let at = 9;
  const text = (): string => {
    const end = at + 2 + frame.readUInt16LE(at);
    const found = frame.toString('utf8', at + 2, end);
    at = end;
    return found;
  };
  const error = text();
  const strictError = text();
  const samples = frame.toString('latin1', at, frame.length).split('\n').slice(0, -1);
  return { error, total: frame.readUInt32LE(1), added: frame.readUInt32LE(5), strictError, samples };
}
