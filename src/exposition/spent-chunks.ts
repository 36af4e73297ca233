import { freeBuffer } from './family-block.ts';

/** Node's shared pools, which small buffers are pieces of, have this size. */
const POOL_BYTES = Buffer.allocUnsafe(1).buffer.byteLength;

/**
 * Gives the memory of chunks of the wire back as soon as they are worked off: left to the collector, a body that comes fast leaves
 * hundreds of megabytes behind before it looks.
 *
 * Several chunks that follow one another can be pieces of one read, whose buffer the HTTP parser still reads while it hands them
 * out. So a buffer is freed only when a chunk of another one has been worked off.
 */
export class SpentChunks {
  #last: Uint8Array | undefined;

  /** A chunk is not needed any more. In the order in which they came. */
  add(chunk: Uint8Array): void {
    const last = this.#last;
    this.#last = chunk;
    if (last === undefined || last.buffer === chunk.buffer) return;
    // A pool has pieces of others in it.
    if (last.buffer.byteLength === POOL_BYTES) return;
    freeBuffer(last);
  }
}
