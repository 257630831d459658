import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { Fault } from '../../protocol/index.ts';
import type { Log } from '../ports/log.ts';
import type { FromWorker, ToWorker, WireJob, WorkerSetup } from './wire.ts';

/** Where a worker process is in its life. */
export type WorkerState = 'starting' | 'ready' | 'stopping' | 'dead';

const NEXT: Record<WorkerState, readonly WorkerState[]> = {
  starting: ['ready', 'stopping', 'dead'],
  ready: ['stopping', 'dead'],
  stopping: ['dead'],
  dead: [],
};

export interface WorkerEvents {
  ready(message: Extract<FromWorker, { kind: 'ready' }>): void;
  answer(message: Extract<FromWorker, { kind: 'hypothesis' | 'failed' }>): void;
  /** The process is gone; `reason` is set when it said why it could not start. */
  dead(reason: Fault | undefined, exit: string): void;
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
  /** Path of the child's main file; tests give another. */
  readonly childPath?: string | undefined;
}

const PING_EVERY_MS = 250;
/** Unanswered pings before the process counts as hung: decodes run on other threads, so its loop is always free. */
const PINGS_MISSED_MAX = 5;
/** A decode that makes no step for so long has no end. Pings were answered meanwhile: we did not stand still ourselves. */
const STEPLESS_LEAST_MS = 1_000;
/** Grown so far beyond its limit, a process is not waited for. */
const MEMORY_KILL = 1.5;
/** A decode may take this much, and so many times what its length has shown to cost here. */
const DECODE_LEAST_MS = 1_000;
const DECODE_MARGIN = 8;
/** Shorter spans are decoded in windows of about this length. */
const WINDOW_SAMPLES = 160_000;
const STOP_TIMEOUT_MS = 1_000;

interface Running {
  readonly timer: NodeJS.Timeout;
  /** What the decode is expected to take, ms; undefined where that has not been measured. */
  readonly expectedMs: number | undefined;
  steps: number;
  /** When the last step was seen, ms, and pings answered since. */
  stepMs: number;
  stepless: number;
}

/** Runs beside this file in the sources as well as in `dist`. */
function ownChild(): string {
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
  return fileURLToPath(new URL(`./child/main.${extension}`, import.meta.url));
}

/** One supervised process: started, watched for hangs and growth, killed when it must be. */
export class Worker {
  readonly #options: WorkerOptions;
  readonly #events: WorkerEvents;
  readonly #child: ChildProcess;
  readonly #running = new Map<number, Running>();
  readonly #watch: NodeJS.Timeout;
  #starting: NodeJS.Timeout | undefined;
  #state: WorkerState = 'starting';
  #missed = 0;
  #realTimeFactor: number;
  #outgrown = false;
  #reason: Fault | undefined;

  constructor(options: WorkerOptions, events: WorkerEvents) {
    this.#options = options;
    this.#events = events;
    this.#realTimeFactor = options.realTimeFactor ?? 0;
    this.#child = fork(options.childPath ?? ownChild(), {
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    });
    this.#child.on('message', (message: FromWorker) => this.#read(message));
    this.#child.on('error', (error) => options.log.warn({ problem: error.message }, 'worker process error'));
    this.#child.once('exit', (code, signal) => this.#died(signal ?? `exit ${code}`));
    this.#starting = setTimeout(() => this.kill(), options.startTimeoutMs);
    this.#watch = setInterval(() => this.#ping(), PING_EVERY_MS);
    this.#watch.unref();
    this.#send({ kind: 'setup', setup: options.setup });
  }

  get state(): WorkerState {
    return this.#state;
  }

  get busy(): number {
    return this.#running.size;
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** Grew beyond its limit: takes no more jobs and is stopped when its last one is answered. */
  get outgrown(): boolean {
    return this.#outgrown;
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
    if (this.#state === 'dead' || this.#state === 'stopping') return;
    this.#move('stopping');
    if (this.#child.connected) this.#child.disconnect();
    setTimeout(() => this.#child.kill('SIGKILL'), STOP_TIMEOUT_MS).unref();
  }

  kill(): void {
    this.#child.kill('SIGKILL');
  }

  #read(message: FromWorker): void {
    switch (message.kind) {
      case 'ready':
        clearTimeout(this.#starting);
        if (message.realTimeFactor > 0) this.#realTimeFactor = message.realTimeFactor;
        this.#move('ready');
        this.#events.ready(message);
        return;
      case 'refused':
        this.#reason = this.#fault(message.code, message.problem);
        this.stop();
        return;
      case 'hypothesis':
      case 'failed':
        clearTimeout(this.#running.get(message.job)?.timer);
        this.#running.delete(message.job);
        this.#events.answer(message);
        if (this.#outgrown && this.#running.size === 0) this.stop();
        return;
      case 'alive':
        this.#missed = 0;
        this.#watchSteps(message.steps);
        if (message.memoryMb > this.#options.memoryMbMax) this.#grew(message.memoryMb);
        if (message.memoryMb > this.#options.memoryMbMax * MEMORY_KILL) this.kill();
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

  #grew(memoryMb: number): void {
    if (this.#outgrown) return;
    this.#options.log.warn({ memoryMb, limit: this.#options.memoryMbMax }, 'the worker outgrew its memory limit');
    this.#outgrown = true;
    if (this.#running.size === 0) this.stop();
  }

  #ping(): void {
    if (this.#state !== 'ready') return;
    if (++this.#missed > PINGS_MISSED_MAX) {
      this.#options.log.warn({ pid: this.pid }, 'the worker does not answer; it is killed');
      this.kill();
      return;
    }
    this.#send({ kind: 'ping' });
  }

  #send(message: ToWorker): void {
    // A send that fails means the process is going; its exit is handled in one place.
    if (this.#child.connected) this.#child.send(message, () => {});
  }

  #died(exit: string): void {
    clearTimeout(this.#starting);
    clearInterval(this.#watch);
    for (const { timer } of this.#running.values()) clearTimeout(timer);
    this.#running.clear();
    this.#move('dead');
    this.#events.dead(this.#reason, exit);
  }

  #move(to: WorkerState): void {
    if (!NEXT[this.#state].includes(to)) throw new Error(`A worker cannot go from ${this.#state} to ${to}.`);
    this.#state = to;
  }
}
