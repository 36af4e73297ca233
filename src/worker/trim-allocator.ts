/** Gives back what is free; undefined where that cannot be had, and before it was looked for. */
let trim: ((keptBytes: bigint) => number) | undefined;
let isLookedFor = false;

/**
 * Gives the system the pages that C's allocator holds and nobody uses. glibc does so by itself only at the end of an arena, which anything
 * that stays keeps where it is: a connection, or code that was compiled. Takes some milliseconds, for all threads at once. Whether it could be done:
 * it takes glibc, and a Node.js that can call its functions, as those from 26 on can.
 */
export function trimAllocator(): boolean {
  if (!isLookedFor) {
    isLookedFor = true;
    trim = findTrim();
  }
  if (trim === undefined) return false;
  trim(0n);
  return true;
}

function findTrim(): typeof trim {
  // Node says that this part of it is experimental. Where it changes, nothing is given back.
  const warning = Object.getOwnPropertyDescriptor(process, 'emitWarning')!;
  process.emitWarning = () => undefined;
  try {
    const ffi = process.getBuiltinModule('node:ffi') as typeof import('node:ffi') | undefined;
    const library = ffi?.dlopen(null, { malloc_trim: { arguments: ['u64'], return: 'i32' } });
    return library?.functions.malloc_trim;
  } catch {
    return undefined;
  } finally {
    Object.defineProperty(process, 'emitWarning', warning);
  }
}
