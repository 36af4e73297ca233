import { statSync, watch } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { loadFileSd } from '../config/file-sd.ts';
import type { FileSdConfig } from '../config/scrape-config.ts';
import type { Logger } from '../log/logger.ts';
import type { Provider, ProviderStatus } from './provider.ts';
import { staticGroup } from './static.ts';
import type { TargetGroup } from './target-group.ts';

/** A folder that is watched. */
interface FolderWatch {
  /** Of the folder that it was; undefined when that is not known. */
  readonly inode: number | undefined;
  forget(): void;
}

/** Above it Node's timers fire at once. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** A writer that truncates and then writes makes two events; reading after the second sees no half of a file. */
const settleMs = 20;

/** The target groups of one entry of `file_sd_configs`: read again when something changes in the files' folders, and at an interval. */
export function createFileProvider(config: FileSdConfig, log: Logger): Provider {
  return new FileProvider(config, log);
}

class FileProvider implements Provider {
  readonly name = 'file';
  readonly #config: FileSdConfig;
  readonly #log: Logger;
  readonly #watchers = new Map<string, FolderWatch>();
  readonly #errors = new Map<string, string>();
  /** Patterns without a file, which were told of. */
  #missing: ReadonlySet<string> = new Set();
  #files: ReadonlyMap<string, readonly TargetGroup[]> | undefined;
  #lastSync = 0;
  #changed = (): void => {};
  #interval: NodeJS.Timeout | undefined;
  #settling: NodeJS.Timeout | undefined;
  #reading: Promise<void> | undefined;
  #again = false;
  #stopped = false;

  constructor(config: FileSdConfig, log: Logger) {
    this.#config = config;
    this.#log = log;
  }

  async start(changed: () => void): Promise<void> {
    this.#changed = changed;
    this.#interval = setInterval(
      () => {
        this.#refresh();
      },
      Math.min(this.#config.refreshIntervalMs, MAX_TIMER_MS),
    );
    this.#refresh();
    await this.#reading;
  }

  groups(): readonly TargetGroup[] | undefined {
    return this.#files === undefined ? undefined : [...this.#files.values()].flat();
  }

  status(): ProviderStatus {
    return {
      synced: this.#files !== undefined,
      lastSync: this.#lastSync,
      lastError: this.#errors.values().next().value,
      watchRestarts: 0,
      objects: this.groups()?.length ?? 0,
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopped = true;
    clearInterval(this.#interval);
    clearTimeout(this.#settling);
    for (const watcher of this.#watchers.values()) watcher.forget();
    await this.#reading;
  }

  #refresh(): void {
    if (this.#stopped) return;
    if (this.#reading !== undefined) {
      this.#again = true;
      return;
    }
    // Watched before it is read, so that no change falls between the two.
    this.#watchFolders();
    this.#reading = this.#read().finally(() => {
      this.#reading = undefined;
      if (this.#again) {
        this.#again = false;
        this.#refresh();
      }
    });
  }

  async #read(): Promise<void> {
    const files = new Map<string, readonly TargetGroup[]>();
    const errors = new Map<string, string>();
    const matches = new Map<string, readonly string[]>();
    for (const pattern of this.#config.files) matches.set(pattern, await matchingFiles(pattern));
    for (const file of new Set([...matches.values()].flat())) {
      try {
        const groups = loadFileSd(await readFile(file, 'utf8'), { fileName: file });
        files.set(
          file,
          groups.map((group, index) =>
            staticGroup({ ...group, labels: { ...group.labels, __meta_filepath: file } }, `${file}:${index}`),
          ),
        );
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') continue;
        const message = error instanceof Error ? error.message : String(error);
        errors.set(file, message);
        const known = this.#files?.get(file);
        if (known !== undefined) files.set(file, known);
        if (this.#errors.get(file) !== message) {
          this.#log.error('cannot read a file_sd file, keeping what it held before', {
            file,
            error: message,
          });
        }
      }
    }
    if (this.#stopped) return;
    this.#errors.clear();
    for (const [file, message] of errors) this.#errors.set(file, message);
    this.#tellMissing(matches, new Set([...files.keys(), ...errors.keys()]));
    this.#files = files;
    if (errors.size === 0) this.#lastSync = Date.now();
    this.#changed();
  }

  /** A path that is written wrongly looks like one whose file is still to come. */
  #tellMissing(matches: ReadonlyMap<string, readonly string[]>, there: ReadonlySet<string>): void {
    const missing = [...matches].flatMap(([pattern, files]) =>
      files.some((file) => there.has(file)) ? [] : [pattern],
    );
    for (const pattern of missing) {
      if (!this.#missing.has(pattern))
        this.#log.warn(
          this.#watchers.has(dirname(pattern))
            ? 'no file is there for a pattern of file_sd_configs; its folder is watched for one'
            : 'no file is there for a pattern of file_sd_configs, nor its folder; it is looked for at each refresh_interval',
          { pattern },
        );
    }
    this.#missing = new Set(missing);
  }

  #watchFolders(): void {
    for (const folder of new Set(this.#config.files.map((file) => dirname(file)))) {
      const known = this.#watchers.get(folder);
      const inode = statSync(folder, { throwIfNoEntry: false })?.ino;
      if (known !== undefined) {
        if (known.inode === inode) continue;
        // A folder that was made anew has the old name, and its watcher sees nothing of it.
        known.forget();
      }
      try {
        const watcher = watch(folder, { persistent: false }, () => {
          this.#settle();
        });
        const forget = (): void => {
          watcher.close();
          this.#watchers.delete(folder);
        };
        watcher.on('error', forget);
        this.#watchers.set(folder, { inode, forget });
      } catch (error) {
        // The folder may come later: the interval tries again.
        this.#log.debug('cannot watch a folder of file_sd files', { folder, error: error as Error });
      }
    }
  }

  #settle(): void {
    clearTimeout(this.#settling);
    this.#settling = setTimeout(() => {
      this.#refresh();
    }, settleMs);
  }
}

/** The files that a pattern names now; one without `*` names itself, whether it is there or not. */
async function matchingFiles(pattern: string): Promise<string[]> {
  const folder = dirname(pattern);
  const name = basename(pattern);
  if (!name.includes('*')) return [pattern];
  const escaped = name.split('*').map((part) => part.replaceAll(/[.+?^${}()|[\]\\]/g, '\\$&'));
  const matches = new RegExp(`^${escaped.join('.*')}$`, 's');
  const names = await readdir(folder).catch(() => []);
  return names
    .filter((entry) => matches.test(entry))
    .sort()
    .map((entry) => join(folder, entry));
}
