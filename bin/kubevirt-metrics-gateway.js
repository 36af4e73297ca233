#!/usr/bin/env node
// Only syntax and imports that Node 12 has, so that an old Node reaches the message below.
import { existsSync } from 'fs';

const oldest = 24;

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
