import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parse, parseAllDocuments } from 'yaml';
import { findTool, root } from './repository.ts';

export const chart: string = path.join(root, 'helm');

/** The real helm. Undefined when it is not there. */
export const helm: string | undefined = findTool('helm');

/** For tap: why tests that need helm are skipped. */
export const skip: string | false =
  helm === undefined && 'helm is neither in .cache/bin nor in PATH: .ci/run builds it';

/** A Kubernetes object as far as these tests look into it. */
export interface Rendered {
  apiVersion: string;
  kind: string;
  metadata: { name: string; namespace?: string; labels: Record<string, string> };
  // eslint-disable-next-line typescript/no-explicit-any -- each kind has its own shape
  [field: string]: any;
}

/** What the chart makes of values: objects in the order of the output. */
export class Objects {
  readonly all: readonly Rendered[];

  constructor(all: readonly Rendered[]) {
    this.all = all;
  }

  /** Each kind once, sorted. */
  kinds(): string[] {
    return [...new Set(this.all.map(({ kind }) => kind))].sort();
  }

  of(kind: string): Rendered[] {
    return this.all.filter((object) => object.kind === kind);
  }

  /** The only object of that kind; throws when there is none or there are several. */
  one(kind: string): Rendered {
    const [object, ...more] = this.of(kind);
    if (object === undefined || more.length > 0)
      throw new Error(
        `the chart has ${more.length + (object ? 1 : 0)} of ${kind}, of ${this.kinds().join(', ')}`,
      );
    return object;
  }

  /** The Deployment or StatefulSet. */
  workload(): Rendered {
    return this.one(this.of('StatefulSet').length > 0 ? 'StatefulSet' : 'Deployment');
  }

  pod(): Rendered {
    return this.workload().spec.template as Rendered;
  }

  // eslint-disable-next-line typescript/no-explicit-any -- as above
  container(): any {
    return this.pod()['spec'].containers[0];
  }

  args(): string[] {
    return this.container().args as string[];
  }
}

/** Renders the chart as release `kubevirt` in namespace `monitoring`. `values` become a file of values, `--set` and others are arguments. */
export function render(values: object = {}, ...args: string[]): Objects {
  const rendered = execFileSync(helm ?? '', template(chart, args), {
    input: JSON.stringify(values),
    encoding: 'utf8',
    stdio: 'pipe',
  });
  const objects = parseAllDocuments(rendered).map((document) => document.toJS() as Rendered | null);
  return new Objects(objects.filter((object) => object !== null));
}

/** What helm says about values, or a release's name, that it refuses; undefined when it takes them. */
export function refusal(values: object, release?: string): string | undefined {
  const input = JSON.stringify(values);
  const args = template(chart, [], release);
  const { status, stderr } = spawnSync(helm ?? '', args, { input, encoding: 'utf8' });
  return status === 0 ? undefined : stderr;
}

/** What an installation prints. helm shows its notes only with a cluster, so they are rendered as a part of an object. */
export function notes(values: object = {}): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'chart-notes-'));
  try {
    cpSync(chart, folder, { recursive: true });
    const file = path.join(folder, 'templates/_notes.tpl');
    renameSync(path.join(folder, 'templates/NOTES.txt'), file);
    writeFileSync(file, `{{- define "notes" -}}\n${readFileSync(file, 'utf8')}{{- end -}}\n`);
    writeFileSync(
      path.join(folder, 'templates/notes.yaml'),
      'kind: Notes\ntext: {{ include "notes" . | quote }}\n',
    );
    const rendered = execFileSync(helm ?? '', template(folder, ['--show-only', 'templates/notes.yaml']), {
      input: JSON.stringify(values),
      encoding: 'utf8',
      stdio: 'pipe',
    });
    return (parse(rendered) as { text: string }).text;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function template(folder: string, args: readonly string[], release = 'kubevirt'): string[] {
  return ['template', release, folder, '--namespace', 'monitoring', '--values', '-', ...args];
}
