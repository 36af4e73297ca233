import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import t from 'tap';
import { askGateway } from '../../simulator/answer.ts';
import { startCluster } from '../../simulator/cluster.ts';
import { problemsOf } from '../../simulator/demo-report.ts';
import { eventually } from '../real/server.ts';
import { containerRefusal, startContainer } from './container.ts';
import { readCopy, readDockerfile, runStages } from './dockerfile.ts';
import { copyFiles, repositoryFiles, root } from './repository.ts';

const stages = readDockerfile(readFileSync(path.join(root, 'Dockerfile'), 'utf8'));
const packageJson = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')) as {
  version: string;
  scripts: Record<string, string>;
};

/** What stands in the build context: the repository's files that .dockerignore lets through. */
function contextFiles(): string[] {
  const patterns = readFileSync(path.join(root, '.dockerignore'), 'utf8')
    .split('\n')
    .filter((line) => line !== '');
  t.equal(patterns[0], '*', 'nothing gets into the image unless it is named');
  const allowed = patterns.slice(1).map((line) => line.slice(1));
  return repositoryFiles().filter((file) =>
    allowed.some((entry) => file === entry || file.startsWith(`${entry}/`)),
  );
}

t.test('every path that is copied exists, and every script that is run', async (t) => {
  const files = contextFiles();
  const known = new Set(stages.map(({ name }) => name));
  for (const { keyword, rest } of stages.flatMap(({ instructions }) => instructions)) {
    if (keyword === 'COPY') {
      const { from, sources } = readCopy(rest);
      if (from !== undefined) t.ok(known.has(from), `stage ${from}`);
      else
        for (const source of sources)
          t.ok(
            files.some((file) => file === source || file.startsWith(`${source}/`)),
            source,
          );
    }
    const script = keyword === 'RUN' ? /^npm run (\S+)$/.exec(rest)?.[1] : undefined;
    if (script !== undefined) t.ok(packageJson.scripts[script], `script ${script}`);
  }
});

t.test('the image runs as a user by number, which is not root, and is entered by the launcher', async (t) => {
  const last = new Map(stages.at(-1)?.instructions.map(({ keyword, rest }) => [keyword, rest]));
  t.match(last.get('USER'), /^[1-9]\d*:[1-9]\d*$/);
  t.equal(last.get('EXPOSE'), '8080');
  const [program, ...rest] = JSON.parse(last.get('ENTRYPOINT') ?? '[]') as string[];
  const flags = rest.slice(0, -1);
  t.same([program, rest.at(-1), flags.length], ['node', '/app/bin/kubevirt-metrics-gateway.js', 2]);
  const launcher = readFileSync(path.join(root, 'bin/kubevirt-metrics-gateway.js'), 'utf8');
  for (const flag of flags)
    t.ok(launcher.includes(`'${flag}'`), `the launcher would add ${flag}, and begin the process anew for it`);
});

t.test('the same steps in clean folders', async (t) => {
  const place = t.testdir();
  const context = path.join(place, 'context');
  copyFiles(contextFiles(), context);
  const image = runStages(stages, place, context, path.join(root, 'node_modules'));

  await t.test('make a program that runs', async (t) => {
    const app = path.join(image, 'app');
    t.same(readdirSync(app).sort(), ['LICENSE', 'bin', 'dist', 'package.json']);
    for (const file of ['main.js', 'worker.js', 'THIRD-PARTY-LICENSES.txt'])
      t.ok(existsSync(path.join(app, 'dist', file)), file);
    const entry = path.join(app, 'bin/kubevirt-metrics-gateway.js');
    const shown = execFileSync(process.execPath, [entry, '--version'], { cwd: place, encoding: 'utf8' });
    t.match(shown, `kubevirt-metrics-gateway, version ${packageJson.version}`);

    const licences = readFileSync(path.join(app, 'dist/THIRD-PARTY-LICENSES.txt'), 'utf8');
    for (const name of ['@kubernetes/client-node', 'fastify', 'prom-client', 're2js', 'undici', 'yaml']) {
      t.match(licences, new RegExp(`^${name} [0-9.]+ \\(`, 'm'), `the licence of ${name}`);
    }
  });

  const skip = containerRefusal();
  await t.test(
    'serve a whole KubeVirt as their user, with nothing that can be written',
    { skip },
    async (t) => {
      await using cluster = await startCluster();
      await using container = startContainer({
        stage: stages.at(-1)!,
        image,
        place,
        files: { kubeconfig: cluster.kubeconfig() },
        args: ['--web.listen-address=127.0.0.1:0', '--kubeconfig=/given/kubeconfig'],
      });
      const [, address] = await container.line(/msg=listening address=(\S+)/, 60_000);
      const proc = (file: string): string => readFileSync(`/proc/${container.pid}/${file}`, 'utf8');
      t.match(proc('status'), /^NoNewPrivs:\t1$/m);
      t.match(proc('status'), /^CapEff:\t0+$/m);
      t.match(proc('status'), /^CapBnd:\t0+$/m);
      t.notMatch(proc('status'), /^Uid:.*\t0(\t|$)/m, 'not root');
      // Field 5 is where, field 6 how.
      const mounts = proc('mountinfo')
        .split('\n')
        .map((line) => line.split(' '));
      for (const folder of ['/', '/app'])
        t.match(mounts.find((fields) => fields[4] === folder)?.[5], /^ro\b/, folder);

      await eventually('it is ready', async (reason) => {
        const { status } = await fetch(`http://${address}/-/ready`);
        reason(`${status} ${container.output()}`);
        return status === 200 ? true : undefined;
      });
      const answer = await askGateway(`http://${address}/metrics`, 10);
      t.same(problemsOf(answer, cluster), [], container.output());
      t.equal(await container.stop(), 0, 'SIGTERM reaches it');
    },
  );
});
