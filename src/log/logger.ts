import { jsonLine, logfmtLine } from './log-line.ts';

/** Values that a log line's field can have. */
export type Field = string | number | boolean | Error | undefined;

/** A structured logger. `with` gives one that adds fields to every line. */
export interface Logger {
  debug(message: string, fields?: Record<string, Field>): void;
  info(message: string, fields?: Record<string, Field>): void;
  warn(message: string, fields?: Record<string, Field>): void;
  error(message: string, fields?: Record<string, Field>): void;
  with(fields: Record<string, Field>): Logger;
}

/** Least level first. */
export const LOG_LEVELS = ['debug', 'info', 'warn', 'error'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

export const LOG_FORMATS = ['logfmt', 'json'] as const;
export type LogFormat = (typeof LOG_FORMATS)[number];

export interface LoggerOptions {
  /** The least level that is written. */
  readonly level: LogLevel;
  readonly format: LogFormat;
  /** Takes one whole line with its newline; standard error by default. */
  readonly write?: (line: string) => void;
  /** The time of a line, for tests. */
  readonly now?: () => Date;
}

/**
 * A logger whose lines look like those of Prometheus 3: `time=… level=INFO msg="…" key=value`, or the same keys as JSON.
 * Whatever text a message or field holds, one call is one line. Fields that are `undefined` are left out; an error is its
 * message followed by those of its causes; a field named `time`, `level` or `msg` is written with an underscore behind it.
 */
export function createLogger(options: LoggerOptions): Logger {
  const { level, format, write = writeToStderr, now = () => new Date() } = options;
  const toLine = format === 'json' ? jsonLine : logfmtLine;
  const least = LOG_LEVELS.indexOf(level);

  function loggerWith(inherited: Record<string, Field>): Logger {
    const at = (lineLevel: LogLevel) => {
      if (LOG_LEVELS.indexOf(lineLevel) < least) return () => {};
      return (message: string, fields: Record<string, Field> = {}) => {
        write(toLine(now(), lineLevel, message, { ...inherited, ...fields }));
      };
    };
    return {
      debug: at('debug'),
      info: at('info'),
      warn: at('warn'),
      error: at('error'),
      with: (fields) => loggerWith({ ...inherited, ...fields }),
    };
  }
  return loggerWith({});
}

let tolerates = false;

function writeToStderr(line: string): void {
  // Whoever reads the log may go away; answers are worth more than lines that nobody reads.
  if (!tolerates) process.stderr.on('error', () => {});
  tolerates = true;
  process.stderr.write(line);
}
