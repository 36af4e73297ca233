import { readFileSync } from 'node:fs';
import t from 'tap';
import { FLAG_TABLE, helpText, versionText } from '../../src/cli/flags.ts';

t.test('help', async (t) => {
  const text = helpText();
  t.match(text, /^usage: kubevirt-metrics-gateway \[<flags>\]\n\n/);
  t.ok(text.endsWith('\n'), 'ends with a newline');
  for (const line of text.split('\n')) t.ok(line.length <= 80, `at most 80 columns: ${line}`);
  const words = text.replaceAll(/\s+/g, ' ');
  for (const flag of FLAG_TABLE) {
    t.ok(text.includes(`--${flag.name}`), `--${flag.name} is there`);
    t.ok(words.includes(flag.help), 'with its whole help');
    if ('default' in flag) t.ok(text.includes(`--${flag.name}=${flag.default}`), 'and its default');
  }
  t.match(text, /\n {2}-h, --help {2,}Show this help and exit\.\n/);
  t.match(text, /\n {6}--log\.level=info {2,}Least severe messages to log\./);
});

t.test('version', async (t) => {
  const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
    version: string;
  };
  t.equal(
    versionText(),
    `kubevirt-metrics-gateway, version ${version}
  node version:     ${process.version}
  platform:         ${process.platform}/${process.arch}
`,
  );
});
