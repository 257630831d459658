import { type AudioFormat, Fault, LIMITS, type Start } from '../../protocol/index.ts';
import { errorCode } from '../core/errors/error-code.ts';
import type { Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import type { StoredPlace, TranscriptPlace, TranscriptStore } from '../ports/transcripts.ts';
import { AudioRecording } from './audio-recording.ts';
import { type RecordingStore, SessionRecording } from './session-recording.ts';
import { TranscriptExpiry } from './transcript-expiry.ts';

export interface TranscriptRecorderParts {
  /** Undefined when nothing can be stored; `unavailableReason` says why, for people. */
  readonly store: TranscriptStore | undefined;
  readonly unavailableReason: string;
  /** Which sessions are recorded: those that ask, all, or none. */
  readonly mode: 'asked' | 'all' | 'off';
  /** Whether the audio of sessions that ask for it is stored, too; false by default. */
  readonly keepsAudio?: boolean | undefined;
  /** Transcripts unchanged for this many days are deleted; 0 means never. */
  readonly keepDays: number;
  /** Wall time, ms since 1970. */
  readonly nowMs: () => number;
  readonly clock: Clock;
  readonly log: Log;
}

/** The result of a session's request for a transcript. */
export interface RecordingStart {
  readonly recording?: SessionRecording | undefined;
  readonly audio?: AudioRecording | undefined;
  /** For the client: why nothing is recorded. */
  readonly refusal?: string | undefined;
  /** For the client: why its audio is not kept although it asked for that. */
  readonly audioRefusal?: string | undefined;
}

/** A session that asks for a transcript. */
export interface RecordedSession {
  readonly session: string;
  readonly owner: string;
  readonly audio: AudioFormat;
}

const AUDIO_REFUSAL = 'the server was started without --keep-audio';

/** A session whose place takes longer than this begins without a transcript, ms. */
const START_TIMEOUT_MS = 3_000;

const rejectUnavailable = async (): Promise<never> => {
  throw Object.assign(new Error('there is no store of transcripts'), { code: 'STORE_UNAVAILABLE' });
};
/** Stands in for a store that is not available. */
const UNAVAILABLE_STORE: RecordingStore = {
  add: rejectUnavailable,
  remove: rejectUnavailable,
  undoJoin: rejectUnavailable,
  removeEmpty: rejectUnavailable,
};

/** Records the transcripts of sessions. Whatever happens to the store, sessions go on. */
export class TranscriptRecorder {
  readonly #parts: TranscriptRecorderParts;
  readonly #expiry: TranscriptExpiry | undefined;
  /** Those that are open, and some that were. */
  readonly #recordings = new Set<SessionRecording>();

  constructor(parts: TranscriptRecorderParts) {
    this.#parts = parts;
    const { store } = parts;
    this.#expiry = store && new TranscriptExpiry({ ...parts, store });
  }

  get store(): TranscriptStore | undefined {
    return this.#parts.store;
  }

  /** Why there is no store; empty when there is one. */
  get unavailableReason(): string {
    return this.#parts.store === undefined ? this.#parts.unavailableReason : '';
  }

  /** Whether the session of a part is still being recorded. */
  isOpen(transcript: string, part: number): boolean {
    return [...this.#recordings].some(
      ({ place, isOpen }) => isOpen && place.transcript === transcript && place.part === part,
    );
  }

  /** Whether a session with these options needs `startRecording`. */
  shouldRecord(options: Start['keep']): boolean {
    return options !== undefined || this.#parts.mode === 'all';
  }

  /**
   * Reserves a place for a session, within a few seconds. Rejects with `transcript.unknown` or `transcript.full` for a
   * transcript the client named.
   */
  async startRecording(options: Start['keep'], session: RecordedSession): Promise<RecordingStart> {
    const { store, unavailableReason } = this.#parts;
    if (!this.shouldRecord(options)) return {};
    if (store === undefined) return { refusal: unavailableReason };
    const starting = this.#reservePlace(store, options, session);
    let timer: Disposable | undefined;
    const timeout = new Promise<'late'>((resolve) => {
      timer = this.#parts.clock.setTimer(START_TIMEOUT_MS, () => resolve('late'));
    });
    const result = await Promise.race([starting, timeout]).finally(() => timer?.[Symbol.dispose]());
    if (result !== 'late') return result;
    void starting.then(
      ({ recording }) => recording?.rollBack(),
      () => {},
    );
    return { refusal: 'the transcript file does not answer' };
  }

  /** Continues in the place an earlier process reserved. Without a store now, a later process may have one. */
  resumeRecording(place: StoredPlace, format: AudioFormat): RecordingStart {
    const { store, unavailableReason, mode, log, clock, keepsAudio = false } = this.#parts;
    if (store === undefined && mode === 'off') return { refusal: unavailableReason };
    const isAudioKept = place.audio === true && keepsAudio && store !== undefined;
    return {
      recording: this.#track(new SessionRecording(place, { store: store ?? UNAVAILABLE_STORE, log, clock })),
      audio: isAudioKept ? new AudioRecording(place, { store, format, log }) : undefined,
    };
  }

  /** Resolves when all calls to the store are done. */
  async close(): Promise<void> {
    this.#expiry?.close();
    await this.#parts.store?.close();
  }

  #track(recording: SessionRecording): SessionRecording {
    for (const each of this.#recordings) if (!each.isOpen) this.#recordings.delete(each);
    this.#recordings.add(recording);
    return recording;
  }

  async #reservePlace(
    store: TranscriptStore,
    options: Start['keep'],
    session: RecordedSession,
  ): Promise<RecordingStart> {
    const { log, clock, keepsAudio = false } = this.#parts;
    try {
      const place = await this.#joinTranscript(store, options ?? {}, session);
      if (place === 'full') return { refusal: 'this key has as many transcripts as one may have; delete some' };
      if (place === 'space')
        log.warn(
          { session: session.session },
          'stored transcripts have reached their bound; a session goes on without one',
        );
      if (place === 'space') return { refusal: 'the stored transcripts have reached their bound; delete some' };
      const isNew = options?.transcript === undefined;
      const isAudioKept = options?.audio === true && keepsAudio;
      const kept: StoredPlace = {
        ...{ ...place, owner: session.owner, unasked: options === undefined },
        ...(isAudioKept ? { audio: true } : {}),
      };
      return {
        recording: this.#track(new SessionRecording(kept, { store, log, clock, isNew })),
        audio: isAudioKept ? new AudioRecording(kept, { store, format: session.audio, log }) : undefined,
        audioRefusal: options?.audio === true && !keepsAudio ? AUDIO_REFUSAL : undefined,
      };
    } catch (error) {
      if (error instanceof Fault) throw error;
      const code = errorCode(error);
      log.error({ session: session.session, code }, 'a transcript cannot be created; the session goes on without one');
      return { refusal: `the transcript file cannot be written (${code})` };
    }
  }

  async #joinTranscript(
    store: TranscriptStore,
    options: NonNullable<Start['keep']>,
    session: Pick<RecordedSession, 'session' | 'owner'>,
  ): Promise<TranscriptPlace | 'full' | 'space'> {
    const startedMs = this.#parts.nowMs();
    const title = options.title ?? new Date(startedMs).toISOString().slice(0, 16).replace('T', ' ');
    const created =
      options.transcript === undefined
        ? await store.create(session.owner, { title, startedMs })
        : { id: options.transcript };
    if (typeof created === 'string') return created;
    const place = await store.join(session.owner, created.id, session.session).catch(async (error) => {
      if (options.transcript === undefined) await store.remove(session.owner, created.id).catch(() => {});
      throw error;
    });
    if (place === 'unknown') throw new Fault('transcript.unknown', { what: 'transcript' });
    if (place === 'full') throw new Fault('transcript.full', { what: 'sessions', limit: LIMITS.partsMax });
    return place;
  }
}
