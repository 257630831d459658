import { Fault } from '../../protocol/index.ts';
import type { Log } from '../ports/log.ts';
import { resolveProgramPath } from '../process/program-path.ts';
import { type ProcessState, WatchedProcess } from '../process/watched-process.ts';
import { type FromWorker, isFromWorker, type ToWorker, type WireJob, type WorkerSetup } from './wire.ts';

export interface WorkerEvents {
  onReady(message: Extract<FromWorker, { kind: 'ready' }>): void;
  onAnswer(message: Extract<FromWorker, { kind: 'hypothesis' | 'failed' }>): void;
  /** The process is gone. Called exactly once, after everything else. */
  onEnded(exit: string): void;
}

export interface WorkerOptions {
  readonly setup: WorkerSetup;
  readonly modelName: string;
  /**
   * A decode that takes longer is considered hung, and the process is killed; sooner where decodes are known to be
   * quick.
   */
  readonly decodeTimeoutMs: number;
  /** Seconds of work per second of speech, if it has been measured. */
  readonly realTimeFactor?: number | undefined;
  /** For loading and the warm-up decode together. */
  readonly startTimeoutMs: number;
  /** A process that grows beyond this is replaced once it is idle. */
  readonly memoryMbMax: number;
  readonly log: Log;
  /** Path of the child's main file, and the program that runs it; for tests. */
  readonly childPath?: string | undefined;
  readonly execPath?: string | undefined;
}

/** Interval of pings, ms. */
const PING_INTERVAL_MS = 250;
/**
 * A decode that makes no step for this long will never end, if pings were answered meanwhile (the parent itself was not
 * stopped).
 */
const STALL_MS_MIN = 1_000;
/** A decode may take this much, plus a multiple of what a decode of its length costs here. */
const DECODE_TIMEOUT_MS_MIN = 1_000;
const DECODE_TIMEOUT_FACTOR = 8;
/** Shorter spans are decoded in windows of about this length. */
const WINDOW_SAMPLES = 160_000;

interface RunningDecode {
  readonly timer: NodeJS.Timeout;
  /** Expected duration of the decode, ms; undefined if the cost has not been measured. */
  readonly expectedMs: number | undefined;
  steps: number;
  /** When the last step was seen, ms, and how many pings were answered since. */
  lastStepMs: number;
  pingsSinceStep: number;
}

/** One worker process and its decodes, each of which ends: with an answer, or because the process is killed. */
export class Worker {
  readonly #options: WorkerOptions;
  readonly #events: WorkerEvents;
  readonly #process: WatchedProcess<FromWorker>;
  readonly #running = new Map<number, RunningDecode>();
  #realTimeFactor: number;
  #refusal: Fault | undefined;

  constructor(options: WorkerOptions, events: WorkerEvents) {
    this.#options = options;
    this.#events = events;
    this.#realTimeFactor = options.realTimeFactor ?? 0;
    const { childPath = resolveProgramPath(import.meta.url, './child/main'), execPath, setup, log } = options;
    this.#process = new WatchedProcess<FromWorker>(
      {
        name: 'worker',
        program: { path: childPath, execPath, serialization: 'advanced' },
        setup: { kind: 'setup', setup } satisfies ToWorker,
        isMessage: isFromWorker,
        startTimeoutMs: options.startTimeoutMs,
        pingEveryMs: PING_INTERVAL_MS,
        memoryMbMax: options.memoryMbMax,
        log,
      },
      {
        onMessage: (message) => this.#onMessage(message),
        onOutgrown: () => {
          if (this.#running.size === 0) this.stop();
        },
        onEnded: (exit) => {
          for (const { timer } of this.#running.values()) clearTimeout(timer);
          this.#running.clear();
          events.onEnded(exit);
        },
      },
    );
  }

  get state(): ProcessState {
    return this.#process.state;
  }

  get busyCount(): number {
    return this.#running.size;
  }

  get pid(): number | undefined {
    return this.#process.pid;
  }

  /** Grew beyond its limit: takes no more jobs and is stopped when its last one is answered. */
  get isOutgrown(): boolean {
    return this.#process.isOutgrown;
  }

  /** Why it cannot run, if it reported that itself. */
  get refusal(): Fault | undefined {
    return this.#refusal;
  }

  decode(job: WireJob): void {
    const expectedMs = this.#estimateMs(job.samples.length);
    const { decodeTimeoutMs, log } = this.#options;
    const timeoutMs =
      expectedMs === undefined ? decodeTimeoutMs : DECODE_TIMEOUT_MS_MIN + DECODE_TIMEOUT_FACTOR * expectedMs;
    const timer = setTimeout(
      () => {
        log.warn({ job: job.id }, 'decode timed out; the worker is replaced');
        this.kill();
      },
      Math.min(decodeTimeoutMs, timeoutMs),
    );
    this.#running.set(job.id, { timer, expectedMs, steps: 0, lastStepMs: 0, pingsSinceStep: 0 });
    this.#send({ kind: 'decode', job });
  }

  /** Decodes share the cores, and each is counted as if the others used all of them. */
  #estimateMs(samples: number): number | undefined {
    if (this.#realTimeFactor === 0) return undefined;
    const { setup } = this.#options;
    const tries = setup.beamSize * setup.temperatures.length;
    return (this.#realTimeFactor * Math.max(samples, WINDOW_SAMPLES) * setup.slots * tries) / 16;
  }

  abort(job: number): void {
    if (this.#running.has(job)) this.#send({ kind: 'abort', job });
  }

  /** Lets the process end by itself; kills it if it does not. */
  stop(): void {
    this.#process.stop();
  }

  kill(): void {
    this.#process.kill();
  }

  #onMessage(message: FromWorker): void {
    switch (message.kind) {
      case 'ready':
        if (message.realTimeFactor > 0) this.#realTimeFactor = message.realTimeFactor;
        this.#events.onReady(message);
        return;
      case 'refused':
        this.#refusal = this.#fault(message.code, message.problem);
        this.stop();
        return;
      case 'hypothesis':
      case 'failed':
        clearTimeout(this.#running.get(message.job)?.timer);
        this.#running.delete(message.job);
        this.#events.onAnswer(message);
        if (this.isOutgrown && this.#running.size === 0) this.stop();
        return;
      case 'alive':
        this.#checkProgress(message.steps);
        return;
    }
  }

  #fault(code: 'model.absent' | 'model.corrupt' | 'engine.absent', problem: string): Fault {
    const { modelName, setup } = this.#options;
    if (code === 'model.absent') return new Fault(code, { model: modelName, path: setup.modelPath });
    if (code === 'model.corrupt') return new Fault(code, { model: modelName, problem });
    return new Fault(code, { problem });
  }

  /** No single step takes as long as the whole decode should: a decode whose step does will never end. */
  #checkProgress(steps: Readonly<Record<number, number>>): void {
    for (const [job, running] of this.#running) {
      const now = steps[job];
      // Before the first step a decode may wait for memory or weights.
      if (now === undefined || now === 0 || running.expectedMs === undefined) continue;
      if (now !== running.steps) {
        Object.assign(running, { steps: now, stepMs: performance.now(), stepless: 0 });
        continue;
      }
      const stalledMs = Math.min(++running.pingsSinceStep * PING_INTERVAL_MS, performance.now() - running.lastStepMs);
      if (stalledMs < Math.max(STALL_MS_MIN, running.expectedMs)) continue;
      this.#options.log.warn({ job }, 'a decode makes no progress; the worker is replaced');
      this.kill();
      return;
    }
  }

  #send(message: ToWorker): void {
    this.#process.send(message);
  }
}
