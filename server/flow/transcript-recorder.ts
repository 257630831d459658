import { Fault, LIMITS, type Start } from '../../protocol/index.ts';
import { errorCode } from '../core/errors/error-code.ts';
import type { Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import type { StoredPlace, TranscriptPlace, TranscriptStore } from '../ports/transcripts.ts';
import { type RecordingStore, SessionRecording } from './session-recording.ts';
import { TranscriptExpiry } from './transcript-expiry.ts';

export interface TranscriptRecorderParts {
  /** Undefined when nothing can be kept; `absence` says why, for people. */
  readonly store: TranscriptStore | undefined;
  readonly absence: string;
  /** Whose sessions are kept: of those that ask, or of all. */
  readonly mode: 'asked' | 'all' | 'off';
  /** Transcripts that have not changed for so long are deleted; 0 is never. */
  readonly keepDays: number;
  /** Wall time, ms since 1970. */
  readonly nowMs: () => number;
  readonly clock: Clock;
  readonly log: Log;
}

/** What became of a session's wish to be kept. */
export interface RecordingStart {
  readonly keeping?: SessionRecording | undefined;
  /** For the client: why nothing is kept. */
  readonly refused?: string | undefined;
}

/** A session that waits longer for its place begins without, ms. */
const BEGIN_MS_MAX = 3_000;

const absent = async (): Promise<never> => {
  throw Object.assign(new Error('there is no store of transcripts'), { code: 'STORE_UNAVAILABLE' });
};
/** What a `Keeping` asks of a store that is not there. */
const ABSENT: RecordingStore = { add: absent, remove: absent, unjoin: absent, removeEmpty: absent };

/** Keeps the transcripts of sessions. Whatever becomes of its store, sessions go on. */
export class TranscriptRecorder {
  readonly #parts: TranscriptRecorderParts;
  readonly #expiry: TranscriptExpiry | undefined;

  constructor(parts: TranscriptRecorderParts) {
    this.#parts = parts;
    const { store } = parts;
    this.#expiry = store && new TranscriptExpiry({ ...parts, store });
  }

  get store(): TranscriptStore | undefined {
    return this.#parts.store;
  }

  /** Why there is no store; empty when there is one. */
  get absence(): string {
    return this.#parts.store === undefined ? this.#parts.absence : '';
  }

  /** Whether a session with this wish has to `begin`. */
  keeps(wish: Start['keep']): boolean {
    return wish !== undefined || this.#parts.mode === 'all';
  }

  /**
   * A place for a session, within a few seconds. Rejects with `transcript.unknown` or `transcript.full` for a transcript
   * the client named.
   */
  async begin(wish: Start['keep'], of: { readonly session: string; readonly owner: string }): Promise<RecordingStart> {
    const { store, absence } = this.#parts;
    if (!this.keeps(wish)) return {};
    if (store === undefined) return { refused: absence };
    const begun = this.#begin(store, wish, of);
    let timer: Disposable | undefined;
    const late = new Promise<'late'>((resolve) => {
      timer = this.#parts.clock.after(BEGIN_MS_MAX, () => resolve('late'));
    });
    const first = await Promise.race([begun, late]).finally(() => timer?.[Symbol.dispose]());
    if (first !== 'late') return first;
    void begun.then(
      ({ keeping }) => keeping?.withdraw(),
      () => {},
    );
    return { refused: 'the file of transcripts does not answer' };
  }

  /** Goes on in the place an earlier process had for the session. Where there is no store, a later process may have one. */
  again(place: StoredPlace): RecordingStart {
    const { store, absence, mode, log, clock } = this.#parts;
    if (store === undefined && mode === 'off') return { refused: absence };
    return { keeping: new SessionRecording(place, { store: store ?? ABSENT, log, clock }) };
  }

  /** Resolves when everything that was asked of the store is done. */
  async close(): Promise<void> {
    this.#expiry?.close();
    await this.#parts.store?.close();
  }

  async #begin(
    store: TranscriptStore,
    wish: Start['keep'],
    of: { readonly session: string; readonly owner: string },
  ): Promise<RecordingStart> {
    const { log, clock } = this.#parts;
    try {
      const place = await this.#placeFor(store, wish ?? {}, of);
      if (place === 'full') return { refused: 'this key has as many transcripts as one may have; delete some' };
      if (place === 'space')
        log.warn({ session: of.session }, 'kept transcripts have reached their bound; a session goes on without');
      if (place === 'space') return { refused: 'the kept transcripts have reached their bound; delete some' };
      const isNew = wish?.transcript === undefined;
      const kept = { ...place, owner: of.owner, unasked: wish === undefined };
      return { keeping: new SessionRecording(kept, { store, log, clock, isNew }) };
    } catch (error) {
      if (error instanceof Fault) throw error;
      const code = errorCode(error);
      log.error({ session: of.session, code }, 'a transcript cannot be begun; the session goes on without');
      return { refused: `the file of transcripts cannot be written (${code})` };
    }
  }

  async #placeFor(
    store: TranscriptStore,
    wish: NonNullable<Start['keep']>,
    of: { readonly session: string; readonly owner: string },
  ): Promise<TranscriptPlace | 'full' | 'space'> {
    const startedMs = this.#parts.nowMs();
    const title = wish.title ?? new Date(startedMs).toISOString().slice(0, 16).replace('T', ' ');
    const created =
      wish.transcript === undefined ? await store.create(of.owner, { title, startedMs }) : { id: wish.transcript };
    if (typeof created === 'string') return created;
    const place = await store.join(of.owner, created.id, of.session).catch(async (error) => {
      if (wish.transcript === undefined) await store.remove(of.owner, created.id).catch(() => {});
      throw error;
    });
    if (place === 'unknown') throw new Fault('transcript.unknown', { what: 'transcript' });
    if (place === 'full') throw new Fault('transcript.full', { what: 'sessions', limit: LIMITS.partsMax });
    return place;
  }
}
