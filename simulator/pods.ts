import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

import type { Behaviour } from './behaviour.ts';

/** Pods for benchmarks, all alike but for their virtual machines. */
export interface PodsOptions {
  readonly pods: number;
  /** Size of a body. Default 500,000. */
  readonly bytes?: number;
  /** Labels of a virtual machine, for longer lines. Default 0. */
  readonly labelCount?: number;
  /** Namespaces that the virtual machines are spread over: `tenant-0` and so on. Default one of its own for each body. */
  readonly tenants?: number;
  readonly seed?: number;
  /** How many different bodies there are; pods beyond that share. Default one a pod. */
  readonly distinct?: number;
  /** Moments, 30 s apart, whose bodies each pod gives one after the other and over again, to every connection from the first on. Default 1: always the same. */
  readonly moments?: number;
  /** Milliseconds that the first and the last pod wait before they answer; the others in equal steps between. Default none. */
  readonly delayMs?: readonly [least: number, most: number];
  /** Default 8443. */
  readonly port?: number;
  /** The first two numbers of the addresses. Default the first free one from 127.1. */
  readonly network?: string;
  /** The number of the first pod's address in the network. Default 1; a network that is shared needs another. */
  readonly first?: number;
  readonly tls?: boolean;
}

export interface PodAddress {
  /** As Kubernetes would name it: virt-handler-00001. */
  readonly name: string;
  /** `address:port`. */
  readonly address: string;
  readonly url: string;
}

/** What the pods' process has done so far. */
export interface PodsStats {
  readonly requests: number;
  readonly connections: number;
  /** The most requests that any one pod had in flight at once. */
  readonly peak: number;
  /** CPU time of the process in seconds. */
  readonly cpuSeconds: number;
  readonly rssBytes: number;
}

/** Pods that run in a process of their own. Disposing ends it. */
export interface PodsProcess extends AsyncDisposable {
  readonly pid: number;
  readonly pods: readonly PodAddress[];
  /** Samples and bytes of all bodies of one moment together, at each moment; samples are the same at all. */
  readonly totals: { readonly samples: number; readonly bytesAt: readonly number[] };
  stats(): Promise<PodsStats>;
  /** Another behaviour for one pod; only those that a message can carry, so neither `wait` nor `custom`. */
  behave(pod: number, behaviour: Exclude<Behaviour, { kind: 'wait' | 'custom' }>): Promise<void>;
}

/** What the processes say to each other. Every question is answered before the next is asked. */
export type PodsQuestion =
  { readonly ask: 'stats' } | { readonly ask: 'behave'; readonly pod: number; readonly behaviour: Behaviour };
export type PodsReply =
  | { readonly say: 'ready'; readonly pods: readonly PodAddress[]; readonly totals: PodsProcess['totals'] }
  | { readonly say: 'stats'; readonly stats: PodsStats }
  | { readonly say: 'done' }
  | { readonly say: 'failed'; readonly message: string };

const PROGRAM = fileURLToPath(new URL('pods-process.ts', import.meta.url));

/** Starts pods in a process of their own, so that what they cost is not counted with who asks them. Rejects when one cannot listen. */
export async function startPods(options: PodsOptions): Promise<PodsProcess> {
  // `advanced` carries Buffers in behaviours.
  const child = fork(PROGRAM, [JSON.stringify(options)], { serialization: 'advanced', execArgv: [] });
  const exited = once(child, 'exit');
  const gone = exited.then(([code, signal]) => {
    throw new Error(`the simulator's pods ended (${code ?? signal}) without an answer`);
  });
  gone.catch(() => undefined);
  async function reply(): Promise<PodsReply> {
    const [message] = (await Promise.race([once(child, 'message'), gone])) as [PodsReply];
    if (message.say === 'failed') throw new Error(message.message);
    return message;
  }
  let queue: Promise<unknown> = Promise.resolve();
  function ask(question: PodsQuestion): Promise<PodsReply> {
    const answer = queue.then(() => {
      child.send(question);
      return reply();
    });
    queue = answer.catch(() => undefined);
    return answer;
  }

  const ready = await reply();
  if (ready.say !== 'ready') throw new Error(`the simulator's pods said ${ready.say} before they were ready`);
  return {
    pid: child.pid ?? 0,
    pods: ready.pods,
    totals: ready.totals,
    async stats() {
      const answer = await ask({ ask: 'stats' });
      if (answer.say !== 'stats') throw new Error(`the simulator's pods said ${answer.say}, not stats`);
      return answer.stats;
    },
    async behave(pod, behaviour) {
      await ask({ ask: 'behave', pod, behaviour });
    },
    async [Symbol.asyncDispose]() {
      child.kill('SIGTERM');
      await exited;
    },
  };
}
