import { Worker } from 'node:worker_threads';

const CHECK_EVERY_MS = 20;
const MEMORY_MB = 0;
const CPU_MS = 1;
const NO_LIMIT = 0x7fffffff;

export interface ResourceLimits {
  /** Resident memory of the process, MiB. */
  readonly memoryMbMax: number;
  /** Processor time before any sound has come out, ms. */
  readonly cpuMs: number;
  /** Processor time for each second of sound that comes out, ms. */
  readonly cpuMsPerSecond: number;
  /** Processor time of one answer, ms. */
  readonly cpuMsPerAnswer: number;
}

/**
 * Ends this process when it needs more memory or processor time than its audio may. A file of a few kilobytes can hold
 * hours for hundreds of channels, or send a codec into an endless loop, and while it is decoded nothing else runs here;
 * so another thread watches. Processor time is counted instead of wall-clock time because a decoder of files has a low
 * priority and may have to wait.
 */
export class ResourceGuard {
  /** MiB of memory, and ms of processor time, at which the watching thread ends the process. */
  readonly #ends = new Int32Array(new SharedArrayBuffer(8)).fill(NO_LIMIT);
  #limits: ResourceLimits | undefined;
  #allowedMs = 0;

  constructor() {
    const thread = `
      const { workerData: ends } = require('node:worker_threads');
      setInterval(() => {
        const { user, system } = process.cpuUsage();
        const isOver =
          process.memoryUsage.rss() / 1048576 > Atomics.load(ends, ${MEMORY_MB}) ||
          (user + system) / 1000 > Atomics.load(ends, ${CPU_MS});
        if (isOver) process.kill(process.pid, 'SIGKILL');
      }, ${CHECK_EVERY_MS});`;
    const options = { eval: true, execArgv: [], stdout: false, stderr: false, workerData: this.#ends };
    new Worker(thread, options).unref();
  }

  /** From now on this process works on audio that may need this much. */
  begin(limits: ResourceLimits): void {
    this.#limits = limits;
    this.#allowedMs = cpuMs() + limits.cpuMs;
    Atomics.store(this.#ends, MEMORY_MB, limits.memoryMbMax);
  }

  /** Runs one answer. Throws, or ends the process, when the audio has used up its processor time. */
  async watch<T>(answer: () => Promise<T>): Promise<T> {
    if (this.#limits === undefined) return answer();
    if (cpuMs() > this.#allowedMs) throw new Error('it takes too long to decode');
    const end = Math.min(this.#allowedMs, cpuMs() + this.#limits.cpuMsPerAnswer);
    Atomics.store(this.#ends, CPU_MS, Math.min(NO_LIMIT, Math.ceil(end)));
    try {
      return await answer();
    } finally {
      Atomics.store(this.#ends, CPU_MS, NO_LIMIT);
    }
  }

  /** Sound has come out, so the audio has earned more time. */
  credit(seconds: number): void {
    this.#allowedMs += seconds * (this.#limits?.cpuMsPerSecond ?? 0);
  }
}

function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
}
