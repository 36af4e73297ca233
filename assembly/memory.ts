// Where everything is in the memory of this module, which never grows: whoever looks into it keeps views of it.

/** Bytes that may be read or written behind the end of what is meant, since work is done 16 at a time. */
export const SLACK: u32 = 64;

/** Where bodies are inflated to and their lines are read; and lines that are from elsewhere. */
export const WINDOW: u32 = 64 * 1024;
export const WINDOW_BYTES: u32 = 2 * 1024 * 1024;
export const INPUT: u32 = WINDOW + WINDOW_BYTES + SLACK;
export const INPUT_BYTES: u32 = 256 * 1024;

/** Labelled lines, and of those whose stream is enough only what stands behind the target's labels. */
export const OUTPUT: u32 = INPUT + INPUT_BYTES + SLACK;
export const OUTPUT_BYTES: u32 = 1024 * 1024;

/** Deflate blocks. */
export const BLOCKS: u32 = OUTPUT + OUTPUT_BYTES + SLACK;
export const BLOCKS_BYTES: u32 = 1024 * 1024;

/** Shapes of lines, and what the target of the body adds. */
export const SHAPES: u32 = BLOCKS + BLOCKS_BYTES + SLACK;
export const SHAPES_BYTES: u32 = 1024 * 1024;
export const INJECTIONS: u32 = SHAPES + SHAPES_BYTES + SLACK;
export const INJECTIONS_BYTES: u32 = 64 * 1024;

/** A line that is needed whole again, and the beginning of one. */
export const WHOLE: u32 = INJECTIONS + INJECTIONS_BYTES + SLACK;
export const WHOLE_BYTES: u32 = 64 * 1024;
export const BEGINNING: u32 = WHOLE + WHOLE_BYTES + SLACK;
export const BEGINNING_BYTES: u32 = 64;

/** What calls give beside their result: see line-coder.ts. */
export const RESULTS: u32 = BEGINNING + BEGINNING_BYTES;
export const RESULTS_BYTES: u32 = 64;

/** See crc.ts. */
export const CRC_TABLES: u32 = RESULTS + RESULTS_BYTES;
export const CRC_SHIFTS: u32 = CRC_TABLES + 8 * 1024;
export const CRC_SHIFTS_BYTES: u32 = 256 * 1024;

/** Codes: see bit-writer.ts. */
export const PAIRS: u32 = CRC_SHIFTS + CRC_SHIFTS_BYTES;
export const PAIRS_BYTES: u32 = 256 * 1024;
export const CODES: u32 = PAIRS + PAIRS_BYTES;
