/** Bytes that one stored block can have. */
export const MAX_STORED_BYTES = 65_535;
export const STORED_HEAD_BYTES = 5;

const head = new Uint8Array(STORED_HEAD_BYTES);

/**
 * What stands before bytes that are a deflate block without being compressed (RFC 1951, 3.2.4), when it begins on a byte
 * boundary. At most 65535 bytes. Valid until the next call.
 */
export function storedHead(length: number): Uint8Array {
  head[1] = length & 0xff;
  head[2] = length >> 8;
  head[3] = ~head[1];
  head[4] = ~head[2];
  return head;
}
