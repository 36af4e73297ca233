/** A command line that cannot be used. The message is one line that names the flag and the way out. */
export class UsageError extends Error {
  override readonly name = 'UsageError';

  constructor(message: string, options?: ErrorOptions) {
    // A value may hold line breaks; the message may not.
    super(message.replaceAll(/\s*[\r\n]\s*/g, ' '), options);
  }
}
