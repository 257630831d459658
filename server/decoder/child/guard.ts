import { Worker } from 'node:worker_threads';

const CHECK_INTERVAL_MS = 20;
const MEMORY_MB = 0;
const CPU_MS = 1;
const NO_LIMIT = 0x7fffffff;

export interface ResourceLimits {
  /** Resident memory of the process, MiB. */
  readonly memoryMbMax: number;
  /** Processor time before any audio has come out, ms. */
  readonly cpuMs: number;
  /** Processor time per second of audio that comes out, ms. */
  readonly cpuMsPerSecond: number;
  /** Processor time of one answer, ms. */
  readonly cpuMsPerAnswer: number;
}

/**
 * Ends this process when it needs more memory or processor time than its audio may. A file of a few kilobytes can hold
 * hours for hundreds of channels, or send a codec into an endless loop, and nothing else runs here while it is decoded,
 * so another thread watches. It counts processor time instead of wall-clock time, because a file decoder has a low
 * priority and may have to wait.
 */
export class ResourceGuard {
  /** Memory, MiB, and processor time, ms, at which the watching thread ends the process. */
  readonly #killAt = new Int32Array(new SharedArrayBuffer(8)).fill(NO_LIMIT);
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
      }, ${CHECK_INTERVAL_MS});`;
    const options = { eval: true, execArgv: [], stdout: false, stderr: false, workerData: this.#killAt };
    new Worker(thread, options).unref();
  }

  /** Sets the limits for the audio this process works on from now on. */
  setLimits(limits: ResourceLimits): void {
    this.#limits = limits;
    this.#allowedMs = readCpuMs() + limits.cpuMs;
    Atomics.store(this.#killAt, MEMORY_MB, limits.memoryMbMax);
  }

  /** Runs one answer. Throws, or ends the process, when the audio has used up its processor time. */
  async run<T>(answer: () => Promise<T>): Promise<T> {
    if (this.#limits === undefined) return answer();
    if (readCpuMs() > this.#allowedMs) throw new Error('it takes too long to decode');
    const end = Math.min(this.#allowedMs, readCpuMs() + this.#limits.cpuMsPerAnswer);
    Atomics.store(this.#killAt, CPU_MS, Math.min(NO_LIMIT, Math.ceil(end)));
    try {
      return await answer();
    } finally {
      Atomics.store(this.#killAt, CPU_MS, NO_LIMIT);
    }
  }

  /** Grants more time because audio has come out. */
  grant(seconds: number): void {
    this.#allowedMs += seconds * (this.#limits?.cpuMsPerSecond ?? 0);
  }
}

function readCpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
}
