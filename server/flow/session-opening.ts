import type { Start } from '../../protocol/index.ts';
import type { ClientChannel, ConnectedClient } from './client-channel.ts';
import { LiveSession, type SessionParts } from './live-session.ts';
import { resolveOrigin, type SessionOrigin } from './session-origin.ts';
import type { RecordingStart } from './transcript-recorder.ts';

/**
 * Opens a session in two steps: first its place in a transcript, if it is recorded, which needs the disk; then
 * everything else at once. Call `open` when `ready` has resolved, or at once when there is none; otherwise call
 * `cancel`.
 */
export class SessionOpening {
  /**
   * Resolves when the place is reserved; rejects with `transcript.unknown` or `transcript.full`, and then nothing is
   * left behind. Undefined when the session is not recorded.
   */
  readonly ready: Promise<void> | undefined;
  readonly #origin: SessionOrigin;
  readonly #parts: SessionParts;
  readonly #client: ConnectedClient;
  #recordingStart: RecordingStart | undefined;
  #isCancelled = false;

  /**
   * Throws `audio.format`, `model.unknown`, `command.option`, `auth.denied` or `auth.scope`; then nothing is left
   * behind.
   */
  constructor(start: Start, parts: SessionParts, client: ConnectedClient) {
    this.#origin = resolveOrigin(start, parts.offer, client);
    this.#parts = parts;
    this.#client = client;
    const { keep, sessionRecord } = this.#origin;
    if (parts.recorder?.shouldRecord(keep) !== true) return;
    // No transcript is created when the room is another key's.
    parts.rooms?.checkReader(sessionRecord.room ?? sessionRecord.session, sessionRecord.key);
    this.ready = parts.recorder
      .startRecording(keep, { session: sessionRecord.session, owner: sessionRecord.key, audio: sessionRecord.audio })
      .then((recordingStart) => this.#onRecordingStarted(recordingStart));
  }

  /** Sends `ready` over `channel`. Throws what the constructor or a part throws; then nothing is left behind. */
  open(channel: ClientChannel): LiveSession {
    try {
      return new LiveSession(
        { ...this.#origin, recordingStart: this.#recordingStart },
        channel,
        this.#parts,
        this.#client,
      );
    } catch (error) {
      this.cancel();
      throw error;
    }
  }

  /** Gives up the session: its part of the transcript is removed again. */
  cancel(): void {
    this.#isCancelled = true;
    this.#recordingStart?.recording?.rollBack();
  }

  #onRecordingStarted(recordingStart: RecordingStart): void {
    this.#recordingStart = recordingStart;
    if (this.#isCancelled) recordingStart.recording?.rollBack();
  }
}
