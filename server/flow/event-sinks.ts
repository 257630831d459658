import { BYTES_PER_SAMPLE, type ServerEvent } from '../../protocol/index.ts';
import type { Log } from '../ports/log.ts';
import type { RoomSpeaker } from './rooms.ts';
import type { JournalSnapshot, RestoredJournal, SessionJournal, SessionRecord } from './session-journal.ts';
import type { SessionOrigin } from './session-origin.ts';
import type { SessionParts } from './session-parts.ts';
import type { SessionRecording } from './session-recording.ts';
import type { ResumableSession } from './session-registry.ts';

/** Who takes down what a session says, besides its client: its room, its journal, the transcript that is kept of it. */
export class EventSinks<S extends ResumableSession> {
  /** With its place in the transcript. */
  readonly birth: SessionRecord;
  /** Why there is no transcript, where one was wanted. */
  readonly refused: string | undefined;
  readonly #speak: () => RoomSpeaker | undefined;
  #speaker: RoomSpeaker | undefined;
  readonly #journal: SessionJournal | undefined;
  readonly #keeping: SessionRecording | undefined;
  /** It was made for this session, and goes when that does not come to be. */
  readonly #hasNewJournal: boolean;
  readonly #log: Log;

  /** Begins the journal; `speak` enters the room. Throws `auth.denied`, and what the disk throws. */
  constructor({ born, beginning, restored, settings }: SessionOrigin, parts: SessionParts<S>) {
    const { language } = settings;
    const { rooms, journals, resumeGraceMs } = parts;
    const { session, key } = born;
    const room = born.room ?? session;
    // Nothing has been opened yet when the room is another key's.
    rooms?.check(room, key);
    this.#speak = () => rooms?.speak(room, { session, key, language }, restored?.told);
    this.#keeping = beginning?.keeping;
    this.#hasNewJournal = restored === undefined;
    this.refused = beginning?.refused;
    this.#log = parts.log;
    this.birth = { ...born, kept: this.#keeping?.place ?? born.kept };
    const frameBytes = BYTES_PER_SAMPLE[born.audio.encoding] * born.audio.channels;
    this.#journal = restored?.journal ?? (resumeGraceMs > 0 ? journals?.begin(this.birth, frameBytes) : undefined);
    this.#journal?.tells((seq) => this.#speaker?.cursorOf(seq));
    this.#journal?.keepsFor(() => this.#keeping?.unwritten ?? []);
  }

  /** Enters the room: the last step of a session's opening, for a room remembers who spoke in it. */
  speak(): void {
    this.#speaker = this.#speak();
  }

  /** The session never came to be: nothing is left of it but what is not its own. What an earlier process wrote stays. */
  withdraw(): void {
    this.#speaker?.leave();
    if (this.#hasNewJournal) this.#journal?.remove();
  }

  /** Languages that somebody who reads along asks for. */
  get languages(): Iterable<string> {
    return this.#speaker?.languages ?? [];
  }

  get areKeeping(): boolean {
    return this.#keeping !== undefined;
  }

  /** `unkept` hears why a transcript can no longer be written, never while events are being told. */
  warn(unkept: (why: string) => void): void {
    this.#keeping?.tell(unkept);
  }

  heard(bytes: Uint8Array): void {
    this.#journal?.heard(bytes);
  }

  /** Viewers are served when the journal has it, and a transcript has nothing that a restart would tell otherwise. */
  tell(events: readonly ServerEvent[], standing: JournalSnapshot, kept: () => readonly ServerEvent[]): void {
    this.#speaker?.tell(events);
    this.#journal?.write(events, standing, kept);
    this.#keeping?.write(events);
  }

  /** The transcript first: what it does not have yet is written into the journal again. */
  recall({ audio, standing, events, unwritten }: RestoredJournal): void {
    this.#keeping?.write([...unwritten, ...events]);
    this.#journal?.recall(audio, standing, events);
  }

  /** The process ends before the session; the next one goes on. */
  leave(): void {
    // Without a journal nobody takes it up again.
    if (this.#journal === undefined) this.#keeping?.end();
    else this.#keeping?.leave();
    this.#journal?.leave();
  }

  /** Nothing more is said. */
  end(): void {
    this.#speaker?.leave();
    this.#keeping?.end();
  }

  /** Nobody can ask for its last words any more. The journal stays until the transcript has them. */
  forget(): void {
    const forget = (isWritten: boolean): void => {
      if (isWritten) this.#journal?.remove();
      else this.#leaveUnwritten();
    };
    if (this.#keeping === undefined) forget(true);
    else this.#keeping.whenSettled(forget);
  }

  #leaveUnwritten(): void {
    if (this.#journal === undefined) return;
    this.#journal.leave();
    const { session } = this.birth;
    this.#log.warn({ session }, 'a session is not in its transcript; its journal stays for the next start');
  }
}
