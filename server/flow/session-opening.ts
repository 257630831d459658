import type { Start } from '../../protocol/index.ts';
import type { ClientChannel, ConnectedClient } from './client-channel.ts';
import { LiveSession, type SessionParts } from './live-session.ts';
import { resolveOrigin, type SessionOrigin } from './session-origin.ts';
import type { RecordingStart } from './transcript-recorder.ts';

/**
 * The opening of a session: first its place in a transcript, where it is kept, which takes an answer of the disk, then all
 * the rest at once. Call `open` when `ready` has resolved, or at once where there is none; or else `withdraw`.
 */
export class SessionOpening {
  /**
   * Resolves when the place is found; rejects with `transcript.unknown` or `transcript.full`, and then nothing is left.
   * Undefined when nothing is kept.
   */
  readonly ready: Promise<void> | undefined;
  readonly #origin: SessionOrigin;
  readonly #parts: SessionParts;
  readonly #visitor: ConnectedClient;
  #beginning: RecordingStart | undefined;
  #isWithdrawn = false;

  /** Throws `audio.format`, `model.unknown`, `command.option`, `auth.denied` or `auth.scope`; then nothing is left. */
  constructor(start: Start, parts: SessionParts, visitor: ConnectedClient) {
    this.#origin = resolveOrigin(start, parts.offer, visitor);
    this.#parts = parts;
    this.#visitor = visitor;
    const { keep, born } = this.#origin;
    if (parts.keeper?.keeps(keep) !== true) return;
    // No transcript is begun when the room is another key's.
    parts.rooms?.check(born.room ?? born.session, born.key);
    this.ready = parts.keeper
      .begin(keep, { session: born.session, owner: born.key })
      .then((beginning) => this.#begun(beginning));
  }

  /** Says `ready` over `line`. Throws as the constructor does, and what a part throws; then nothing is left. */
  open(line: ClientChannel): LiveSession {
    try {
      return new LiveSession({ ...this.#origin, beginning: this.#beginning }, line, this.#parts, this.#visitor);
    } catch (error) {
      this.withdraw();
      throw error;
    }
  }

  /** The session is not wanted any more, or cannot be: its part of the transcript is taken back. */
  withdraw(): void {
    this.#isWithdrawn = true;
    this.#beginning?.keeping?.withdraw();
  }

  #begun(beginning: RecordingStart): void {
    this.#beginning = beginning;
    if (this.#isWithdrawn) beginning.keeping?.withdraw();
  }
}
