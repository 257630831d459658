import type { AudioFormat, ServerEvent } from '../../protocol/index.ts';
import { BackOff } from '../core/schedule/back-off.ts';
import type { Journal, JournalEntry } from '../ports/journal-store.ts';
import type { StoredPlace } from '../ports/transcripts.ts';
import type { DriverSnapshot } from './driver.ts';

/** What never changes in a session. */
export interface SessionRecord {
  readonly version: 1;
  readonly session: string;
  /** SHA-256 of the secret, hex, so that the journal itself grants no access. */
  readonly secretHash: string;
  readonly audio: AudioFormat;
  readonly key: string;
  readonly address: string;
  /** The room it speaks in; undefined means the one named by its id. */
  readonly room?: string | undefined;
  /** The place of its transcript. */
  readonly kept?: StoredPlace | undefined;
}

/** A session's state after the events it is written with. */
export interface JournalSnapshot {
  readonly driver: DriverSnapshot;
  readonly commands: number;
  readonly finished: boolean;
  /** The server, not the client, ended the audio. */
  readonly ending: boolean;
}

/**
 * What one entry holds besides its audio. The first entry, and one that replaces all before it, also holds the session
 * record. The field names are the journal's format on disk.
 */
interface Step {
  readonly birth?: SessionRecord;
  /** Frame at which the journal's audio begins. */
  readonly audioFrom?: number;
  /** With the cursor under which viewers got the event. */
  readonly events: readonly (ServerEvent & { readonly cursor?: number })[];
  /** Older events that were not in the session's transcript yet. */
  readonly unwritten?: readonly ServerEvent[];
  readonly standing: JournalSnapshot;
}

/** A session as read from its journal. */
export interface RestoredJournal {
  readonly sessionRecord: SessionRecord;
  readonly snapshot: JournalSnapshot;
  readonly events: readonly ServerEvent[];
  /** Older events, no longer of use to the client, that may be missing from the transcript. */
  readonly unwritten: readonly ServerEvent[];
  /** Those of `events` that viewers got, with their cursors. */
  readonly viewerEvents: readonly (readonly [cursor: number, event: ServerEvent])[];
  /** The client's audio from `snapshot.driver.fromFrame` on, in whole frames. */
  readonly audio: Uint8Array;
}

/** A smaller journal is not rewritten, however little of it is still needed. */
const REWRITE_BYTES = 524_288;
/** Delay before a failed journal is tried again, ms: it starts at the first value and doubles up to the second. */
const RETRY_MS = 2_000;
const RETRY_MS_MAX = 60_000;

/** What a session's journal needs from the set of journals it belongs to. */
export interface JournalParts {
  /** Monotonic, ms. */
  nowMs(): number;
  onWritten(): void;
  /** Nothing can be written for now; called once until `onWritten`. */
  onFailure(error: unknown): void;
  /** Nothing more is written. */
  onClosed(): void;
}

interface Chunk {
  readonly from: number;
  readonly bytes: Uint8Array;
}

/**
 * Writes one session to disk as it happens: nothing leaves for the client before it is written, so whatever a client
 * has seen is found again. Final sentences that were sent are left out when the journal has doubled.
 *
 * When nothing can be written, for example on a full disk, the session goes on without a journal: the file is removed,
 * because it no longer describes the session's state, and the disk needs the room. The session's next events try to
 * write a complete journal again after 2 s, 4 s and so on, up to a minute.
 */
export class SessionJournal {
  readonly #sessionRecord: SessionRecord;
  readonly #frameBytes: number;
  readonly #parts: JournalParts;
  #journal: Journal | undefined;
  /** Audio that would have to be replayed, oldest first; the last `#unwritten` chunks are in no entry yet. */
  #chunks: Chunk[] = [];
  #unwritten = 0;
  #frames = 0;
  #rewriteAtBytes = REWRITE_BYTES;
  #hasStarted = false;
  #isFailing = false;
  /** Time before which nothing is written, monotonic ms. */
  #retryAtMs = Number.NEGATIVE_INFINITY;
  /** Never reset: on a disk that is almost full, a write succeeds every now and then. */
  readonly #backOff = new BackOff({ firstMs: RETRY_MS, longestMs: RETRY_MS_MAX, waitsAtOnce: true });
  #findCursor: (seq: number) => number | undefined = () => undefined;
  #listUnwritten: () => readonly ServerEvent[] = () => [];

  constructor(journal: Journal, sessionRecord: SessionRecord, frameBytes: number, parts: JournalParts) {
    this.#journal = journal;
    this.#sessionRecord = sessionRecord;
    this.#frameBytes = frameBytes;
    this.#parts = parts;
  }

  /** Sets the lookup of the cursors under which viewers got events; they are written, too. */
  setCursorLookup(findCursor: (seq: number) => number | undefined): void {
    this.#findCursor = findCursor;
  }

  /** Sets the lookup of events that are not in the session's transcript yet; they are kept, however old. */
  setUnwrittenLookup(listUnwritten: () => readonly ServerEvent[]): void {
    this.#listUnwritten = listUnwritten;
  }

  /** Adds whole frames of the client's audio, before they are processed. */
  addAudio(bytes: Uint8Array): void {
    if (this.#journal === undefined || bytes.length === 0) return;
    this.#chunks.push({ from: this.#frames, bytes });
    this.#frames += bytes.length / this.#frameBytes;
    this.#unwritten++;
  }

  /** `getReplayable` returns all events a client may still request, including these. */
  write(events: readonly ServerEvent[], snapshot: JournalSnapshot, getReplayable: () => readonly ServerEvent[]): void {
    const journal = this.#journal;
    if (journal === undefined) return;
    if (this.#parts.nowMs() < this.#retryAtMs) {
      this.#unwritten = 0;
      this.#dropAudioBefore(snapshot.driver.fromFrame);
      return;
    }
    try {
      if (!this.#hasStarted || journal.bytes > this.#rewriteAtBytes) this.#rewrite(journal, getReplayable(), snapshot);
      else {
        const audio = concatBytes(this.#chunks.slice(this.#chunks.length - this.#unwritten));
        this.#unwritten = 0;
        journal.append(toEntry({ events: events.map((event) => this.#addCursor(event)), standing: snapshot }, audio));
      }
      this.#dropAudioBefore(snapshot.driver.fromFrame);
      this.#isFailing = false;
      this.#parts.onWritten();
    } catch (error) {
      this.#onFailure(journal, error);
    }
  }

  /** Continues with what an earlier process wrote. */
  restore(audio: Uint8Array, snapshot: JournalSnapshot, events: readonly ServerEvent[]): void {
    this.#frames = snapshot.driver.fromFrame;
    this.addAudio(audio);
    this.write([], snapshot, () => events);
  }

  /** Deletes the journal of an ended session that nobody needs any more. */
  remove(): void {
    this.#journal?.remove();
    this.close();
  }

  /** Stops writing. The file stays for the next process. */
  close(): void {
    if (this.#journal === undefined) return;
    this.#journal = undefined;
    this.#chunks = [];
    this.#parts.onClosed();
  }

  #onFailure(journal: Journal, error: unknown): void {
    journal.remove();
    this.#hasStarted = false;
    this.#unwritten = 0;
    this.#retryAtMs = this.#parts.nowMs() + this.#backOff.next();
    if (this.#isFailing) return;
    this.#isFailing = true;
    this.#parts.onFailure(error);
  }

  #rewrite(journal: Journal, events: readonly ServerEvent[], snapshot: JournalSnapshot): void {
    this.#dropAudioBefore(snapshot.driver.fromFrame);
    const audioFrom = this.#chunks[0]?.from ?? this.#frames;
    const oldest = events[0]?.seq ?? Number.POSITIVE_INFINITY;
    const unwritten = this.#listUnwritten().filter(({ seq }) => seq < oldest);
    const written = events.map((event) => this.#addCursor(event));
    const step = { birth: this.#sessionRecord, audioFrom, events: written, unwritten, standing: snapshot };
    journal.replace([toEntry(step, concatBytes(this.#chunks))]);
    this.#unwritten = 0;
    this.#hasStarted = true;
    this.#rewriteAtBytes = Math.max(REWRITE_BYTES, 2 * journal.bytes);
  }

  #addCursor(event: ServerEvent): Step['events'][number] {
    if (event.type === 'ready') return { ...event, secret: '' };
    const cursor = this.#findCursor(event.seq);
    return cursor === undefined ? event : { ...event, cursor };
  }

  #dropAudioBefore(fromFrame: number): void {
    const firstKept = this.#chunks.findIndex(({ from, bytes }) => from + bytes.length / this.#frameBytes > fromFrame);
    this.#chunks.splice(0, firstKept < 0 ? this.#chunks.length - this.#unwritten : firstKept);
  }
}

/** Reads a journal. Undefined when it lacks what is needed to continue; throws when it holds something else. */
export function readJournal(
  entries: readonly JournalEntry[],
  computeFrameBytes: (audio: AudioFormat) => number,
): RestoredJournal | undefined {
  const steps = entries.map(({ record }) => record as Step);
  const first = steps.findLastIndex(({ birth }) => birth !== undefined);
  const birth = steps[first]?.birth;
  const last = steps.at(-1);
  if (birth?.version !== 1 || last === undefined) return undefined;
  const frameBytes = computeFrameBytes(birth.audio);
  const audio = concatBytes(entries.slice(first).map((each) => ({ bytes: each.audio })));
  const events = steps.slice(first).flatMap((step) => step.events.map(splitCursor));
  const skip = (last.standing.driver.fromFrame - (steps[first]!.audioFrom ?? 0)) * frameBytes;
  return {
    sessionRecord: birth,
    snapshot: last.standing,
    events: events.map(({ event }) => event),
    unwritten: steps[first]!.unwritten ?? [],
    viewerEvents: events.flatMap(({ cursor, event }) => (cursor === undefined ? [] : [[cursor, event] as const])),
    audio: audio.slice(Math.max(0, skip)),
  };
}

const toEntry = (step: Step, audio: Uint8Array): JournalEntry => ({ record: step, audio });

/** Splits off the cursor, which is not part of what the session's own client gets. */
function splitCursor({ cursor, ...event }: Step['events'][number]): {
  readonly cursor?: number;
  readonly event: ServerEvent;
} {
  return cursor === undefined ? { event } : { cursor, event };
}

function concatBytes(chunks: readonly { readonly bytes: Uint8Array }[]): Uint8Array {
  const whole = new Uint8Array(chunks.reduce((sum, { bytes }) => sum + bytes.length, 0));
  let at = 0;
  for (const { bytes } of chunks) {
    whole.set(bytes, at);
    at += bytes.length;
  }
  return whole;
}
