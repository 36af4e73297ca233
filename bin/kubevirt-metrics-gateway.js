#!/usr/bin/env node
// Only syntax and imports that Node 12 has, so that an old Node reaches the message below.
import { existsSync } from 'fs';

const oldest = 24;

// glibc keeps what large buffers leave behind, in an arena for each thread: after some large bodies that was half of the process. It reads
// these once, when a process begins.
const allocator = {
  MALLOC_ARENA_MAX: '2',
  MALLOC_MMAP_THRESHOLD_: '131072',
  MALLOC_TRIM_THRESHOLD_: '262144',
};

// V8 reads these only when a process begins; here with what tells that somebody chose otherwise.
const collector = [
  // It lets the young garbage of the thread that serves grow to 16 MB twice. Buffers that hang on young garbage go with it, so the peak was
  // 20 MB lower with 200 pods and 80 with 1,000, for some 5 % of CPU time, which is what runs differ by. The workers have a size of their own.
  [/semi[-_]space/, '--max-semi-space-size=2'],
  // It lets the heap of a worker grow to three times of what is in use before it collects old garbage: with 1,000 pods to 130 MB each, 80 of
  // them garbage. With half of what is in use the peak was 100 MB lower, for no more CPU time.
  [/heap[-_]growing/, '--heap-growing-percent=50'],
];

// Begins this process anew, under the same number, with what is missing of these.
function beginAgain() {
  const missing = Object.keys(allocator).filter(function (name) {
    return process.env[name] === undefined;
  });
  const given = process.execArgv.concat(process.env.NODE_OPTIONS || '').join(' ');
  const flags = collector
    .filter(function (flag) {
      return !flag[0].test(given);
    })
    .map(function (flag) {
      return flag[1];
    });
  // A node that another program has loaded cannot be begun by its path.
  const isNode = /\/node[^/]*$/.test(process.execPath);
  const complete = missing.length === 0 && flags.length === 0;
  if (process.platform !== 'linux' || !isNode || complete || !process.execve) return;
  const env = Object.assign({}, allocator, process.env);
  try {
    process.execve(
      process.execPath,
      [process.execPath].concat(process.execArgv, flags, process.argv.slice(1)),
      env,
    );
  } catch {
    // It runs without, too.
  }
}

if (Number(process.versions.node.split('.')[0]) < oldest) {
  process.stderr.write(
    'kubevirt-metrics-gateway needs Node.js ' +
      oldest +
      ' or newer, and this is ' +
      process.versions.node +
      '\n',
  );
  process.exitCode = 2;
} else {
  beginAgain();
  // The bundle where it was built, as in the package and the image; the sources in a clone.
  const bundle = new URL('../dist/main.js', import.meta.url);
  const entry = existsSync(bundle) ? bundle : new URL('../src/main.ts', import.meta.url);
  import(entry.href).catch(function (error) {
    process.stderr.write(
      'kubevirt-metrics-gateway cannot start: ' + ((error && error.stack) || error) + '\n',
    );
    process.exitCode = 1;
  });
}
