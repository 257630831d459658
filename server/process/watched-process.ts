import type { Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import { ForkedProcess, type Program } from './forked-process.ts';
import { PingCounter } from './ping-counter.ts';
import { timerClock } from './timer-clock.ts';

/** Why a process ended that did not say in time that it is ready. */
export const NOT_READY_IN_TIME = 'not ready in time';

/** Stage in the life of a process. */
export type ProcessState = 'starting' | 'ready' | 'stopping' | 'ended';

/** Messages that every child sends, in addition to those of its own protocol. */
type LifeMessage =
  | { readonly kind: 'ready' }
  /** The answer to a ping. */
  | { readonly kind: 'alive'; readonly memoryMb: number };

export interface WatchedProcessOptions<From extends { readonly kind: string }> {
  /** Name for the log, such as `recogniser`. */
  readonly name: string;
  readonly program: Program;
  /** The first message. */
  readonly setup: object;
  /** Whether a value from the pipe is a valid message. An invalid one ends the process. */
  readonly isMessage: (value: unknown) => value is From;
  /** Longest time until it sends `ready`, ms. */
  readonly startTimeoutMs: number;
  /** Time between two pings; default 250 ms. */
  readonly pingEveryMs?: number | undefined;
  /** Unanswered pings until the process counts as hung; default 5. Children compute on other threads, so their event loops are free. */
  readonly pingsMissedMax?: number | undefined;
  /** A process that takes more memory is reported as outgrown, and killed at one and a half times as much. */
  readonly memoryMbMax?: number | undefined;
  readonly log: Log;
  readonly clock?: Clock | undefined;
}

export interface WatchedProcessCallbacks<From> {
  onMessage(message: From): void;
  /** It exceeds its memory limit. Called once. */
  onOutgrown(): void;
  /** Called exactly once, last of all. */
  onEnded(reason: string): void;
}

const PING_EVERY_MS = 250;
const PINGS_MISSED_MAX = 5;
/** Multiple of its memory limit at which a process is killed at once. */
const MEMORY_KILL = 1.5;

/** One child process from start to end, watched for hangs, memory growth and invalid messages. */
export class WatchedProcess<From extends { readonly kind: string }> {
  readonly #options: WatchedProcessOptions<From>;
  readonly #callbacks: WatchedProcessCallbacks<From>;
  readonly #process: ForkedProcess;
  readonly #clock: Clock;
  readonly #pings: PingCounter;
  #timer: Disposable;
  #state: ProcessState = 'starting';
  #isOutgrown = false;

  constructor(options: WatchedProcessOptions<From>, callbacks: WatchedProcessCallbacks<From>) {
    this.#options = options;
    this.#callbacks = callbacks;
    this.#clock = options.clock ?? timerClock;
    this.#pings = new PingCounter(options.pingsMissedMax ?? PINGS_MISSED_MAX);
    this.#process = new ForkedProcess(options.program, options.log, {
      onMessage: (value) => this.#receive(value),
      onEnded: (reason) => {
        this.#timer[Symbol.dispose]();
        this.#state = 'ended';
        callbacks.onEnded(reason);
      },
    });
    this.#timer = this.#clock.setTimer(options.startTimeoutMs, () => this.kill(NOT_READY_IN_TIME));
    this.#process.send(options.setup);
  }

  get state(): ProcessState {
    return this.#state;
  }

  get pid(): number | undefined {
    return this.#process.pid;
  }

  get isOutgrown(): boolean {
    return this.#isOutgrown;
  }

  send(message: object): void {
    this.#process.send(message);
  }

  /** Tells the process to end; kills it if it does not. */
  stop(): void {
    if (this.#state === 'ended' || this.#state === 'stopping') return;
    this.#state = 'stopping';
    this.#timer[Symbol.dispose]();
    this.#process.stop();
  }

  /** @param reason For the log and for rejected requests; default: its signal. */
  kill(reason?: string): void {
    this.#process.kill(reason);
  }

  #receive(value: unknown): void {
    const { name, isMessage, log } = this.#options;
    if (!isMessage(value) || (value.kind === 'ready' && this.#state === 'ready')) {
      log.warn({ pid: this.pid }, `the ${name} sent an invalid message and is killed`);
      this.kill('sent an invalid message');
      return;
    }
    // It was told to stop while it was starting.
    if (value.kind === 'ready' && this.#state !== 'starting') return;
    const message = value as From | (From & LifeMessage);
    if (message.kind === 'ready') {
      this.#state = 'ready';
      this.#timer[Symbol.dispose]();
      this.#planPing();
    }
    if (message.kind === 'alive') this.#pings.countAnswer();
    this.#callbacks.onMessage(message);
    if (message.kind === 'alive') this.#watchMemory((message as { readonly memoryMb: number }).memoryMb);
  }

  #watchMemory(memoryMb: number): void {
    const { name, memoryMbMax, log } = this.#options;
    if (memoryMbMax === undefined || memoryMb <= memoryMbMax) return;
    if (!this.#isOutgrown) {
      log.warn({ memoryMb, limit: memoryMbMax }, `the ${name} outgrew its memory limit`);
      this.#isOutgrown = true;
      this.#callbacks.onOutgrown();
    }
    if (memoryMb > memoryMbMax * MEMORY_KILL) this.kill('outgrew its memory limit');
  }

  #planPing(): void {
    this.#timer = this.#clock.setTimer(this.#options.pingEveryMs ?? PING_EVERY_MS, () => this.#ping());
  }

  #ping(): void {
    if (this.#state !== 'ready') return;
    const { name, log } = this.#options;
    if (!this.#pings.countPing()) {
      log.warn({ pid: this.pid }, `the ${name} does not answer and is killed`);
      this.kill('did not answer');
      return;
    }
    this.send({ kind: 'ping' });
    this.#planPing();
  }
}
