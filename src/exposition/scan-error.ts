/** A body that Prometheus would refuse. `line` counts from 1; `offset` is the byte of the body where the line begins. */
export class ScanError extends Error {
  override readonly name = 'ScanError';
  readonly line: number;
  readonly offset: number;

  constructor(problem: string, line: number, offset: number) {
    super(`line ${line}: ${problem}`);
    this.line = line;
    this.offset = offset;
  }
}
