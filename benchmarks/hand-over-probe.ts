// Loaded into the pods' process before anything else (hand-over.ts): notes in a file when the last answer so far had been handed over.
import { subscribe } from 'node:diagnostics_channel';
import { openSync, writeSync } from 'node:fs';

import { now } from './clock.ts';

const file = openSync(process.env['HAND_OVER_FILE'] ?? '', 'r+');
const moment = Buffer.alloc(8);

// Published when the last byte of an answer was given to the system.
subscribe('http.server.response.finish', () => {
  moment.writeDoubleLE(now());
  writeSync(file, moment, 0, moment.length, 0);
});
