import { computeBackoffMs } from '../../sdk/backoff.ts';
import type { ConnectOptions } from '../../sdk/index.ts';
import { connect, FAULTS, isFault, resumeSession, type Session } from '../../sdk/index.ts';
import type { ResumePoint } from '../../sdk/resume-point.ts';
import { Unacknowledged } from '../../sdk/unacknowledged.ts';
import { TARGET_RATE } from '../audio/resample.ts';
import { fetchServerInfo } from '../server/server-info.ts';
import { describeConnectionProblem, describeProtocolProblem, type Problem } from '../ui/problems.ts';
import type { MeetingAction, MeetingPart } from './meeting-state.ts';

export type RecorderState = 'idle' | 'connecting' | 'live' | 'lag' | 'paused' | 'finishing';

export interface RecorderEvents {
  act(action: MeetingAction): void;
  state(state: RecorderState, text: string): void;
  problem(problem: Problem): void;
  remark(text: string): void;
  /** A session has begun or was resumed; a reloaded page needs this to resume it. */
  opened(session: { readonly ready: Session['ready']; readonly at: MeetingPart; readonly seq: number }): void;
  /** Sound was passed to the session, beginning at this sample. */
  sent(fromSample: number, pcm: Uint8Array): void;
  /** The server has received the sound before this sample. */
  acknowledged(sample: number): void;
  /** The session is gone; the next one begins with this sound. */
  waiting(audio: readonly Uint8Array[]): void;
}

/** The meeting as it is when a session begins. */
export interface RecorderStart {
  readonly title: string;
  readonly transcript: string | undefined;
  readonly parts: number;
  /** Where the next session begins on the meeting's timeline, ms. */
  readonly endMs: number;
}

/** Fields that older servers leave out. */
type ReadyOfKept = Session['ready'] & {
  readonly transcript?: string;
  readonly part?: number;
  readonly transcriptMs?: number;
};

const FRAME_BYTES = 4;
const BYTES_PER_MS = (TARGET_RATE * FRAME_BYTES) / 1_000;
/** Longest sound buffered until there is a session, ms. Beyond it the oldest is dropped, and the user is told. */
const WAITING_MS_MAX = 300_000;
/** Notices to show to the user. */
const TOLD: ReadonlySet<string> = new Set(['engine.restarted', 'audio.invalid', 'keep.skipped']);
/** Unsent sound from which the page reports a slow network, ms. */
const SLOW_MS = 1_000;

/**
 * Keeps a session for as long as the meeting lasts. A lost connection is resumed; a session that is gone is replaced by another
 * one of the same transcript, which begins with the sound that the first had not acknowledged.
 */
export class Recorder {
  readonly #events: RecorderEvents;
  readonly #options: () => Promise<Partial<ConnectOptions>>;
  readonly #standing: () => RecorderStart;
  #session: Session | undefined;
  #at: MeetingPart = { part: 1, fromMs: 0 };
  #waiting = new Unacknowledged(FRAME_BYTES, WAITING_MS_MAX * BYTES_PER_MS);
  #state: RecorderState = 'idle';
  #paused = false;
  #stopping = false;

  /** `options` is called for each session, because the credential may have changed. */
  constructor(events: RecorderEvents, standing: () => RecorderStart, options: () => Promise<Partial<ConnectOptions>>) {
    this.#events = events;
    this.#standing = standing;
    this.#options = options;
  }

  get state(): RecorderState {
    return this.#state;
  }

  /** The current position in the meeting, ms: the length of what was recorded, not the time of day. */
  get nowMs(): number {
    const samples = (this.#session?.position ?? 0) + this.#waiting.bytes / FRAME_BYTES;
    return this.#at.fromMs + (samples / TARGET_RATE) * 1_000;
  }

  /** Begins a session. `audio` that an earlier page could not send goes first. Resolves with false when a problem was shown. */
  async start(audio: readonly Uint8Array[] = []): Promise<boolean> {
    this.#stopping = false;
    this.#say('connecting', 'Connecting');
    for (const bytes of audio) this.#waiting.push(bytes);
    this.#at = { part: this.#standing().parts + 1, fromMs: this.#standing().endMs };
    try {
      this.#take(await this.#begin());
      return true;
    } catch (error) {
      this.#say('idle', 'Ready');
      this.#events.problem(describeConnectionProblem(error, await fetchServerInfo(), navigator.onLine));
      return false;
    }
  }

  /** Resumes the session of this page before a reload. Resolves with false when it is gone. */
  async takeUp(kept: ResumePoint, at: MeetingPart): Promise<boolean> {
    this.#stopping = false;
    this.#say('connecting', 'Reconnecting');
    try {
      const { credential } = await this.#options();
      const session = await resumeSession({ url: location.origin, timeoutMs: 8_000, credential }, kept);
      this.#at = at;
      this.#take(session);
      return true;
    } catch {
      this.#say('idle', 'Ready');
      return false;
    }
  }

  /** Takes 30 ms of both channels. */
  push(pcm: Int16Array<ArrayBuffer>): void {
    const bytes = new Uint8Array(pcm.buffer, pcm.byteOffset, pcm.byteLength);
    const session = this.#session;
    if (session === undefined) {
      this.#events.sent(this.#waiting.position, bytes);
      return this.#waiting.push(bytes);
    }
    this.#events.sent(session.position, bytes);
    session.send(pcm);
    const slow = session.unsentBytes / BYTES_PER_MS > SLOW_MS;
    if (slow && this.#state === 'live') this.#say('lag', 'Slow network');
    else if (!slow && this.#state === 'lag') this.#say('live', 'Recording');
  }

  /** Pausing makes everything said so far final; the session then waits without sound. */
  pause(paused: boolean): void {
    this.#paused = paused;
    if (paused) this.#session?.flush().catch(() => {});
    if (this.#session !== undefined && !this.#stopping) this.#say(paused ? 'paused' : 'live', this.#doing);
  }

  configure(change: Parameters<Session['configure']>[0]): void {
    this.#session?.configure(change);
  }

  /** Ends the session and waits for the last words. Resolves with true when all of them have arrived. */
  async stop(): Promise<boolean> {
    if (this.#stopping) return true;
    this.#stopping = true;
    this.#say('finishing', 'Finishing');
    const session = this.#session;
    await session?.finish().catch(() => {});
    const whole = session !== undefined && (await session.closed).code === 1000;
    this.#session = undefined;
    // What is not final by now will not become final.
    this.#events.act({ type: 'cut' });
    this.#say('idle', 'Ready');
    return whole;
  }

  get #doing(): string {
    return this.#paused ? 'Paused' : 'Recording';
  }

  async #begin(): Promise<Session> {
    const { transcript, title } = this.#standing();
    const keep = { title, ...(transcript === undefined ? {} : { transcript }) };
    const session = await connect({
      ...(await this.#options()),
      ...{ url: location.origin, keep },
      audio: { encoding: 'pcm_s16le', sampleRate: TARGET_RATE, channels: 2, channelMode: 'separate' },
    });
    const ready = session.ready as ReadyOfKept;
    const { parts, endMs } = this.#standing();
    const fromMs = ready.transcriptMs ?? Math.max(endMs, this.#at.fromMs);
    this.#at = { part: ready.part ?? parts + 1, fromMs };
    const began = { type: 'began', part: this.#at.part } as const;
    this.#events.act(ready.transcript === undefined ? began : { ...began, transcript: ready.transcript });
    return session;
  }

  /** Directs the sound to this session, beginning with what was buffered. */
  #take(session: Session): void {
    const lostMs = Math.round(this.#waiting.lostBytes / BYTES_PER_MS);
    if (lostMs > 0) this.#missing(lostMs);
    for (const bytes of this.#waiting.audio) session.send(bytes);
    this.#waiting = new Unacknowledged(FRAME_BYTES, WAITING_MS_MAX * BYTES_PER_MS);
    this.#session = session;
    session.onLine((line) => {
      if (this.#stopping) return;
      if (line.state === 'reconnecting') return this.#say('lag', 'Reconnecting');
      if (line.lostMs > 0) this.#missing(line.lostMs);
      this.#say(this.#paused ? 'paused' : 'live', this.#doing);
    });
    session.on('ack', ({ samples }) => this.#events.acknowledged(samples));
    this.#events.opened({ ready: session.ready, at: this.#at, seq: session.seq });
    this.#say(this.#paused ? 'paused' : 'live', this.#doing);
    void this.#read(session);
  }

  #missing(ms: number): void {
    this.#events.remark(`The network was down for too long: ${Math.round(ms / 1_000)} s of audio are missing.`);
  }

  async #read(session: Session): Promise<void> {
    try {
      for await (const event of session) {
        this.#events.act({ type: 'heard', event, at: this.#at });
        if (event.type === 'fault' && !event.fatal)
          this.#events.problem({ title: 'The server reported a problem.', advice: event.text });
        if (event.type === 'notice' && TOLD.has(event.code)) this.#events.remark(event.text);
      }
    } catch (error) {
      session.close();
      this.#events.problem(describeProtocolProblem(error instanceof Error ? error.message : String(error)));
    }
    const { code, fault } = await session.closed;
    if (this.#session !== session) return;
    if (this.#stopping || (code === 1000 && fault === undefined)) return;
    await this.#follow(session);
  }

  /** The session is gone, but the meeting goes on: begins another one where it ended. */
  async #follow(gone: Session): Promise<void> {
    const endMs = this.nowMs;
    for (const bytes of gone.unacknowledged) this.#waiting.push(bytes);
    this.#session = undefined;
    this.#at = { part: this.#at.part, fromMs: endMs - this.#waiting.bytes / BYTES_PER_MS };
    this.#events.act({ type: 'cut' });
    this.#events.waiting(this.#waiting.audio);
    for (let attempt = 1; !this.#stopping; attempt++) {
      this.#say('lag', 'Reconnecting');
      try {
        const session = await this.#begin();
        if (this.#stopping) return session.close();
        this.#events.remark('The connection was lost; the meeting continues in a new session.');
        return this.#take(session);
      } catch (error) {
        if (isFault(error) && FAULTS[error.code].retry === 'never') {
          this.#events.problem(describeConnectionProblem(error, await fetchServerInfo(), navigator.onLine));
          this.#say('idle', 'Ready');
          return;
        }
        await new Promise((resolve) => setTimeout(resolve, computeBackoffMs(attempt, Math.random())));
      }
    }
  }

  #say(state: RecorderState, text: string): void {
    this.#state = state;
    this.#events.state(state, text);
  }
}
