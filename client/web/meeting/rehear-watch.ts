import type { Rehearing } from '../../../protocol/transcripts.ts';

export interface RehearCalls {
  start(transcript: string, model: string | undefined): Promise<Rehearing>;
  /** The latest job of a transcript; undefined when there is none. */
  read(transcript: string): Promise<Rehearing | undefined>;
  stop(transcript: string): Promise<void>;
  wait(ms: number): Promise<void>;
}

export interface RehearCallbacks {
  /** A job that is going on, and then what became of it. */
  changed(job: Rehearing): void;
  failed(reason: string): void;
}

/** How often the progress of a job is read, ms. */
const POLL_MS = 1_000;
/** Reads in a row that may fail, while a server is restarted. */
const FAILURES_MAX = 30;

const isGoingOn = ({ state }: Rehearing): boolean => state === 'waiting' || state === 'running';

/** Starts and follows the transcribing again of one transcript at a time. */
export class RehearWatch {
  readonly #calls: RehearCalls;
  readonly #callbacks: RehearCallbacks;
  #transcript: string | undefined;
  /** Number of the newest watch; older ones end. */
  #watch = 0;

  constructor(calls: RehearCalls, callbacks: RehearCallbacks) {
    this.#calls = calls;
    this.#callbacks = callbacks;
  }

  /** Follows the job of a transcript that is going on already. Without a transcript, follows none. */
  async follow(transcript: string | undefined): Promise<void> {
    if (transcript === this.#transcript) return;
    this.#transcript = transcript;
    const watch = ++this.#watch;
    if (transcript === undefined) return;
    // A server that cannot say is asked again when the user starts a job.
    const job = await this.#calls.read(transcript).catch(() => undefined);
    if (job !== undefined && isGoingOn(job)) await this.#poll(transcript, job, watch);
  }

  /** `model` undefined is the server's choice. */
  async start(model: string | undefined): Promise<void> {
    const transcript = this.#transcript;
    if (transcript === undefined) return;
    const watch = ++this.#watch;
    try {
      await this.#poll(transcript, await this.#calls.start(transcript, model), watch);
    } catch (error) {
      if (watch === this.#watch) this.#callbacks.failed(messageOf(error));
    }
  }

  async stop(): Promise<void> {
    if (this.#transcript === undefined) return;
    await this.#calls.stop(this.#transcript).catch((error: unknown) => this.#callbacks.failed(messageOf(error)));
  }

  async #poll(transcript: string, first: Rehearing, watch: number): Promise<void> {
    if (watch !== this.#watch) return;
    this.#callbacks.changed(first);
    for (let job = first, failures = 0; isGoingOn(job); ) {
      await this.#calls.wait(POLL_MS);
      if (watch !== this.#watch) return;
      try {
        const next = await this.#calls.read(transcript);
        if (watch !== this.#watch) return;
        if (next === undefined) throw new Error('The server no longer knows of it.');
        [job, failures] = [next, 0];
        this.#callbacks.changed(job);
      } catch (error) {
        if (watch !== this.#watch) return;
        if (++failures > FAILURES_MAX) return this.#callbacks.failed(messageOf(error));
      }
    }
  }
}

/** What became of a job, in a sentence. */
export function describeResult({ state, revised, error, model }: Rehearing): string {
  const changes = revised === 0 ? 'No sentence was' : revised === 1 ? '1 sentence was' : `${revised} sentences were`;
  switch (state) {
    case 'done':
      return `${changes} revised with ${model}.`;
    case 'stopped':
      return `Stopped. ${changes} revised before that.`;
    case 'failed':
      return `It failed. ${error?.message ?? 'The server does not say why.'} ${changes} revised before that.`;
    default:
      return '';
  }
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
