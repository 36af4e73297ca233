import { CRC_SHIFTS, CRC_TABLES } from './memory';

// CRC-32 without its inversions: a register that begins with 0, or with all bits set where a block begins. As such it is linear: the register
// behind two byte strings is that behind the first, moved by the length of the second, plus that of the second alone.

const POLYNOMIAL: u32 = 0xedb88320;
/** Lengths that have a table of their own to move by. */
const TABLES: u32 = 512;
/**
 * A table to move by: for each of the eight groups of four bits, what each of its values becomes. Tables by byte take half as many steps and no less
 * time: there is one for each length, and they are too large to stay in the nearest cache.
 */
const SHIFT_BYTES: u32 = 8 * 16 * 4;

for (let byte: u32 = 0; byte < 256; byte++) {
  let register = byte;
  for (let bit = 0; bit < 8; bit++) register = (register >> 1) ^ ((register & 1) * POLYNOMIAL);
  store<u32>(CRC_TABLES + (byte << 2), register);
}
// What a byte becomes when more bytes follow.
for (let at = CRC_TABLES; at < CRC_TABLES + 7 * 1024; at += 4) store<u32>(at + 1024, zeroByte(load<u32>(at)));

function zeroByte(register: u32): u32 {
  return (register >> 8) ^ load<u32>(CRC_TABLES + ((register & 0xff) << 2));
}

/** The register of those eight bytes, the first one lowest. */
function ofWord(word: u64): u32 {
  const low = u32(word);
  const high = u32(word >> 32);
  return (
    load<u32>(CRC_TABLES + ((low & 0xff) << 2), 7 * 1024) ^
    load<u32>(CRC_TABLES + (((low >> 8) & 0xff) << 2), 6 * 1024) ^
    load<u32>(CRC_TABLES + (((low >> 16) & 0xff) << 2), 5 * 1024) ^
    load<u32>(CRC_TABLES + ((low >> 24) << 2), 4 * 1024) ^
    load<u32>(CRC_TABLES + ((high & 0xff) << 2), 3 * 1024) ^
    load<u32>(CRC_TABLES + (((high >> 8) & 0xff) << 2), 2 * 1024) ^
    load<u32>(CRC_TABLES + (((high >> 16) & 0xff) << 2), 1024) ^
    load<u32>(CRC_TABLES + ((high >> 24) << 2))
  );
}

/** The register when those of `[at, at + length)` follow. Reads up to 7 bytes more. */
export function crcOf(register: u32, at: u32, length: u32): u32 {
  const some = length & 7;
  if (some != 0) {
    // As many zeros before them as make eight: they change nothing.
    const spare = (8 - some) << 3;
    const half = u64(some << 2);
    register = ofWord((load<u64>(at) ^ u64(register)) << spare) ^ u32((u64(register) >> half) >> half);
    at += some;
    length -= some;
  }
  for (; length > 0; length -= 8, at += 8) register = ofWord(load<u64>(at) ^ u64(register));
  return register;
}

/** The register when so many zero bytes follow. */
export function crcMoved(register: u32, length: u32): u32 {
  for (; length >= TABLES; length -= TABLES - 1) register = movedByTable(register, TABLES - 1);
  return movedByTable(register, length);
}

function movedByTable(register: u32, length: u32): u32 {
  const table = CRC_SHIFTS + length * SHIFT_BYTES;
  // No value but 0 becomes 0.
  if (load<u32>(table, 4) == 0) makeTable(table, length);
  return (
    load<u32>(table + ((register & 15) << 2)) ^
    load<u32>(table + (((register >> 4) & 15) << 2), 64) ^
    load<u32>(table + (((register >> 8) & 15) << 2), 128) ^
    load<u32>(table + (((register >> 12) & 15) << 2), 192) ^
    load<u32>(table + (((register >> 16) & 15) << 2), 256) ^
    load<u32>(table + (((register >> 20) & 15) << 2), 320) ^
    load<u32>(table + (((register >> 24) & 15) << 2), 384) ^
    load<u32>(table + ((register >> 28) << 2), 448)
  );
}

function makeTable(table: u32, length: u32): void {
  for (let group: u32 = 0; group < 8; group++) {
    const values = table + (group << 6);
    for (let bit: u32 = 0; bit < 4; bit++) {
      let register: u32 = 1 << ((group << 2) + bit);
      for (let i: u32 = 0; i < length; i++) register = zeroByte(register);
      // All values whose highest bit that is.
      const half: u32 = 1 << bit;
      for (let i: u32 = 0; i < half; i++)
        store<u32>(values + ((half + i) << 2), load<u32>(values + (i << 2)) ^ register);
    }
  }
}
