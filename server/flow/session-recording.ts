import type { ServerEvent } from '../../protocol/index.ts';
import { errorCode } from '../core/errors/error-code.ts';
import { BackOff } from '../core/schedule/back-off.ts';
import type { Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import type { ChangeOutcome, StoredPlace, TranscriptAddition, TranscriptStore } from '../ports/transcripts.ts';
import { toAddition } from './transcript-addition.ts';

/** Additions that wait while the disk is full, about an hour of speech; beyond this, the recording stops. */
const UNWRITTEN_MAX = 2_000;
/** Delay before a failed write is tried again, ms: it starts at the first value and doubles up to the second. */
const RETRY_MS = 5_000;
const RETRY_MS_MAX = 60_000;
/** How long after its end a session's writes are retried, ms; then its journal is left to the next process. */
const RETRY_AFTER_END_MS = 600_000;

/** The part of a store that a recording uses. */
export type RecordingStore = Pick<TranscriptStore, 'add' | 'remove' | 'undoJoin' | 'removeEmpty'>;

export interface SessionRecordingParts {
  readonly store: RecordingStore;
  readonly clock: Clock;
  readonly log: Log;
  /** The transcript was created for this session. */
  readonly isNew?: boolean;
}

interface Unwritten {
  readonly event: ServerEvent;
  readonly addition: TranscriptAddition;
}

/**
 * Writes one session's final text into its transcript as it comes. What the store cannot take waits and is tried again;
 * nothing here ever throws into the session, or makes it wait.
 */
export class SessionRecording {
  readonly place: StoredPlace;
  readonly #parts: SessionRecordingParts;
  /** In the order they were said; the first `#requestedCount` of them have been passed to the store. */
  #unwritten: Unwritten[] = [];
  #requestedCount = 0;
  /** Calls the store has not answered yet; it answers in order. */
  #pendingCalls = 0;
  /** `stopped`: nothing more of this session is written. */
  #state: 'writing' | 'failing' | 'stopped' = 'writing';
  #isFullReported = false;
  #hasFinal = false;
  #deadlineMs = Number.POSITIVE_INFINITY;
  #hasEnded = false;
  #retry: Disposable | undefined;
  readonly #backOff = new BackOff({ firstMs: RETRY_MS, longestMs: RETRY_MS_MAX, waitsAtOnce: true });
  #isRemoving = false;
  #whenSettled: ((isWritten: boolean) => void)[] = [];
  #report: (text: string) => void = () => {};

  constructor(place: StoredPlace, parts: SessionRecordingParts) {
    this.place = place;
    this.#parts = parts;
  }

  /** `onProblem` gets messages for the client, never in the middle of a `write`. */
  onProblem(onProblem: (text: string) => void): void {
    this.#report = (text) =>
      queueMicrotask(() => {
        try {
          onProblem(text);
        } catch (error) {
          this.#parts.log.error({ code: 'server.bug', err: error }, 'a session could not be told of its transcript');
        }
      });
  }

  /** Events whose additions may not be written yet: the journal has to keep them. */
  get unwritten(): readonly ServerEvent[] {
    return this.#unwritten.map(({ event }) => event);
  }

  /** Whether something may still be written. */
  get isOpen(): boolean {
    return this.#state !== 'stopped' && (!this.#hasEnded || this.#unwritten.length > 0);
  }

  /** Records events that are in the journal. The same may come again after a restart. */
  write(events: readonly ServerEvent[]): void {
    if (this.#state === 'stopped' || this.#hasEnded) return;
    const before = this.#unwritten.length;
    for (const event of events) {
      const addition = toAddition(event, this.place.atMs);
      if (addition !== undefined) this.#unwritten.push({ event, addition });
      if (addition?.kind === 'final') this.#hasFinal = true;
    }
    if (this.#unwritten.length === before) return;
    if (this.#unwritten.length > UNWRITTEN_MAX) this.#stop(TOO_LONG);
    else if (this.#state === 'writing') this.#storeUnrequested();
  }

  /** Ends the recording. An empty transcript that the client did not ask for is removed. */
  end(): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    this.#deadlineMs = this.#parts.clock.nowMs() + RETRY_AFTER_END_MS;
    const { owner, transcript, unasked } = this.place;
    if (!unasked || this.#hasFinal || this.#state === 'stopped') return this.#settle();
    this.#isRemoving = true;
    this.#parts.store.removeEmpty(owner, transcript).then(
      () => this.#over(),
      (error) => this.#notRemoved(error),
    );
  }

  /** Calls back once everything is written, or never will be; at once when nothing is pending. */
  whenSettled(callback: (isWritten: boolean) => void): void {
    this.#whenSettled.push(callback);
    this.#settle();
  }

  /** The process ends before the session; the next process continues it. Pending calls are still carried out. */
  suspend(): void {
    this.#whenSettled = [];
    this.#over();
  }

  /**
   * Undoes the recording of a session that failed to open: removes its part, or the transcript that was created for it.
   */
  rollBack(): void {
    if (this.#state === 'stopped') return;
    this.#over();
    const { owner, transcript } = this.place;
    const { store, isNew } = this.#parts;
    const gone = isNew ? store.remove(owner, transcript) : store.undoJoin(this.place);
    gone.then(undefined, (error) => this.#notRemoved(error));
  }

  #storeUnrequested(): void {
    const additions = this.#unwritten.slice(this.#requestedCount);
    if (additions.length === 0) return;
    this.#requestedCount = this.#unwritten.length;
    this.#pendingCalls++;
    const questions = additions.map(({ addition }) => addition);
    this.#parts.store.add(this.place, questions).then(
      (outcome) => this.#answered(additions.length, outcome),
      (error) => this.#failed(error),
    );
  }

  #answered(count: number, outcome: ChangeOutcome): void {
    if (outcome === 'space') return this.#failed(undefined);
    this.#pendingCalls--;
    if (this.#state === 'stopped') return;
    if (outcome === 'unknown') return this.#deleted();
    if (outcome === 'full' && !this.#isFullReported) {
      this.#isFullReported = true;
      this.#report('its transcript is full; what follows is not kept');
    }
    // Behind a failed call, this one may depend on what was not written, so it is added again along with it.
    if (this.#state === 'failing' && this.#requestedCount > count) return this.#wait();
    this.#unwritten.splice(0, count);
    this.#requestedCount -= count;
    if (this.#state === 'failing') this.#recovered();
    this.#settle();
  }

  #recovered(): void {
    this.#state = 'writing';
    this.#backOff.reset();
    this.#parts.log.info({ transcript: this.place.transcript }, 'a transcript is kept again');
    this.#storeUnrequested();
  }

  /** `error` is undefined when a bound, not the disk, was the reason. */
  #failed(error: Error | undefined): void {
    this.#pendingCalls--;
    if (this.#state === 'stopped') return;
    if (this.#state === 'writing') this.#reportFailure(error);
    this.#state = 'failing';
    this.#wait();
  }

  #reportFailure(error: Error | undefined): void {
    const code = error === undefined ? 'bound reached' : errorCode(error);
    this.#parts.log.error(
      { transcript: this.place.transcript, code },
      'a transcript cannot be written; it will be tried again',
    );
    const why =
      error === undefined
        ? 'the stored transcripts have reached their bound; delete some to make room, and it will be tried again'
        : `the transcript file cannot be written (${code}); it will be tried again`;
    this.#report(why);
  }

  /** Once all calls are answered, waits and then stores everything again. */
  #wait(): void {
    if (this.#pendingCalls > 0) return;
    this.#requestedCount = 0;
    const { clock } = this.#parts;
    if (clock.nowMs() >= this.#deadlineMs) return this.#stop(TOO_LONG);
    this.#retry = clock.setTimer(this.#backOff.next(), () => this.#storeUnrequested());
  }

  #settle(isWritten = true): void {
    if (this.#state !== 'stopped' && (this.#unwritten.length > 0 || this.#isRemoving)) return;
    const callbacks = this.#whenSettled;
    this.#whenSettled = [];
    for (const callback of callbacks) callback(isWritten);
  }

  #over(isWritten = true): void {
    this.#state = 'stopped';
    this.#unwritten = [];
    this.#retry?.[Symbol.dispose]();
    this.#settle(isWritten);
  }

  #deleted(): void {
    this.#report('its transcript was deleted; nothing more of this session is kept');
    this.#over();
  }

  #stop(why: string): void {
    this.#parts.log.warn({ transcript: this.place.transcript }, `${why}; nothing more of a session is recorded`);
    this.#report(`${why}; nothing more of this session is kept`);
    this.#over(false);
  }

  #notRemoved(error: Error): void {
    const { transcript } = this.place;
    this.#parts.log.error({ transcript, code: errorCode(error) }, 'an empty transcript could not be removed');
    this.#over();
  }
}

const TOO_LONG = 'the transcript file could not be written for too long';
