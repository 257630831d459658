import type { Worker } from 'node:worker_threads';
import { BackOff } from '../core/schedule/back-off.ts';
import type { TurnDetector } from '../ports/turn-detector.ts';
import { startThread } from '../process/thread-program.ts';
import type { FromThread, ThreadSetup, ToThread } from './thread-messages.ts';

/** Questions that may wait; a further one is not asked. At 40 ms for each, the last would be answered too late anyway. */
const WAITING_MAX = 16;
/** How long a question may wait for its turn, ms: the pause that it is about is over soon. */
const WAIT_MAX_MS = 400;
/** Delay before an ended thread is replaced, ms, growing each time. */
const RESTART_DELAY_MS = 1_000;
const RESTART_DELAY_MS_MAX = 60_000;

interface Question {
  readonly audio: Float32Array<ArrayBuffer>;
  readonly askedMs: number;
  resolve(probability: number | undefined): void;
}

export interface SmartTurnOptions {
  readonly modelPath: string;
  /** Called with what ended the thread. */
  onError(error: unknown): void;
  /** Starts the thread; for tests. */
  readonly start?: (setup: ThreadSetup) => Worker;
  /** Monotonic ms; for tests. */
  readonly nowMs?: () => number;
}

/** Runs Smart Turn in a thread of its own, one question at a time. */
export class SmartTurnDetector implements TurnDetector {
  readonly #options: SmartTurnOptions;
  readonly #nowMs: () => number;
  readonly #backOff = new BackOff({ firstMs: RESTART_DELAY_MS, longestMs: RESTART_DELAY_MS_MAX, waitsAtOnce: true });
  #waiting: Question[] = [];
  #running: Question | undefined;
  #worker: Worker | undefined;
  #isReady = false;
  #notBeforeMs = Number.NEGATIVE_INFINITY;
  #isClosed = false;

  /** Resolves when the model is loaded. Rejects when it cannot run. */
  static async open(options: SmartTurnOptions): Promise<SmartTurnDetector> {
    const detector = new SmartTurnDetector(options);
    await detector.#start();
    return detector;
  }

  private constructor(options: SmartTurnOptions) {
    this.#options = options;
    this.#nowMs = options.nowMs ?? (() => performance.now());
  }

  predictTurnEnd(audio: Float32Array<ArrayBuffer>): Promise<number | undefined> {
    const askedMs = this.#nowMs();
    if (this.#isClosed || this.#waiting.length >= WAITING_MAX) return Promise.resolve(undefined);
    if (this.#worker === undefined) {
      if (askedMs < this.#notBeforeMs) return Promise.resolve(undefined);
      this.#start().catch(this.#options.onError);
    }
    return new Promise((resolve) => {
      this.#waiting.push({ audio, askedMs, resolve });
      this.#askNext();
    });
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#giveUp();
    await this.#worker?.terminate();
  }

  #start(): Promise<void> {
    const setup: ThreadSetup = { modelPath: this.#options.modelPath };
    const worker = (this.#options.start ?? startTurnThread)(setup);
    this.#worker = worker;
    // A server that stops does not wait for it.
    worker.unref();
    return new Promise((resolve, reject) => {
      worker.on('message', (message: FromThread) => {
        switch (message.kind) {
          case 'ready':
            this.#isReady = true;
            this.#backOff.reset();
            resolve();
            return this.#askNext();
          case 'unusable':
            reject(new Error(message.problem));
            return void worker.terminate();
          case 'answer':
            return this.#answer(message.probability);
        }
      });
      worker.on('error', (error) => {
        // Before it is ready, whoever starts it reports that.
        if (this.#isReady) this.#options.onError(error);
        reject(error);
      });
      worker.on('exit', () => {
        reject(new Error('its thread ended'));
        this.#onExit();
      });
    });
  }

  #onExit(): void {
    this.#worker = undefined;
    this.#isReady = false;
    this.#notBeforeMs = this.#nowMs() + this.#backOff.next();
    this.#giveUp();
  }

  #answer(probability: number): void {
    const question = this.#running;
    this.#running = undefined;
    question?.resolve(probability);
    this.#askNext();
  }

  #askNext(): void {
    if (!this.#isReady) return;
    while (this.#running === undefined && this.#waiting.length > 0) {
      const question = this.#waiting.shift()!;
      if (this.#nowMs() - question.askedMs > WAIT_MAX_MS) {
        question.resolve(undefined);
        continue;
      }
      this.#running = question;
      const message: ToThread = { audio: question.audio };
      this.#worker?.postMessage(message, [question.audio.buffer]);
    }
  }

  #giveUp(): void {
    const unanswered = [...(this.#running === undefined ? [] : [this.#running]), ...this.#waiting];
    this.#running = undefined;
    this.#waiting = [];
    for (const { resolve } of unanswered) resolve(undefined);
  }
}

function startTurnThread(setup: ThreadSetup): Worker {
  return startThread(import.meta.url, './thread/main', { workerData: setup, name: 'turn detector' });
}
