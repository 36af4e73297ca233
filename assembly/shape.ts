import { SHAPES, SHAPES_BYTES } from './memory';

// A shape is a record of u32 fields; see line-shape.ts of the reader for what it is.
/** Bytes before the target's labels. */
export const NAME_LENGTH: u32 = 0;
/** Where its text is. */
export const TEXT: u32 = 4;
/** Label values in a line. */
export const VALUES: u32 = 8;
/** What the target adds, and how long that is: as long as STAMP is that of the body. */
export const INJECTION: u32 = 12;
export const INJECTION_LENGTH: u32 = 16;
export const STAMP: u32 = 20;
/** The family that its samples go to in the body. */
export const FAMILY: u32 = 24;
/** The shapes that followed it. */
export const NEXT: u32 = 28;
export const OTHER: u32 = 32;
/**
 * The last line of the block that has this shape, while it is in the input (see `sight` of line-coder.ts): where it begins in the text of the block
 * and in the input, how long it is there, and where in it its number begins.
 */
export const SIGHT: u32 = 36;
export const LINE: u32 = 40;
export const LAST: u32 = 44;
export const LENGTH: u32 = 48;
export const NUMBER: u32 = 52;
/** CRC registers of what comes with the target's labels before the rest of a line of this shape, and of the last line up to its number. */
export const HEAD_CRC: u32 = 56;
export const CRC: u32 = 60;
/** The value that differed from the line before that, or -1; the registers where it begins and where it ends. */
export const CHANGED: u32 = 64;
export const CHANGED_BEGIN: u32 = 68;
export const CHANGED_END: u32 = 72;
/** Where each value of it has its closing quote, from the target's labels on; and a second list, for the line that is looked at. */
export const QUOTES: u32 = 76;
export const NEW_QUOTES: u32 = 80;
/** The value that must be a number, or -1; and whether a sample must not be negative. */
export const BOUND: u32 = 84;
export const COUNTS: u32 = 88;
/** How long the pieces of text are: before the first value, between two, and behind the last. */
export const GAPS: u32 = 92;

let end: u32 = SHAPES;

/**
 * Makes a shape: bytes before the target's labels, label values, bytes of its text, the value that must be a number (or -1), whether samples
 * must not be negative. Its text and gaps are to be written then. 0 when there is no room left.
 */
export function allocateShape(nameLength: u32, values: u32, textLength: u32, bound: u32, counts: u32): u32 {
  const fields = GAPS + (values + 1) * 4;
  // Lines are compared 16 bytes at a time, so the text has some bytes behind it.
  const bytes = (fields + values * 8 + textLength + 31) & ~15;
  if (end + bytes > SHAPES + SHAPES_BYTES) return 0;
  const shape = end;
  end += bytes;
  memory.fill(shape, 0, bytes);
  store<u32>(shape, nameLength, NAME_LENGTH);
  store<u32>(shape, values, VALUES);
  store<u32>(shape, bound, BOUND);
  store<u32>(shape, counts, COUNTS);
  store<u32>(shape, shape + fields, QUOTES);
  store<u32>(shape, shape + fields + values * 4, NEW_QUOTES);
  store<u32>(shape, shape + fields + values * 8, TEXT);
  return shape;
}

/** Where the text of a shape is to be written. */
export function textOf(shape: u32): u32 {
  return load<u32>(shape, TEXT);
}

/** Where the lengths of the pieces of its text are to be written: u32 numbers, the first without the bytes before the target's labels. */
export function gapsOf(shape: u32): u32 {
  return shape + GAPS;
}

/** Forgets all shapes. */
export function forget(): void {
  end = SHAPES;
}
