/** What the floor's program is told on its command line. */
export interface FloorTask {
  /** Where the pods listen: `address:port` each. */
  readonly pods: readonly string[];
  /** A file with the bytes that are deflated: a labelled answer. */
  readonly answerFile: string;
  readonly threads: number;
}

/** What a worker of the floor is given: its pods, each with its piece of the answer. */
export interface FloorShare {
  readonly answer: SharedArrayBuffer;
  readonly pods: readonly FloorPod[];
}

export interface FloorPod {
  readonly host: string;
  readonly port: number;
  /** The piece of the answer that is deflated when this pod's body is there. */
  readonly start: number;
  readonly length: number;
}

/** One pod's piece, deflated: raw deflate that ends at a byte, without a final block. */
export interface FloorBlock {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Bytes that were inflated for it. */
  readonly inflated: number;
}

/** The answer cut into pieces of the same size, one a pod, and the pods dealt out to the threads in turns. */
export function sharesOf({ pods, threads }: FloorTask, answer: SharedArrayBuffer): readonly FloorShare[] {
  const shares = Array.from({ length: Math.min(threads, pods.length) }, () => ({
    answer,
    pods: [] as FloorPod[],
  }));
  for (const [index, address] of pods.entries()) {
    const colon = address.lastIndexOf(':');
    const start = Math.floor((answer.byteLength * index) / pods.length);
    const end = Math.floor((answer.byteLength * (index + 1)) / pods.length);
    const host = address.slice(0, colon);
    shares[index % shares.length]?.pods.push({
      host,
      port: Number(address.slice(colon + 1)),
      start,
      length: end - start,
    });
  }
  return shares;
}
