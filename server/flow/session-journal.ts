import type { AudioFormat, ServerEvent } from '../../protocol/index.ts';
import { BackOff } from '../core/schedule/back-off.ts';
import type { Journal, JournalEntry } from '../ports/journal-store.ts';
import type { StoredPlace } from '../ports/transcripts.ts';
import type { DriverSnapshot } from './driver.ts';

/** What never changes in a session. */
export interface SessionRecord {
  readonly version: 1;
  readonly session: string;
  /** sha256 of the secret, hex: the journal lets nobody in. */
  readonly secretHash: string;
  readonly audio: AudioFormat;
  readonly key: string;
  readonly address: string;
  /** The room it speaks in; undefined is one named by its id. */
  readonly room?: string | undefined;
  /** Its place in the transcript that is kept of it. */
  readonly kept?: StoredPlace | undefined;
}

/** How a session stands after the events it is written with. */
export interface JournalSnapshot {
  readonly driver: DriverSnapshot;
  readonly commands: number;
  readonly finished: boolean;
  /** The server, not the client, said that this is the end. */
  readonly ending: boolean;
}

/** What one entry holds beside its audio; the first, and one that replaces all before it, also who it is about. */
interface Step {
  readonly birth?: SessionRecord;
  /** Frame at which the journal's audio begins. */
  readonly audioFrom?: number;
  /** With the cursor under which viewers were told of it. */
  readonly events: readonly (ServerEvent & { readonly cursor?: number })[];
  /** Older events that were not in the session's transcript yet. */
  readonly unwritten?: readonly ServerEvent[];
  readonly standing: JournalSnapshot;
}

/** A session as its journal tells it. */
export interface RestoredJournal {
  readonly birth: SessionRecord;
  readonly standing: JournalSnapshot;
  readonly events: readonly ServerEvent[];
  /** Events before those, no longer of use to its client, that may not be in its transcript. */
  readonly unwritten: readonly ServerEvent[];
  /** Of `events`, those that viewers were told of, with their cursors. */
  readonly told: readonly (readonly [cursor: number, event: ServerEvent])[];
  /** The client's audio from `standing.driver.fromFrame` on, in whole frames. */
  readonly audio: Uint8Array;
}

/** A journal smaller than this is not written anew, however little of it is still needed. */
const REWRITE_BYTES = 524_288;
/** When a journal that could not be written is tried again, ms: at first, and at most after waiting twice as long each time. */
const RETRY_MS = 2_000;
const RETRY_MS_MAX = 60_000;

/** What a session's journal needs of the journals it is one of. */
export interface JournalParts {
  /** Monotonic, ms. */
  nowMs(): number;
  written(): void;
  /** Nothing can be written for now; told once until something is `written` again. */
  failed(error: unknown): void;
  /** No more is written. */
  ended(): void;
}

interface Chunk {
  readonly from: number;
  readonly bytes: Uint8Array;
}

/**
 * Writes one session down as it goes: nothing leaves for the client before it is written, so whatever a client has seen
 * is found again. What is final and was told is left out when the journal has doubled.
 *
 * When nothing can be written, on a full disk say, the session goes on without a journal: the file is removed, because what
 * it says is no longer how the session stands, and the disk needs the room. The journal is begun again with all that is
 * needed when there is room for it, which the session's next events try after 2 s, 4 s and so on up to a minute.
 */
export class SessionJournal {
  readonly #birth: SessionRecord;
  readonly #frameBytes: number;
  readonly #parts: JournalParts;
  #journal: Journal | undefined;
  /** Audio that would have to be heard again, oldest first; the last `#unwritten` of them are in no entry yet. */
  #chunks: Chunk[] = [];
  #unwritten = 0;
  #frames = 0;
  #rewriteAt = REWRITE_BYTES;
  #begun = false;
  #isFailing = false;
  /** Nothing is written before, ms, monotonic. */
  #retryAtMs = Number.NEGATIVE_INFINITY;
  /** Never reset: on a disk that is just about full, writing works every now and then. */
  readonly #backOff = new BackOff({ firstMs: RETRY_MS, longestMs: RETRY_MS_MAX, waitsAtOnce: true });
  #cursorOf: (seq: number) => number | undefined = () => undefined;
  #unwrittenOf: () => readonly ServerEvent[] = () => [];

  constructor(journal: Journal, birth: SessionRecord, frameBytes: number, parts: JournalParts) {
    this.#journal = journal;
    this.#birth = birth;
    this.#frameBytes = frameBytes;
    this.#parts = parts;
  }

  /** From now on the cursors of what viewers are told are written, too. */
  tells(cursorOf: (seq: number) => number | undefined): void {
    this.#cursorOf = cursorOf;
  }

  /** From now on it keeps those events, too, however old: they are not in the session's transcript yet. */
  keepsFor(unwritten: () => readonly ServerEvent[]): void {
    this.#unwrittenOf = unwritten;
  }

  /** Whole frames of the client's audio, before anything comes of them. */
  heard(bytes: Uint8Array): void {
    if (this.#journal === undefined || bytes.length === 0) return;
    this.#chunks.push({ from: this.#frames, bytes });
    this.#frames += bytes.length / this.#frameBytes;
    this.#unwritten++;
  }

  /** `kept` are all events a client may still ask for, these included. */
  write(events: readonly ServerEvent[], standing: JournalSnapshot, kept: () => readonly ServerEvent[]): void {
    const journal = this.#journal;
    if (journal === undefined) return;
    if (this.#parts.nowMs() < this.#retryAtMs) {
      this.#unwritten = 0;
      this.#forget(standing.driver.fromFrame);
      return;
    }
    try {
      if (!this.#begun || journal.bytes > this.#rewriteAt) this.#rewrite(journal, kept(), standing);
      else {
        const audio = joined(this.#chunks.slice(this.#chunks.length - this.#unwritten));
        this.#unwritten = 0;
        journal.append(entry({ events: events.map((event) => this.#written(event)), standing }, audio));
      }
      this.#forget(standing.driver.fromFrame);
      this.#isFailing = false;
      this.#parts.written();
    } catch (error) {
      this.#failed(journal, error);
    }
  }

  /** Goes on with what an earlier process wrote. */
  recall(audio: Uint8Array, standing: JournalSnapshot, events: readonly ServerEvent[]): void {
    this.#frames = standing.driver.fromFrame;
    this.heard(audio);
    this.write([], standing, () => events);
  }

  /** The session has ended, and nobody needs it any more. */
  remove(): void {
    this.#journal?.remove();
    this.leave();
  }

  /** The process ends before the session: what is written stays for the next. */
  leave(): void {
    if (this.#journal === undefined) return;
    this.#journal = undefined;
    this.#chunks = [];
    this.#parts.ended();
  }

  #failed(journal: Journal, error: unknown): void {
    journal.remove();
    this.#begun = false;
    this.#unwritten = 0;
    this.#retryAtMs = this.#parts.nowMs() + this.#backOff.next();
    if (this.#isFailing) return;
    this.#isFailing = true;
    this.#parts.failed(error);
  }

  #rewrite(journal: Journal, events: readonly ServerEvent[], standing: JournalSnapshot): void {
    this.#forget(standing.driver.fromFrame);
    const audioFrom = this.#chunks[0]?.from ?? this.#frames;
    const oldest = events[0]?.seq ?? Number.POSITIVE_INFINITY;
    const unwritten = this.#unwrittenOf().filter(({ seq }) => seq < oldest);
    const written = events.map((event) => this.#written(event));
    const step = { birth: this.#birth, audioFrom, events: written, unwritten, standing };
    journal.replace([entry(step, joined(this.#chunks))]);
    this.#unwritten = 0;
    this.#begun = true;
    this.#rewriteAt = Math.max(REWRITE_BYTES, 2 * journal.bytes);
  }

  #written(event: ServerEvent): Step['events'][number] {
    if (event.type === 'ready') return { ...event, secret: '' };
    const cursor = this.#cursorOf(event.seq);
    return cursor === undefined ? event : { ...event, cursor };
  }

  #forget(fromFrame: number): void {
    const keep = this.#chunks.findIndex(({ from, bytes }) => from + bytes.length / this.#frameBytes > fromFrame);
    this.#chunks.splice(0, keep < 0 ? this.#chunks.length - this.#unwritten : keep);
  }
}

/** Reads a journal. Undefined when it does not say enough to go on; throws when it holds something else. */
export function readJournal(
  entries: readonly JournalEntry[],
  frameBytesOf: (audio: AudioFormat) => number,
): RestoredJournal | undefined {
  const steps = entries.map(({ record }) => record as Step);
  const first = steps.findLastIndex(({ birth }) => birth !== undefined);
  const birth = steps[first]?.birth;
  const last = steps.at(-1);
  if (birth?.version !== 1 || last === undefined) return undefined;
  const frameBytes = frameBytesOf(birth.audio);
  const audio = joined(entries.slice(first).map((each) => ({ bytes: each.audio })));
  const events = steps.slice(first).flatMap((step) => step.events.map(apart));
  const skip = (last.standing.driver.fromFrame - (steps[first]!.audioFrom ?? 0)) * frameBytes;
  return {
    birth,
    standing: last.standing,
    events: events.map(({ event }) => event),
    unwritten: steps[first]!.unwritten ?? [],
    told: events.flatMap(({ cursor, event }) => (cursor === undefined ? [] : [[cursor, event] as const])),
    audio: audio.slice(Math.max(0, skip)),
  };
}

const entry = (step: Step, audio: Uint8Array): JournalEntry => ({ record: step, audio });

/** The cursor is no part of what the session's own client is sent. */
function apart({ cursor, ...event }: Step['events'][number]): {
  readonly cursor?: number;
  readonly event: ServerEvent;
} {
  return cursor === undefined ? { event } : { cursor, event };
}

function joined(chunks: readonly { readonly bytes: Uint8Array }[]): Uint8Array {
  const whole = new Uint8Array(chunks.reduce((sum, { bytes }) => sum + bytes.length, 0));
  let at = 0;
  for (const { bytes } of chunks) {
    whole.set(bytes, at);
    at += bytes.length;
  }
  return whole;
}
