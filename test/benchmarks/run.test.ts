import t from 'tap';

import { bench, SMALL } from './bench.ts';

const ROW = String.raw`[^|]+\|`;

t.test('parts of the table of goals, one after the other', (t) => {
  const run = bench('thousand', 'federate', 'floor', '--pods', '5', ...SMALL);
  t.equal(run.status, 0, run.stderr);
  t.match(run.stdout, /^\d+ × .*Node v\d+/);
  const rows = [
    'against the floor: time',
    'against the floor: CPU',
    String.raw`against /federate of Prometheus: time`,
    'peak memory of the process',
    'time against that of 1 pods',
    'the first answer, every connection new, against a later one',
  ];
  for (const row of rows)
    t.match(run.stdout, new RegExp(`^\\| 5 pods[^|]*${row} +\\|${ROW}${ROW}${ROW}${ROW}$`, 'm'));
  t.match(run.stdout, /^\| 5 pods, gateway \/ floor +\|/m, 'the tables of the parts are below');
  t.ok(run.stdout.indexOf('### floor') < run.stdout.indexOf('### federate'), 'in the order of the table');
  t.match(run.stderr, /floor: 1 of 1: gateway \d+ ms, floor \d+ ms/);
  t.end();
});

t.test('scan: its parts and their sum', (t) => {
  const run = bench('scan', '--bytes', '20000', '--runs', '2', '--quick');
  t.equal(run.status, 0, run.stderr);
  for (const part of [
    'inflate',
    'scan, label, encode and CRC',
    'together',
    'without the line coder: scan and label',
    'without the line coder: deflate and CRC',
    'without the line coder: together',
  ])
    t.match(run.stdout, new RegExp(`^\\| ${part} +\\|( +-?[\\d.]+ %? ?\\|){4}$`, 'm'));
  t.match(
    run.stdout,
    /compressed size against zlib level 1[^|]*\|[^|]*\| +\d+ bytes, \d+ bytes \| +[\d.]+ \| +– \|$/m,
  );
  t.match(run.stdout, /^[^\n]*QUICK/, 'said to be quick');
  t.end();
});
