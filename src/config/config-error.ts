/** Where in a file something stands. Lines and columns count from 1. */
export interface Place {
  readonly fileName: string;
  readonly line?: number;
  readonly column?: number;
}

/** A configuration that cannot be used. The message is one line that begins with `file:line:column`. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly place: Place;

  constructor(place: Place, message: string, options?: ErrorOptions) {
    // A value that is shown may hold line breaks; the message may not.
    super(`${formatPlace(place)}: ${message}`.replaceAll(/\s*[\r\n]\s*/g, ' '), options);
    this.place = place;
  }
}

function formatPlace({ fileName, line, column }: Place): string {
  return [fileName, line, column].filter((part) => part !== undefined).join(':');
}
