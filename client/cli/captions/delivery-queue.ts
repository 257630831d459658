import { computeBackOffMs } from '../../sdk/back-off.ts';
import type { Clock, DeliveryResult, PrintMessage } from './outlet.ts';

/** The blocks that wait for delivery, and when the next one is due. */
export interface PendingDeliveries<T> {
  readonly waiting: number;
  readonly dropped: number;
  next(): { readonly block: T; readonly atMs: number } | undefined;
  shown(block: T, nowMs: number): void;
  drop(block: T): void;
}

export interface DeliveryQueueSetup<T> {
  readonly name: string;
  readonly waiting: PendingDeliveries<T>;
  /** Delivers one block. Never rejects. */
  deliver(block: T, signal: AbortSignal): Promise<DeliveryResult>;
  readonly print: PrintMessage;
  readonly clock: Clock;
}

/** Longest wait that the receiver may request, ms. */
const AFTER_MS_MAX = 60_000;

/** Delivers blocks one after the other and retries each until it has arrived, so that they stay in order. */
export class DeliveryQueue<T> {
  readonly #setup: DeliveryQueueSetup<T>;
  readonly #abort = new AbortController();
  readonly failed: Promise<string>;
  readonly #running: Promise<void>;
  #end!: (text: string) => void;
  #wake = (): void => {};
  #finishing = false;
  #reported: string | undefined;
  #reportedDropped = 0;

  constructor(setup: DeliveryQueueSetup<T>) {
    this.#setup = setup;
    this.failed = new Promise((resolve) => {
      this.#end = resolve;
    });
    this.#running = this.#run();
  }

  /** To be called when a block was added. */
  wake(): void {
    const { waiting, print, name } = this.#setup;
    if (waiting.dropped > this.#reportedDropped) {
      if (this.#reportedDropped === 0) print(`${name}: too many captions wait; the oldest are left out.`);
      this.#reportedDropped = waiting.dropped;
    }
    this.#wake();
  }

  async finish(graceMs: number): Promise<void> {
    this.#finishing = true;
    const timer = this.#setup.clock.setTimer(graceMs, () => this.#abort.abort());
    this.#wake();
    await this.#running;
    timer[Symbol.dispose]();
    const { waiting, print, name } = this.#setup;
    const lost = waiting.waiting + waiting.dropped;
    if (lost > 0) print(`${name}: ${lost} ${lost === 1 ? 'caption was' : 'captions were'} not delivered.`);
  }

  async #run(): Promise<void> {
    const { waiting, clock } = this.#setup;
    const { signal } = this.#abort;
    let attempt = 0;
    while (!signal.aborted) {
      if (this.#finishing && waiting.waiting === 0) return;
      const next = waiting.next();
      const nowMs = clock.nowMs();
      if (next === undefined || next.atMs > nowMs) {
        await this.#pause(next === undefined ? undefined : next.atMs - nowMs, 'until woken');
        continue;
      }
      const delivery = await this.#setup.deliver(next.block, signal);
      if (delivery.kind === 'failed') return this.#end(delivery.text);
      if (delivery.kind === 'retry') {
        this.#report(delivery.text);
        const afterMs = delivery.afterMs ?? computeBackOffMs(++attempt, Math.random());
        await this.#pause(Math.min(AFTER_MS_MAX, afterMs), 'whatever happens');
        continue;
      }
      attempt = 0;
      if (delivery.kind === 'sent') {
        waiting.shown(next.block, clock.nowMs());
        if (this.#reported !== undefined) this.#setup.print(`${this.#setup.name}: it goes on.`);
        this.#reported = undefined;
      } else {
        waiting.drop(next.block);
        this.#report(delivery.text);
      }
    }
  }

  /** Reports a problem once, not with every attempt. */
  #report(text: string): void {
    if (this.#reported === text || this.#abort.signal.aborted) return;
    this.#reported = text;
    this.#setup.print(`${this.#setup.name}: ${text}`);
  }

  #pause(ms: number | undefined, how: 'until woken' | 'whatever happens'): Promise<void> {
    const { signal } = this.#abort;
    return new Promise((resolve) => {
      if (signal.aborted) return resolve();
      const done = (): void => {
        timer?.[Symbol.dispose]();
        signal.removeEventListener('abort', done);
        this.#wake = () => {};
        resolve();
      };
      const timer = ms === undefined ? undefined : this.#setup.clock.setTimer(ms, done);
      signal.addEventListener('abort', done);
      if (how === 'until woken') this.#wake = done;
    });
  }
}
