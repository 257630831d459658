import { computeBackOffMs } from '../../sdk/back-off.ts';
import type { ConnectOptions } from '../../sdk/index.ts';
import { connect, FAULTS, isFault, resumeSession, type Session } from '../../sdk/index.ts';
import type { ResumePoint } from '../../sdk/resume-point.ts';
import { Unacknowledged } from '../../sdk/unacknowledged.ts';
import { TARGET_RATE } from '../audio/resample.ts';
import { fetchServerInfo } from '../server/server-info.ts';
import {
  describeConnectionProblem,
  describeProtocolProblem,
  describeServerFault,
  type Problem,
} from '../ui/problems.ts';
import type { MeetingAction, MeetingPart } from './meeting-state.ts';

export type RecorderState = 'idle' | 'connecting' | 'live' | 'lag' | 'paused' | 'finishing';

export interface RecorderCallbacks {
  act(action: MeetingAction): void;
  state(state: RecorderState, text: string): void;
  problem(problem: Problem): void;
  /** The connection works again. */
  recovered(): void;
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
  /** The server shall keep the audio, too. */
  readonly keepsAudio: boolean;
}

/** Fields that older servers leave out. */
type ReadyOfStored = Session['ready'] & {
  readonly transcript?: string;
  readonly part?: number;
  readonly transcriptMs?: number;
};

const FRAME_BYTES = 4;
const BYTES_PER_MS = (TARGET_RATE * FRAME_BYTES) / 1_000;
/** Longest sound buffered until there is a session, ms. Beyond it the oldest is dropped, and the user is told. */
const WAITING_MS_MAX = 300_000;
/** Notices to show to the user. */
const SHOWN_NOTICES: ReadonlySet<string> = new Set(['engine.restarted', 'audio.invalid', 'keep.skipped']);
/** Unsent sound from which the page reports a slow network, ms. */
const SLOW_MS = 1_000;

/**
 * Keeps a session for as long as the meeting lasts. A lost connection is resumed; a session that is gone is replaced by another
 * one of the same transcript, which begins with the sound that the first had not acknowledged.
 */
export class Recorder {
  readonly #callbacks: RecorderCallbacks;
  readonly #options: () => Promise<Partial<ConnectOptions>>;
  readonly #start: () => RecorderStart;
  #session: Session | undefined;
  #at: MeetingPart = { part: 1, fromMs: 0 };
  #waiting = new Unacknowledged(FRAME_BYTES, WAITING_MS_MAX * BYTES_PER_MS);
  #state: RecorderState = 'idle';
  #isPaused = false;
  #isStopping = false;

  /** `options` is called for each session, because the credential may have changed. */
  constructor(
    callbacks: RecorderCallbacks,
    start: () => RecorderStart,
    options: () => Promise<Partial<ConnectOptions>>,
  ) {
    this.#callbacks = callbacks;
    this.#start = start;
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
    this.#isStopping = false;
    this.#setState('connecting', 'Connecting');
    for (const bytes of audio) this.#waiting.push(bytes);
    this.#at = { part: this.#start().parts + 1, fromMs: this.#start().endMs };
    try {
      this.#useSession(await this.#openSession());
      return true;
    } catch (error) {
      this.#setState('idle', 'Ready');
      this.#callbacks.problem(describeConnectionProblem(error, await fetchServerInfo(), navigator.onLine));
      return false;
    }
  }

  /** Resumes the session of this page before a reload. Resolves with false when it is gone. */
  async resume(kept: ResumePoint, at: MeetingPart): Promise<boolean> {
    this.#isStopping = false;
    this.#setState('connecting', 'Reconnecting');
    try {
      const { credential } = await this.#options();
      const session = await resumeSession({ url: location.origin, timeoutMs: 8_000, credential }, kept);
      this.#at = at;
      this.#useSession(session);
      return true;
    } catch {
      this.#setState('idle', 'Ready');
      return false;
    }
  }

  /** Takes 30 ms of both channels. */
  push(pcm: Int16Array<ArrayBuffer>): void {
    const bytes = new Uint8Array(pcm.buffer, pcm.byteOffset, pcm.byteLength);
    const session = this.#session;
    if (session === undefined) {
      this.#callbacks.sent(this.#waiting.position, bytes);
      return this.#waiting.push(bytes);
    }
    this.#callbacks.sent(session.position, bytes);
    session.send(pcm);
    const slow = session.unsentBytes / BYTES_PER_MS > SLOW_MS;
    if (slow && this.#state === 'live') this.#setState('lag', 'Slow network');
    else if (!slow && this.#state === 'lag') this.#setState('live', 'Recording');
  }

  /** Pausing makes everything said so far final; the session then waits without sound. */
  pause(paused: boolean): void {
    this.#isPaused = paused;
    if (paused) this.#session?.flush().catch(() => {});
    if (this.#session !== undefined && !this.#isStopping) this.#setState(paused ? 'paused' : 'live', this.#activeText);
  }

  configure(change: Parameters<Session['configure']>[0]): void {
    this.#session?.configure(change);
  }

  /** Ends the session and waits for the last words. Resolves with true when all of them have arrived. */
  async stop(): Promise<boolean> {
    if (this.#isStopping) return true;
    this.#isStopping = true;
    this.#setState('finishing', 'Finishing');
    const session = this.#session;
    await session?.finish().catch(() => {});
    const whole = session !== undefined && (await session.closed).code === 1000;
    this.#session = undefined;
    // What is not final by now will not become final.
    this.#callbacks.act({ type: 'sessionLost' });
    this.#setState('idle', 'Ready');
    return whole;
  }

  get #activeText(): string {
    return this.#isPaused ? 'Paused' : 'Recording';
  }

  async #openSession(): Promise<Session> {
    const { transcript, title, keepsAudio } = this.#start();
    const keep = {
      title,
      ...(transcript === undefined ? {} : { transcript }),
      ...(keepsAudio ? { audio: true } : {}),
    };
    const session = await connect({
      ...(await this.#options()),
      ...{ url: location.origin, keep },
      audio: { encoding: 'pcm_s16le', sampleRate: TARGET_RATE, channels: 2, channelMode: 'separate' },
    });
    const ready = session.ready as ReadyOfStored;
    const { parts, endMs } = this.#start();
    const fromMs = ready.transcriptMs ?? Math.max(endMs, this.#at.fromMs);
    this.#at = { part: ready.part ?? parts + 1, fromMs };
    const began = { type: 'sessionStarted', part: this.#at.part } as const;
    this.#callbacks.act(ready.transcript === undefined ? began : { ...began, transcript: ready.transcript });
    return session;
  }

  /** Directs the sound to this session, beginning with what was buffered. */
  #useSession(session: Session): void {
    const lostMs = Math.round(this.#waiting.lostBytes / BYTES_PER_MS);
    if (lostMs > 0) this.#reportMissing(lostMs);
    for (const bytes of this.#waiting.audio) session.send(bytes);
    this.#waiting = new Unacknowledged(FRAME_BYTES, WAITING_MS_MAX * BYTES_PER_MS);
    this.#session = session;
    session.onConnection((connection) => {
      if (this.#isStopping) return;
      if (connection.state === 'reconnecting') return this.#setState('lag', 'Reconnecting');
      this.#callbacks.recovered();
      if (connection.lostMs > 0) this.#reportMissing(connection.lostMs);
      this.#setState(this.#isPaused ? 'paused' : 'live', this.#activeText);
    });
    session.on('ack', ({ samples }) => this.#callbacks.acknowledged(samples));
    this.#callbacks.recovered();
    this.#callbacks.opened({ ready: session.ready, at: this.#at, seq: session.seq });
    this.#setState(this.#isPaused ? 'paused' : 'live', this.#activeText);
    void this.#read(session);
  }

  #reportMissing(ms: number): void {
    this.#callbacks.remark(`The network was down for too long: ${Math.round(ms / 1_000)} s of audio are missing.`);
  }

  async #read(session: Session): Promise<void> {
    try {
      for await (const event of session) {
        this.#callbacks.act({ type: 'eventReceived', event, at: this.#at });
        if (event.type === 'fault' && !event.fatal) this.#callbacks.problem(describeServerFault(event.text));
        if (event.type === 'notice' && SHOWN_NOTICES.has(event.code)) this.#callbacks.remark(event.text);
      }
    } catch (error) {
      session.close();
      this.#callbacks.problem(describeProtocolProblem(error instanceof Error ? error.message : String(error)));
    }
    const { code, fault } = await session.closed;
    if (this.#session !== session) return;
    if (this.#isStopping || (code === 1000 && fault === undefined)) return;
    await this.#startNext(session);
  }

  /** The session is gone, but the meeting goes on: begins another one where it ended. */
  async #startNext(gone: Session): Promise<void> {
    const endMs = this.nowMs;
    for (const bytes of gone.unacknowledged) this.#waiting.push(bytes);
    this.#session = undefined;
    this.#at = { part: this.#at.part, fromMs: endMs - this.#waiting.bytes / BYTES_PER_MS };
    this.#callbacks.act({ type: 'sessionLost' });
    this.#callbacks.waiting(this.#waiting.audio);
    for (let attempt = 1; !this.#isStopping; attempt++) {
      this.#setState('lag', 'Reconnecting');
      try {
        const session = await this.#openSession();
        if (this.#isStopping) return session.close();
        this.#callbacks.remark('The connection was lost; the meeting continues in a new session.');
        return this.#useSession(session);
      } catch (error) {
        if (isFault(error) && FAULTS[error.code].retry === 'never') {
          this.#callbacks.problem(describeConnectionProblem(error, await fetchServerInfo(), navigator.onLine));
          this.#setState('idle', 'Ready');
          return;
        }
        await new Promise((resolve) => setTimeout(resolve, computeBackOffMs(attempt, Math.random())));
      }
    }
  }

  #setState(state: RecorderState, text: string): void {
    this.#state = state;
    this.#callbacks.state(state, text);
  }
}
