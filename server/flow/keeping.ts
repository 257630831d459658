import type { ServerEvent } from '../../protocol/index.ts';
import type { Log } from '../ports/log.ts';
import type { Addition, KeptPlace, TranscriptStore } from '../ports/transcripts.ts';

/** Additions that wait for a disk with room, about an hour of speech; then this session is kept no longer. */
const WAITING_MAX = 2_000;

/**
 * Writes what is final of one session into its transcript, as it comes. What the store cannot take waits and is tried
 * again with the next; nothing here ever throws into the session.
 */
export class Keeping {
  readonly place: KeptPlace;
  readonly #store: TranscriptStore;
  readonly #log: Log;
  #waiting: Addition[] = [];
  #state: 'well' | 'failing' | 'over' = 'well';
  #isFullTold = false;
  #spoke = false;
  #told: (text: string) => void = () => {};

  constructor(place: KeptPlace, parts: { readonly store: TranscriptStore; readonly log: Log }) {
    this.place = place;
    this.#store = parts.store;
    this.#log = parts.log;
  }

  /** `told` is given what the client should know, never in the middle of a `write`. */
  tell(told: (text: string) => void): void {
    this.#told = (text) =>
      queueMicrotask(() => {
        try {
          told(text);
        } catch (error) {
          this.#log.error({ code: 'server.bug', err: error }, 'a session could not be told of its transcript');
        }
      });
  }

  /** Events that are in the journal. The same may come again, after a restart. */
  write(events: readonly ServerEvent[]): void {
    if (this.#state === 'over') return;
    const additions = events.flatMap((event) => additionOf(event, this.place.atMs));
    if (additions.length === 0) return;
    if (additions.some(({ kind }) => kind === 'final')) this.#spoke = true;
    this.#waiting.push(...additions);
    this.#flush();
  }

  /** The session has ended. A transcript that nobody asked for and in which nothing was said is not kept. */
  end(): void {
    if (this.#state === 'over') return;
    if (this.#waiting.length > 0) this.#flush();
    this.#state = 'over';
    const { owner, transcript, unasked } = this.place;
    if (!unasked || this.#spoke) return;
    try {
      const stored = this.#store.read(owner, transcript)?.transcript;
      if (stored !== undefined && stored.sentences.length === 0 && stored.notes.length === 0)
        this.#store.remove(owner, transcript);
    } catch (error) {
      this.#failed(error);
    }
  }

  /** The process ends before the session; the next one goes on. */
  leave(): void {
    this.#state = 'over';
  }

  /** The session never came to be, and with it goes the transcript that was made for it. */
  withdraw(): void {
    this.#state = 'over';
    try {
      this.#store.remove(this.place.owner, this.place.transcript);
    } catch (error) {
      this.#failed(error);
    }
  }

  #flush(): void {
    try {
      const outcome = this.#store.add(this.place, this.#waiting);
      this.#waiting = [];
      if (outcome === 'unknown') return this.#stop('its transcript was deleted');
      if (outcome === 'full' && !this.#isFullTold) {
        this.#isFullTold = true;
        this.#told('its transcript is full; what follows is not kept');
      }
      if (this.#state === 'failing')
        this.#log.info({ transcript: this.place.transcript }, 'a transcript is kept again');
      this.#state = 'well';
    } catch (error) {
      this.#failed(error);
    }
  }

  #failed(error: unknown): void {
    const { code, name } = error as NodeJS.ErrnoException;
    if (this.#waiting.length > WAITING_MAX) return this.#stop('the file of transcripts cannot be written for too long');
    if (this.#state !== 'well') return;
    this.#state = 'failing';
    this.#log.error(
      { transcript: this.place.transcript, code: code ?? name },
      'a transcript cannot be written; it is tried again',
    );
    this.#told(`the file of transcripts cannot be written (${code ?? name}); it is tried again with the next sentence`);
  }

  #stop(why: string): void {
    this.#state = 'over';
    this.#waiting = [];
    this.#told(`${why}; nothing more is kept of this session`);
  }
}

function additionOf(event: ServerEvent, atMs: number): Addition[] {
  switch (event.type) {
    case 'final': {
      const { channel, sentence, text, language, fromMs, toMs } = event;
      const words = event.words.map((word) => ({ ...word, fromMs: word.fromMs + atMs, toMs: word.toMs + atMs }));
      return [{ kind: 'final', channel, sentence, text, language, words, fromMs: fromMs + atMs, toMs: toMs + atMs }];
    }
    case 'cleaned': {
      const { channel, sentence, text } = event;
      return [{ kind: 'cleaned', channel, sentence, text }];
    }
    case 'translated': {
      const { channel, sentence, language, text } = event;
      return [{ kind: 'translated', channel, sentence, language, text }];
    }
    case 'flushed':
    case 'done':
      return [{ kind: 'audio', audioMs: event.audioMs }];
    default:
      return [];
  }
}
