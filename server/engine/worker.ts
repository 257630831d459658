import { Fault } from '../../protocol/index.ts';
import type { Log } from '../ports/log.ts';
import { resolveProgramPath } from '../process/program-path.ts';
import { type ProcessState, WatchedProcess } from '../process/watched-process.ts';
import { type FromWorker, isFromWorker, type ToWorker, type WireJob, type WorkerSetup } from './wire.ts';

export interface WorkerEvents {
  ready(message: Extract<FromWorker, { kind: 'ready' }>): void;
  answer(message: Extract<FromWorker, { kind: 'hypothesis' | 'failed' }>): void;
  /** The process is gone. Called exactly once, last of all. */
  ended(exit: string): void;
}

export interface WorkerOptions {
  readonly setup: WorkerSetup;
  readonly modelName: string;
  /** A decode that takes longer is taken for a hang: the process is killed. Sooner where decodes are known to be quick. */
  readonly decodeTimeoutMs: number;
  /** Seconds of work a second of speech takes here, where it has been measured. */
  readonly realTimeFactor?: number | undefined;
  /** Loading and the warm-up decode together. */
  readonly startTimeoutMs: number;
  /** A process that grows beyond this is replaced once it is idle. */
  readonly memoryMbMax: number;
  readonly log: Log;
  /** Path of the child's main file, and the program that runs it; tests give others. */
  readonly childPath?: string | undefined;
  readonly execPath?: string | undefined;
}

/** Between two pings, ms. */
const PING_EVERY_MS = 250;
/** A decode that makes no step for so long has no end. Pings were answered meanwhile: we did not stand still ourselves. */
const STEPLESS_LEAST_MS = 1_000;
/** A decode may take this much, and so many times what its length has shown to cost here. */
const DECODE_LEAST_MS = 1_000;
const DECODE_MARGIN = 8;
/** Shorter spans are decoded in windows of about this length. */
const WINDOW_SAMPLES = 160_000;

interface Running {
  readonly timer: NodeJS.Timeout;
  /** What the decode is expected to take, ms; undefined where that has not been measured. */
  readonly expectedMs: number | undefined;
  steps: number;
  /** When the last step was seen, ms, and pings answered since. */
  stepMs: number;
  stepless: number;
}

/** One worker process and the decodes in it, each of which has an end: an answer, or the process is killed. */
export class Worker {
  readonly #options: WorkerOptions;
  readonly #events: WorkerEvents;
  readonly #process: WatchedProcess<FromWorker>;
  readonly #running = new Map<number, Running>();
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
        pingEveryMs: PING_EVERY_MS,
        memoryMbMax: options.memoryMbMax,
        log,
      },
      {
        onMessage: (message) => this.#read(message),
        onOutgrown: () => {
          if (this.#running.size === 0) this.stop();
        },
        onEnded: (exit) => {
          for (const { timer } of this.#running.values()) clearTimeout(timer);
          this.#running.clear();
          events.ended(exit);
        },
      },
    );
  }

  get state(): ProcessState {
    return this.#process.state;
  }

  get busy(): number {
    return this.#running.size;
  }

  get pid(): number | undefined {
    return this.#process.pid;
  }

  /** Grew beyond its limit: takes no more jobs and is stopped when its last one is answered. */
  get outgrown(): boolean {
    return this.#process.isOutgrown;
  }

  /** Why it cannot run, when it said so itself. */
  get refusal(): Fault | undefined {
    return this.#refusal;
  }

  decode(job: WireJob): void {
    const expectedMs = this.#expectedMs(job.samples.length);
    const { decodeTimeoutMs, log } = this.#options;
    const patienceMs = expectedMs === undefined ? decodeTimeoutMs : DECODE_LEAST_MS + DECODE_MARGIN * expectedMs;
    const timer = setTimeout(
      () => {
        log.warn({ job: job.id }, 'decode timed out; the worker is replaced');
        this.kill();
      },
      Math.min(decodeTimeoutMs, patienceMs),
    );
    this.#running.set(job.id, { timer, expectedMs, steps: 0, stepMs: 0, stepless: 0 });
    this.#send({ kind: 'decode', job });
  }

  /** Decodes share the cores, and each counts as if the others took all of them. */
  #expectedMs(samples: number): number | undefined {
    if (this.#realTimeFactor === 0) return undefined;
    const { setup } = this.#options;
    const tries = setup.beamSize * setup.temperatures.length;
    return (this.#realTimeFactor * Math.max(samples, WINDOW_SAMPLES) * setup.slots * tries) / 16;
  }

  abort(job: number): void {
    if (this.#running.has(job)) this.#send({ kind: 'abort', job });
  }

  /** Lets the process end by itself; kills it when it does not. */
  stop(): void {
    this.#process.stop();
  }

  kill(): void {
    this.#process.kill();
  }

  #read(message: FromWorker): void {
    switch (message.kind) {
      case 'ready':
        if (message.realTimeFactor > 0) this.#realTimeFactor = message.realTimeFactor;
        this.#events.ready(message);
        return;
      case 'refused':
        this.#refusal = this.#fault(message.code, message.problem);
        this.stop();
        return;
      case 'hypothesis':
      case 'failed':
        clearTimeout(this.#running.get(message.job)?.timer);
        this.#running.delete(message.job);
        this.#events.answer(message);
        if (this.outgrown && this.#running.size === 0) this.stop();
        return;
      case 'alive':
        this.#watchSteps(message.steps);
        return;
    }
  }

  #fault(code: 'model.absent' | 'model.corrupt' | 'engine.absent', problem: string): Fault {
    const { modelName, setup } = this.#options;
    if (code === 'model.absent') return new Fault(code, { model: modelName, path: setup.modelPath });
    if (code === 'model.corrupt') return new Fault(code, { model: modelName, problem });
    return new Fault(code, { problem });
  }

  /** Within a decode no step takes as long as the whole should: one that takes longer will not end. */
  #watchSteps(steps: Readonly<Record<number, number>>): void {
    for (const [job, running] of this.#running) {
      const now = steps[job];
      // Before the first step a decode may wait for memory or weights.
      if (now === undefined || now === 0 || running.expectedMs === undefined) continue;
      if (now !== running.steps) {
        Object.assign(running, { steps: now, stepMs: performance.now(), stepless: 0 });
        continue;
      }
      const stillMs = Math.min(++running.stepless * PING_EVERY_MS, performance.now() - running.stepMs);
      if (stillMs < Math.max(STEPLESS_LEAST_MS, running.expectedMs)) continue;
      this.#options.log.warn({ job }, 'a decode stands still; the worker is replaced');
      this.kill();
      return;
    }
  }

  #send(message: ToWorker): void {
    this.#process.send(message);
  }
}
