// Counts the tests of a TAP file as tap writes it with --output-file: a test is a t.test at the top of a file, and a file that fails outside
// of its tests is one that failed. Says of every failure what and where it was. Ends with status 1 when one failed, was skipped for want of a
// program, or there was none.
import { createReadStream } from 'node:fs';
import { Parser } from 'tap-parser';

/** Characters told of one failure. */
const LONGEST_DIAGNOSIS = 4000;

let passed = 0;
let failed = 0;
let skipped = 0;
let missing = 0;

const run = new Parser();

run.on('child', (file) => {
  countSkips(file);
  tellFailures(file, [file.name]);
  let failedInside = false;
  file.on('assert', (test) => {
    if (test.skip || test.todo) return;
    if (test.ok) passed++;
    else failed++;
    failedInside ||= !test.ok;
  });
  run.once('assert', (result) => {
    if (!result.ok && !failedInside) failed++;
  });
});
countOwnSkips(run);

run.on('complete', (results) => {
  if (!results.ok && failed === 0) failed++;
  process.stdout.write(`${passed} passed, ${failed} failed, ${skipped} skipped\n`);
  if (passed === 0 || failed > 0 || missing > 0) process.exitCode = 1;
});

const [, , file] = process.argv;
createReadStream(file)
  .on('error', (error) => run.end(`Bail out! ${error.message}\n`))
  .pipe(run);

function countSkips(parser) {
  countOwnSkips(parser);
  parser.on('child', countSkips);
}

function tellFailures(parser, path) {
  parser.on('child', (child) => tellFailures(child, [...path, child.name]));
  parser.on('assert', (result) => {
    if (result.ok || result.skip || result.todo) return;
    process.stdout.write(`failed: ${[...path, result.name].join(' > ')}\n`);
    if (result.diag)
      process.stdout.write(`${JSON.stringify(result.diag, undefined, 2).slice(0, LONGEST_DIAGNOSIS)}\n`);
  });
}

function countOwnSkips(parser) {
  parser.on('assert', (result) => {
    if (!result.skip && !result.todo) return;
    // Data that is not part of the repository may be missing; programs may not.
    if (!/KUBEVIRT_RULES|EXPOSITION_CORPUS/.test(`${result.skip || result.todo}`)) missing++;
    skipped++;
    process.stdout.write(`skipped: ${parser.fullname ?? ''} ${result.name} ${result.skip || result.todo}\n`);
  });
}
