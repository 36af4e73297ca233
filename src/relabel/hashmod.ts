import { hash } from 'node:crypto';

/** What Prometheus' `hashmod` takes the remainder of: the last eight bytes of the MD5 sum, as a big-endian number. */
export function hashOf(value: string): bigint {
  return hash('md5', value, 'buffer').readBigUInt64BE(8);
}
