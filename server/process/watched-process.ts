import type { Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import { ForkedProcess, type Program } from './forked-process.ts';
import { PingCounter } from './ping-counter.ts';
import { timerClock } from './timer-clock.ts';

/** Where a process is in its life. */
export type ProcessState = 'starting' | 'ready' | 'stopping' | 'ended';

/** What every child says, besides what its part wants to know. */
type LifeMessage =
  | { readonly kind: 'ready' }
  /** The answer to a ping. */
  | { readonly kind: 'alive'; readonly memoryMb: number };

export interface WatchedProcessOptions<From extends { readonly kind: string }> {
  /** For the log: `recogniser`. */
  readonly name: string;
  readonly program: Program;
  /** The first message. */
  readonly setup: object;
  /** Whether something that came through the pipe is a message of the child's. What is none ends the process. */
  readonly isMessage: (value: unknown) => value is From;
  /** Longest time until it says `ready`, ms. */
  readonly startTimeoutMs: number;
  /** Time between two pings; default 250 ms. */
  readonly pingEveryMs?: number | undefined;
  /** Unanswered pings before the process counts as hung; default 5. Children work on other threads, so their loops are free. */
  readonly pingsMissedMax?: number | undefined;
  /** A process that takes more is reported as outgrown, and killed when it takes half as much again. */
  readonly memoryMbMax?: number | undefined;
  readonly log: Log;
  readonly clock?: Clock | undefined;
}

export interface WatchedProcessCallbacks<From> {
  onMessage(message: From): void;
  /** It takes more memory than it may. Called once. */
  onOutgrown(): void;
  /** Called exactly once, last of all. */
  onEnded(reason: string): void;
}

const PING_EVERY_MS = 250;
const PINGS_MISSED_MAX = 5;
/** Grown so far beyond its limit, a process is not waited for. */
const MEMORY_KILL = 1.5;

/** One child process from its start to its end, watched for hangs, growth and messages that are none. */
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
    this.#timer = this.#clock.setTimer(options.startTimeoutMs, () => this.kill('not ready in time'));
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

  /** Lets the process end by itself; kills it when it does not. */
  stop(): void {
    if (this.#state === 'ended' || this.#state === 'stopping') return;
    this.#state = 'stopping';
    this.#timer[Symbol.dispose]();
    this.#process.stop();
  }

  /** @param reason For the log, and for whoever waits for an answer; default its signal. */
  kill(reason?: string): void {
    this.#process.kill(reason);
  }

  #receive(value: unknown): void {
    const { name, isMessage, log } = this.#options;
    if (!isMessage(value) || (value.kind === 'ready' && this.#state === 'ready')) {
      log.warn({ pid: this.pid }, `the ${name} sent what is no message; it is killed`);
      this.kill('sent what is no message');
      return;
    }
    // It was told to stop while it came up.
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
      log.warn({ pid: this.pid }, `the ${name} does not answer; it is killed`);
      this.kill('did not answer');
      return;
    }
    this.send({ kind: 'ping' });
    this.#planPing();
  }
}
