/** By the codes of Node's errors; with the flag that names the file. */
const REASONS: Readonly<Record<string, (flag: string) => string>> = {
  ENOENT: (flag) => `there is no such file; give ${flag} the path of one`,
  EACCES: () => 'this user may not read the file; change its mode or owner',
  EISDIR: (flag) => `this is a folder; give ${flag} the path of a file in it`,
};

/** Why a file that a flag names could not be read, and the way out; undefined where Node's own message has to do. */
export function whyUnreadable({ code = '' }: NodeJS.ErrnoException, flag: string): string | undefined {
  return REASONS[code]?.(flag);
}
