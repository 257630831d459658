import { availableParallelism } from 'node:os';
import { Fault } from '../../protocol/index.ts';
import { BackOff } from '../core/schedule/back-off.ts';
import type { Log } from '../ports/log.ts';
import type { DecodeAnswer, DecodeJob, Recogniser, RecogniserInfo } from '../ports/recogniser.ts';
import { Supervisor } from '../process/supervisor.ts';
import { NOT_READY_IN_TIME } from '../process/watched-process.ts';
import { FINAL_WINDOW_FLOOR, PARTIAL_WINDOW_FLOOR } from './native/defaults.ts';
import { findNativeMismatch } from './native/locate.ts';
import { StartTimeout } from './start-timeout.ts';
import type { WorkerSetup } from './wire.ts';
import { Worker } from './worker.ts';

export interface PoolOptions {
  readonly modelPath: string;
  readonly modelName: string;
  /** A second model in the same process, for jobs that name it. */
  readonly small?: { readonly name: string; readonly path: string } | undefined;
  /** A third one, loaded unless it is one of these. */
  readonly second?: { readonly name: string; readonly path: string } | undefined;
  /** `auto` uses the native engine if it is built. */
  readonly engine: 'auto' | 'native' | 'stock';
  /** Concurrent decodes; default one per core. */
  readonly slots?: number | undefined;
  readonly decodeTimeoutMs: number;
  readonly workerMemoryMbMax: number;
  readonly finalWindowFloor?: number | undefined;
  readonly partialWindowFloor?: number | undefined;
  /** Beam size of finals; default 1, greedy. */
  readonly finalBeams?: number | undefined;
  /** How many times an untrusted final is decoded again, each 0.2 warmer; default 0. */
  readonly finalRetries?: number | undefined;
  /** Whether what a decode costs is measured at the start, which takes some decodes; default yes. */
  readonly isMeasured?: boolean | undefined;
  readonly log: Log;
  /** Path of the child's main file, and the program that runs it; for tests. */
  readonly childPath?: string | undefined;
  readonly execPath?: string | undefined;
}

/** How many workers may die with a job inside before the job is given up. */
const DEATHS_MAX = 2;
/** Maximum restart delay when the worker died while decoding. */
const BUSY_BACK_OFF_MS_MAX = 250;
/** Maximum restart delay otherwise: people keep speaking meanwhile. */
const BACK_OFF_MAX_MS = 4_000;
/** Failed starts, while the server itself starts, after which it is told that there is no worker. */
const FIRST_STARTS_MAX = 5;
/** Jobs that wait for a worker or are in one; the decode scheduler has far fewer. */
const PENDING_MAX = 1_024;

/** As published with Whisper. */
const TEMPERATURE_STEP = 0.2;

interface PendingJob {
  readonly job: DecodeJob;
  readonly onAnswer: (answer: DecodeAnswer) => void;
  /**
   * Workers that died with this job inside. It is then a suspect and decoded alone, so that only the culprit is given
   * up.
   */
  deaths: number;
  sent: boolean;
  /** Nobody needs it, so it is not decoded again. */
  aborted: boolean;
}

/** Runs one worker process and its jobs. A job whose worker dies is decoded again by the next one. */
export class WorkerPool implements Recogniser {
  readonly #options: PoolOptions;
  readonly #setup: Omit<WorkerSetup, 'warmUp'>;
  readonly #pending = new Map<number, PendingJob>();
  readonly #ready: Promise<RecogniserInfo>;
  #settleReady: { resolve(info: RecogniserInfo): void; reject(fault: Error): void } | undefined;
  readonly #supervisor: Supervisor<Worker>;
  readonly #backOff = new BackOff({ longestMs: BACK_OFF_MAX_MS });
  #closed = false;
  #startedAtMs = 0;
  /** When a worker was last known to be ready. */
  #lastReadyMs = performance.now();
  #wasReady = false;
  readonly #startTimeout = new StartTimeout();
  #realTimeFactor: number | undefined;
  #slots: number;
  /** Why the native engine was not chosen. */
  readonly #nativeProblem: string | undefined;

  constructor(options: PoolOptions) {
    this.#options = options;
    const cores = availableParallelism();
    const nativeProblem = options.engine === 'stock' ? undefined : findNativeMismatch();
    const engine = options.engine === 'auto' ? (nativeProblem === undefined ? 'native' : 'stock') : options.engine;
    if (options.engine === 'auto') this.#nativeProblem = nativeProblem;
    const isOther = ![options.modelName, options.small?.name].includes(options.second?.name);
    this.#slots = engine === 'stock' ? 1 : (options.slots ?? cores);
    this.#setup = {
      modelPath: options.modelPath,
      small: options.small,
      second: isOther && engine === 'native' ? options.second : undefined,
      engine,
      slots: this.#slots,
      cores,
      finalWindowFloor: options.finalWindowFloor ?? FINAL_WINDOW_FLOOR,
      partialWindowFloor: options.partialWindowFloor ?? PARTIAL_WINDOW_FLOOR,
      beamSize: options.finalBeams ?? 1,
      temperatures: Array.from({ length: 1 + (options.finalRetries ?? 0) }, (_, i) => i * TEMPERATURE_STEP),
    };
    this.#ready = new Promise((resolve, reject) => {
      this.#settleReady = { resolve, reject };
    });
    // Prevents a crash when nobody awaits `ready` and the model is broken.
    this.#ready.catch(() => {});
    this.#supervisor = new Supervisor<Worker>({
      start: (onEnded) => this.#start(onEnded),
      restart: 'always',
      backOff: this.#backOff,
      onEnded: (exit, { refusal }) => {
        if (exit === NOT_READY_IN_TIME) this.#startTimeout.lengthen();
        return this.#onWorkerEnded(exit, refusal);
      },
    });
    if (engine === 'native' && nativeProblem !== undefined) {
      this.#fail(new Fault('engine.absent', { problem: `the native engine was asked for, but ${nativeProblem}` }));
    } else this.#supervisor.demand();
  }

  get slots(): number {
    return this.#slots;
  }

  /** Workers that were replaced so far. */
  get restarts(): number {
    return this.#supervisor.restarts;
  }

  /** How long no worker has been able to decode, ms; 0 while one is ready. */
  get downMs(): number {
    return this.#supervisor.current?.state === 'ready' ? 0 : performance.now() - this.#lastReadyMs;
  }

  /** Process id of the worker, for tests and metrics. */
  get pid(): number | undefined {
    return this.#supervisor.current?.pid;
  }

  ready(): Promise<RecogniserInfo> {
    return this.#ready;
  }

  decode(job: DecodeJob): Promise<DecodeAnswer> {
    return new Promise((answer) => {
      if (this.#closed) {
        answer({ kind: 'failed', job: job.id, code: 'engine.crashed', text: 'The engine is closed.' });
        return;
      }
      if (this.#pending.size >= PENDING_MAX) {
        answer({
          kind: 'failed',
          job: job.id,
          code: 'engine.busy',
          text: `${PENDING_MAX} decodes are waiting already.`,
        });
        return;
      }
      this.#pending.set(job.id, { job, onAnswer: answer, deaths: 0, sent: false, aborted: false });
      this.#sendWaiting();
    });
  }

  abort(job: number): void {
    const pending = this.#pending.get(job);
    if (pending === undefined) return;
    pending.aborted = true;
    if (pending.sent) this.#supervisor.current?.abort(job);
    else this.#settle(job, aborted(pending.job));
  }

  close(): Promise<void> {
    this.#closed = true;
    for (const id of [...this.#pending.keys()]) this.#settle(id, createFailure(id, 'The engine is closed.'));
    return this.#supervisor.close();
  }

  #start(onEnded: (exit: string) => void): Worker {
    this.#startedAtMs = performance.now();
    const {
      modelName,
      decodeTimeoutMs,
      workerMemoryMbMax,
      log,
      childPath,
      execPath,
      isMeasured = true,
    } = this.#options;
    return new Worker(
      {
        setup: { ...this.#setup, warmUp: isMeasured && this.#realTimeFactor === undefined ? 'measure' : 'skip' },
        modelName,
        decodeTimeoutMs,
        realTimeFactor: this.#realTimeFactor,
        startTimeoutMs: this.#startTimeout.ms,
        memoryMbMax: workerMemoryMbMax,
        log,
        childPath,
        execPath,
      },
      {
        onReady: ({ engine, multilingual, realTimeFactor, detail, small, second, memoryMb }) => {
          this.#wasReady = true;
          if (this.#realTimeFactor === undefined) {
            this.#realTimeFactor = realTimeFactor;
            this.#startTimeout.learn(performance.now() - this.#startedAtMs);
          }
          this.#settleReady?.resolve({
            engine,
            model: modelName,
            multilingual,
            slots: this.#slots,
            realTimeFactor,
            detail:
              this.#nativeProblem === undefined
                ? detail
                : `${detail}; the native engine is not used: ${this.#nativeProblem}`,
            memoryMb,
            ...(small === undefined ? {} : { small: { ...small, model: this.#setup.small!.name } }),
            ...(second === undefined ? {} : { second: { ...second, model: this.#setup.second!.name } }),
          });
          this.#settleReady = undefined;
          this.#sendWaiting();
        },
        onAnswer: (message) => {
          // The worker does its work, so its next death is unrelated to earlier ones.
          this.#supervisor.reportHealthy();
          if (message.kind === 'hypothesis') this.#settle(message.job, message);
          else this.#settle(message.job, createFailure(message.job, message.problem));
        },
        onEnded,
      },
    );
  }

  #sendWaiting(): void {
    const worker = this.#supervisor.current;
    if (worker?.state !== 'ready' || worker.isOutgrown) return;
    const suspect = [...this.#pending.values()].find(({ deaths }) => deaths > 0);
    if (suspect !== undefined) {
      if (!suspect.sent && worker.busyCount === 0) this.#send(worker, suspect);
      return;
    }
    for (const pending of this.#pending.values()) {
      if (worker.busyCount >= this.#slots) return;
      if (!pending.sent) this.#send(worker, pending);
    }
  }

  #send(worker: Worker, pending: PendingJob): void {
    pending.sent = true;
    worker.decode(pending.job);
  }

  #settle(id: number, answer: DecodeAnswer): void {
    const pending = this.#pending.get(id);
    this.#pending.delete(id);
    pending?.onAnswer(answer);
    this.#sendWaiting();
  }

  #onWorkerEnded(exit: string, refusal: Fault | undefined): number | undefined {
    if (this.#wasReady) this.#lastReadyMs = performance.now();
    this.#wasReady = false;
    const { modelName, log } = this.#options;
    // During the first start the operator waits to be told what is wrong. Later the cause may pass.
    const isFirst = this.#settleReady !== undefined;
    if (isFirst && refusal !== undefined) return this.#fail(refusal);
    log.warn({ exit: refusal?.code ?? exit, restarts: this.restarts }, 'a worker stopped and is replaced');
    if (isFirst && this.#backOff.failures >= FIRST_STARTS_MAX)
      return this.#fail(new Fault('engine.crashed', { model: modelName, exit }));
    // Jobs that kill workers are given up after a few deaths; until then everybody waits.
    const isBusy = [...this.#pending.values()].some(({ sent }) => sent);
    for (const [id, pending] of [...this.#pending]) {
      // Only a job that was inside may be the culprit; waiting ones cannot be.
      if (pending.sent) pending.deaths++;
      pending.sent = false;
      if (pending.aborted) this.#settle(id, aborted(pending.job));
      else if (pending.deaths >= DEATHS_MAX) this.#settle(id, createFailure(id, `The worker stopped (${exit}).`));
    }
    return isBusy ? BUSY_BACK_OFF_MS_MAX : undefined;
  }

  /** The engine cannot run at all: all waiting jobs fail, and nothing is tried again. */
  #fail(fault: Fault): undefined {
    this.#closed = true;
    this.#supervisor.giveUp();
    this.#settleReady?.reject(fault);
    this.#settleReady = undefined;
    for (const id of [...this.#pending.keys()]) this.#settle(id, createFailure(id, fault.message));
  }
}

function createFailure(job: number, text: string): DecodeAnswer {
  return { kind: 'failed', job, code: 'engine.crashed', text };
}

/** The engine's own answer for an aborted decode. */
function aborted({ id, language }: DecodeJob): DecodeAnswer {
  const nothing = { words: [], noSpeech: 0, averageLogProbability: 0, compressionRatio: 1, decodeMs: 0 };
  const hypothesis = { ...nothing, language, languageProbability: 0, stop: 'aborted' as const };
  return { kind: 'hypothesis', job: id, hypothesis };
}
