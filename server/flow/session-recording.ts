import type { ServerEvent } from '../../protocol/index.ts';
import { errorCode } from '../core/errors/error-code.ts';
import { BackOff } from '../core/schedule/back-off.ts';
import type { Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import type { ChangeOutcome, StoredPlace, TranscriptAddition, TranscriptStore } from '../ports/transcripts.ts';
import { toAddition } from './transcript-addition.ts';

/** Additions that wait for a disk with room, about an hour of speech; then this session is kept no longer. */
const WAITING_MAX = 2_000;
/** After how long what could not be written is tried again, ms: twice as long each time, up to a most. */
const RETRY_MS = 5_000;
const RETRY_MS_MAX = 60_000;
/** How long after its end a session is still tried to be written, ms; then it is left to its journal and the next process. */
const RETRY_AFTER_END_MS = 600_000;

/** What it asks of a store. */
export type RecordingStore = Pick<TranscriptStore, 'add' | 'remove' | 'unjoin' | 'removeEmpty'>;

export interface SessionRecordingParts {
  readonly store: RecordingStore;
  readonly clock: Clock;
  readonly log: Log;
  /** The transcript was made for this session. */
  readonly isNew?: boolean;
}

interface Unwritten {
  readonly event: ServerEvent;
  readonly addition: TranscriptAddition;
}

/**
 * Writes what is final of one session into its transcript, as it comes. What the store cannot take waits and is tried
 * again; nothing here ever throws into the session, or makes it wait.
 */
export class SessionRecording {
  readonly place: StoredPlace;
  readonly #parts: SessionRecordingParts;
  /** In the order they were said; the store has been asked for the first `#askedCount` of them. */
  #unwritten: Unwritten[] = [];
  #askedCount = 0;
  /** Questions the store has not answered yet; it answers in their order. */
  #openQuestions = 0;
  /** `over`: nothing more is kept of this session. */
  #state: 'well' | 'failing' | 'over' = 'well';
  #isFullTold = false;
  #spoke = false;
  #giveUpMs = Number.POSITIVE_INFINITY;
  #hasEnded = false;
  #retry: Disposable | undefined;
  readonly #backOff = new BackOff({ firstMs: RETRY_MS, longestMs: RETRY_MS_MAX, waitsAtOnce: true });
  #isRemoving = false;
  #whenSettled: ((isWritten: boolean) => void)[] = [];
  #told: (text: string) => void = () => {};

  constructor(place: StoredPlace, parts: SessionRecordingParts) {
    this.place = place;
    this.#parts = parts;
  }

  /** `told` is given what the client should know, never in the middle of a `write`. */
  tell(told: (text: string) => void): void {
    this.#told = (text) =>
      queueMicrotask(() => {
        try {
          told(text);
        } catch (error) {
          this.#parts.log.error({ code: 'server.bug', err: error }, 'a session could not be told of its transcript');
        }
      });
  }

  /** Events whose additions may not be written yet: a journal has to keep them. */
  get unwritten(): readonly ServerEvent[] {
    return this.#unwritten.map(({ event }) => event);
  }

  /** Events that are in the journal. The same may come again, after a restart. */
  write(events: readonly ServerEvent[]): void {
    if (this.#state === 'over' || this.#hasEnded) return;
    const before = this.#unwritten.length;
    for (const event of events) {
      const addition = toAddition(event, this.place.atMs);
      if (addition !== undefined) this.#unwritten.push({ event, addition });
      if (addition?.kind === 'final') this.#spoke = true;
    }
    if (this.#unwritten.length === before) return;
    if (this.#unwritten.length > WAITING_MAX) this.#stop(TOO_LONG);
    else if (this.#state === 'well') this.#ask();
  }

  /** The session has ended. A transcript that nobody asked for and in which nothing was said is not kept. */
  end(): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    this.#giveUpMs = this.#parts.clock.nowMs() + RETRY_AFTER_END_MS;
    const { owner, transcript, unasked } = this.place;
    if (!unasked || this.#spoke || this.#state === 'over') return this.#settle();
    this.#isRemoving = true;
    this.#parts.store.removeEmpty(owner, transcript).then(
      () => this.#over(),
      (error) => this.#notRemoved(error),
    );
  }

  /** Calls back once everything is written, or is not going to be; at once when nothing is under way. */
  whenSettled(callback: (isWritten: boolean) => void): void {
    this.#whenSettled.push(callback);
    this.#settle();
  }

  /** The process ends before the session; the next one goes on. What was asked for is still written. */
  leave(): void {
    this.#whenSettled = [];
    this.#over();
  }

  /** The session never came to be, and with it goes its part, and the transcript that was made for it. */
  withdraw(): void {
    if (this.#state === 'over') return;
    this.#over();
    const { owner, transcript } = this.place;
    const { store, isNew } = this.#parts;
    const gone = isNew ? store.remove(owner, transcript) : store.unjoin(this.place);
    gone.then(undefined, (error) => this.#notRemoved(error));
  }

  #ask(): void {
    const additions = this.#unwritten.slice(this.#askedCount);
    if (additions.length === 0) return;
    this.#askedCount = this.#unwritten.length;
    this.#openQuestions++;
    const questions = additions.map(({ addition }) => addition);
    this.#parts.store.add(this.place, questions).then(
      (outcome) => this.#answered(additions.length, outcome),
      (error) => this.#failed(error),
    );
  }

  #answered(count: number, outcome: ChangeOutcome): void {
    if (outcome === 'space') return this.#failed(undefined);
    this.#openQuestions--;
    if (this.#state === 'over') return;
    if (outcome === 'unknown') return this.#deleted();
    if (outcome === 'full' && !this.#isFullTold) {
      this.#isFullTold = true;
      this.#told('its transcript is full; what follows is not kept');
    }
    // Behind one that failed, this may rest on what was not written, so it is added again with it.
    if (this.#state === 'failing' && this.#askedCount > count) return this.#wait();
    this.#unwritten.splice(0, count);
    this.#askedCount -= count;
    if (this.#state === 'failing') this.#recovered();
    this.#settle();
  }

  #recovered(): void {
    this.#state = 'well';
    this.#backOff.reset();
    this.#parts.log.info({ transcript: this.place.transcript }, 'a transcript is kept again');
    this.#ask();
  }

  /** `error` is undefined where a bound, and not the disk, is in the way. */
  #failed(error: Error | undefined): void {
    this.#openQuestions--;
    if (this.#state === 'over') return;
    if (this.#state === 'well') this.#tellOf(error);
    this.#state = 'failing';
    this.#wait();
  }

  #tellOf(error: Error | undefined): void {
    const code = error === undefined ? 'bound reached' : errorCode(error);
    this.#parts.log.error(
      { transcript: this.place.transcript, code },
      'a transcript cannot be written; it is tried again',
    );
    const why =
      error === undefined
        ? 'the kept transcripts have reached their bound; it is tried again, so delete some'
        : `the file of transcripts cannot be written (${code}); it is tried again`;
    this.#told(why);
  }

  /** Everything is asked for again in a while, when all answers are in. */
  #wait(): void {
    if (this.#openQuestions > 0) return;
    this.#askedCount = 0;
    const { clock } = this.#parts;
    if (clock.nowMs() >= this.#giveUpMs) return this.#stop(TOO_LONG);
    this.#retry = clock.after(this.#backOff.next(), () => this.#ask());
  }

  #settle(isWritten = true): void {
    if (this.#state !== 'over' && (this.#unwritten.length > 0 || this.#isRemoving)) return;
    const callbacks = this.#whenSettled;
    this.#whenSettled = [];
    for (const callback of callbacks) callback(isWritten);
  }

  #over(isWritten = true): void {
    this.#state = 'over';
    this.#unwritten = [];
    this.#retry?.[Symbol.dispose]();
    this.#settle(isWritten);
  }

  #deleted(): void {
    this.#told('its transcript was deleted; nothing more is kept of this session');
    this.#over();
  }

  #stop(why: string): void {
    this.#parts.log.warn({ transcript: this.place.transcript }, `${why}; nothing more is kept of a session`);
    this.#told(`${why}; nothing more is kept of this session`);
    this.#over(false);
  }

  #notRemoved(error: Error): void {
    const { transcript } = this.place;
    this.#parts.log.error({ transcript, code: errorCode(error) }, 'an empty transcript could not be removed');
    this.#over();
  }
}

const TOO_LONG = 'the file of transcripts could not be written for too long';
