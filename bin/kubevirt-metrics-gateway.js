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

// Begins this process anew, under the same number, with what is missing of these in its environment.
function beginAgain() {
  const missing = Object.keys(allocator).filter(function (name) {
    return process.env[name] === undefined;
  });
  // A node that another program has loaded cannot be begun by its path.
  const isNode = /\/node[^/]*$/.test(process.execPath);
  if (process.platform !== 'linux' || !isNode || missing.length === 0 || !process.execve) return;
  const env = Object.assign({}, allocator, process.env);
  try {
    process.execve(process.execPath, [process.execPath].concat(process.execArgv, process.argv.slice(1)), env);
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
