/** Prometheus' kinds of errors, as far as they occur here, with the status of each. */
const STATUS = { bad_data: 400, internal: 500 } as const;

/** Why a request cannot be answered, in Prometheus' terms. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly type: keyof typeof STATUS;

  constructor(type: keyof typeof STATUS, message: string, options?: ErrorOptions) {
    super(message, options);
    this.type = type;
  }

  get status(): number {
    return STATUS[this.type];
  }
}

/** A number as Go's `strconv.Atoi` reads it; undefined where the parameter is absent or empty. */
export function readCount(query: URLSearchParams, name: string): number | undefined {
  const text = query.get(name) ?? '';
  if (text === '') return undefined;
  if (!/^[+-]?\d+$/.test(text) || !isInt64(BigInt(text.replace('+', ''))))
    throw new ApiError('bad_data', `${name} must be a number`);
  return Number(text);
}

function isInt64(number: bigint): boolean {
  return BigInt.asIntN(64, number) === number;
}
