import packageJson from '../package.json' with { type: 'json' };
import { endSignal } from './cli/end-signal.ts';
import { helpText, readFlags, UsageError, versionText } from './cli/flags.ts';
import { availableMemory, defaultMemoryLimit } from './cli/memory-limit.ts';
import { ConfigError } from './config/config-error.ts';
import { formatConfig } from './config/format-config.ts';
import { kubevirtConfig } from './config/kubevirt.ts';
import { loadConfig, readConfigFile } from './config/load-config.ts';
import { KubeconfigError } from './discovery/kubeconfig.ts';
import { ListenError, startGateway } from './gateway.ts';
import { createLogger } from './log/logger.ts';
import { formatShard } from './relabel/shard.ts';

/** The exit status of a wrong flag, file or environment. */
const MISUSE = 2;

async function main(argv: readonly string[]): Promise<void> {
  const flags = readFlags(argv);
  if (flags.help || flags.version) {
    process.stdout.write(flags.help ? helpText() : versionText());
    return;
  }
  const config =
    flags.configFile === undefined
      ? loadConfig(kubevirtConfig(flags.kubernetesNamespaces), {
          fileName: 'built-in',
          baseDir: process.cwd(),
        })
      : readConfigFile(flags.configFile);
  if (flags.checkConfig) {
    process.stdout.write(formatConfig(config));
    return;
  }
  const log = createLogger({ level: flags.logLevel, format: flags.logFormat });
  const { version } = packageJson;
  const memoryLimit = flags.memoryLimitBytes ?? defaultMemoryLimit();
  log.info('starting kubevirt-metrics-gateway', {
    version,
    node: process.version,
    memory_limit: inMebibytes(memoryLimit),
    ...(flags.shard && { shard: formatShard(flags.shard) }),
  });
  const available = availableMemory();
  if (memoryLimit > available)
    log.warn('--memory.limit is more than there is; the system may end the program before it is reached', {
      memory_limit: inMebibytes(memoryLimit),
      available: inMebibytes(available),
    });
  const ending = endSignal();
  await using _gateway = await startGateway({ config, flags, version, log });
  await ending;
  log.info('ending; answers under way are finished');
}

/** As the flag would take it. */
function inMebibytes(bytes: number): string {
  return `${Math.floor(bytes / (1024 * 1024))}MiB`;
}

/** Without what stands below a blank line, such as the piece of the file that a YAML parser shows. */
function inOneLine(message: string): string {
  return message.replace(/\n\s*\n[^]*/, '').replaceAll(/\s*[\r\n]\s*/g, ' ');
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  const { message } = error as Error;
  const expected = [UsageError, ConfigError, KubeconfigError, ListenError].some(
    (kind) => error instanceof kind,
  );
  process.stderr.write(
    `kubevirt-metrics-gateway: ${expected ? inOneLine(message) : String((error as Error).stack)}\n`,
  );
  process.exitCode = expected ? MISUSE : 1;
}
