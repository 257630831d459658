import { BYTES_PER_SAMPLE, type ServerEvent } from '../../protocol/index.ts';
import type { Log } from '../ports/log.ts';
import type { AudioRecording } from './audio-recording.ts';
import type { RoomSpeaker } from './rooms.ts';
import type { JournalSnapshot, RestoredJournal, SessionJournal, SessionRecord } from './session-journal.ts';
import type { SessionOrigin } from './session-origin.ts';
import type { SharedSessionParts } from './session-parts.ts';
import type { SessionRecording } from './session-recording.ts';
import type { ResumableSession } from './session-registry.ts';

/** Everything that records a session's events, besides its client: the room, the journal, the transcript. */
export class EventSinks<S extends ResumableSession> {
  /** Includes its place in the transcript. */
  readonly sessionRecord: SessionRecord;
  /** For the client: what is not kept although it was requested, and why. */
  readonly refusals: readonly string[];
  readonly #openSpeaker: () => RoomSpeaker | undefined;
  #speaker: RoomSpeaker | undefined;
  readonly #journal: SessionJournal | undefined;
  readonly #recording: SessionRecording | undefined;
  readonly #audio: AudioRecording | undefined;
  /** The journal was created for this session, and is removed if the session fails to open. */
  readonly #hasNewJournal: boolean;
  readonly #log: Log;

  /** Creates the journal; `enterRoom` follows. Throws `auth.denied`, and whatever the disk throws. */
  constructor({ sessionRecord, recordingStart, restored, settings }: SessionOrigin, parts: SharedSessionParts<S>) {
    const { language } = settings;
    const { rooms, journals, resumeGraceMs } = parts;
    const { session, key } = sessionRecord;
    const room = sessionRecord.room ?? session;
    // Checked before anything is opened, because the room may belong to another key.
    rooms?.checkReader(room, key);
    this.#openSpeaker = () => rooms?.enter(room, { session, key, language }, restored?.viewerEvents);
    this.#recording = recordingStart?.recording;
    this.#audio = recordingStart?.audio;
    this.#hasNewJournal = restored === undefined;
    const { refusal, audioRefusal } = recordingStart ?? {};
    this.refusals = [
      ...(refusal === undefined ? [] : [formatTextNotKept(refusal)]),
      ...(audioRefusal === undefined ? [] : [formatAudioNotKept(audioRefusal)]),
    ];
    this.#log = parts.log;
    this.sessionRecord = { ...sessionRecord, kept: this.#recording?.place ?? sessionRecord.kept };
    const frameBytes = BYTES_PER_SAMPLE[sessionRecord.audio.encoding] * sessionRecord.audio.channels;
    this.#journal =
      restored?.journal ?? (resumeGraceMs > 0 ? journals?.create(this.sessionRecord, frameBytes) : undefined);
    this.#journal?.setCursorLookup((seq) => this.#speaker?.findCursor(seq));
    this.#journal?.setUnwrittenLookup(() => this.#recording?.unwritten ?? []);
  }

  /** Enters the room. This is the last step of opening a session, because a room remembers who spoke in it. */
  enterRoom(): void {
    this.#speaker = this.#openSpeaker();
  }

  /** Undoes an opening that failed. What an earlier process wrote stays. */
  rollBack(): void {
    this.#speaker?.leave();
    if (this.#hasNewJournal) this.#journal?.remove();
  }

  /** Languages that viewers request. */
  get languages(): Iterable<string> {
    return this.#speaker?.languages ?? [];
  }

  get isRecording(): boolean {
    return this.#recording !== undefined;
  }

  /** `onProblem` receives what can no longer be kept, and why, never while events or audio are being written. */
  onRecordingProblem(onProblem: (text: string) => void): void {
    this.#recording?.onProblem((why) => onProblem(formatTextNotKept(why)));
    this.#audio?.onProblem((why) => onProblem(formatAudioNotKept(why)));
  }

  addAudio(bytes: Uint8Array): void {
    this.#journal?.addAudio(bytes);
    this.#audio?.add(bytes);
  }

  /**
   * `publish` only queues, and gives the events the cursors that the journal stores: viewers are served in a later turn. The
   * transcript comes last, so a restart contradicts neither.
   */
  write(events: readonly ServerEvent[], snapshot: JournalSnapshot, getReplayable: () => readonly ServerEvent[]): void {
    this.#speaker?.publish(events);
    this.#journal?.write(events, snapshot, getReplayable);
    this.#recording?.write(events);
  }

  /** The transcript comes first: what it does not have yet is written into the journal again. */
  restore({ audio, snapshot, events, unwritten }: RestoredJournal): void {
    this.#recording?.write([...unwritten, ...events]);
    this.#audio?.restore(snapshot.driver.fromFrame, audio);
    this.#journal?.restore(audio, snapshot, events);
  }

  /** The process ends before the session; the next process continues it. */
  suspend(): void {
    this.#audio?.end();
    // Without a journal no later process continues the session.
    if (this.#journal === undefined) this.#recording?.end();
    else this.#recording?.suspend();
    this.#journal?.close();
  }

  /** Ends the session's part in its room and transcript. */
  end(): void {
    this.#speaker?.leave();
    this.#audio?.end();
    this.#recording?.end();
  }

  /** The client can no longer ask for the last events. The journal stays until the transcript has them. */
  discard(): void {
    const discard = (isWritten: boolean): void => {
      if (isWritten) this.#journal?.remove();
      else this.#closeUnwrittenJournal();
    };
    if (this.#recording === undefined) discard(true);
    else this.#recording.whenSettled(discard);
  }

  #closeUnwrittenJournal(): void {
    if (this.#journal === undefined) return;
    this.#journal.close();
    const { session } = this.sessionRecord;
    this.#log.warn({ session }, 'a session is not in its transcript; its journal stays for the next start');
  }
}

const formatTextNotKept = (why: string): string => `Not kept as a transcript: ${why}.`;
const formatAudioNotKept = (why: string): string => `Its audio is not kept: ${why}.`;
