/** Where the memory is counted that one body takes while it is read. */
export interface Account {
  /** Says how many bytes the body holds from now on. Throws a MemoryError when it must give way to others. */
  hold(bytes: number): void;
}

/** The body was given up because memory is short. */
export class MemoryError extends Error {
  override readonly name = 'MemoryError';
}
