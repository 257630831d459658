import { connect, type EventOf, type Session, Transcript } from '../../sdk/index.ts';
import { Microphone } from '../audio/microphone.ts';
import { TARGET_RATE } from '../audio/resample.ts';
import type { PageAuth } from '../auth/page-auth.ts';
import { toRoomOption } from '../rooms/share-captions.ts';
import { fetchServerInfo } from '../server/server-info.ts';
import {
  describeConnectionProblem,
  describeMicrophoneProblem,
  describeProtocolProblem,
  describeServerFault,
  type Problem,
  SLOW_NETWORK,
  UNREADABLE_FILE,
} from '../ui/problems.ts';
import { readMicrophoneOptions, readPace, readSessionOptions } from '../ui/settings.ts';
import { DelayMeter } from './delay-meter.ts';
import { decodeAudioFile, playSamples } from './file-source.ts';
import { type RunOffset, shiftEvent } from './run-offset.ts';

type Row = NonNullable<ReturnType<Transcript['read']>>;
export type LiveState = 'idle' | 'connecting' | 'live' | 'lag' | 'finishing' | 'broken';

export interface LiveRunCallbacks {
  sentence(sentence: Row): void;
  state(state: LiveState, text: string): void;
  problem(problem: Problem): void;
  /** The connection works again. */
  recovered(): void;
  /** Something happened that is good to know and requires no action. */
  remark(text: string): void;
  level(peak: number): void;
  progress(share: number | undefined): void;
  delay(ms: number | undefined): void;
  model(name: string): void;
}

const BYTES_PER_MS = (TARGET_RATE * 2) / 1_000;
/** Unsent sound from which the page reports a slow network, and from which it gives up, ms. */
const SLOW_NETWORK_MS = 1_000;
const UNSENT_MS_MAX = 60_000;

/** One recording from start to end: a microphone or a file, and its session. */
export class LiveRun {
  readonly transcript = new Transcript();
  readonly #callbacks: LiveRunCallbacks;
  readonly #offset: RunOffset;
  readonly #auth: PageAuth;
  readonly #delay = new DelayMeter();
  #session: Session | undefined;
  #microphone: Microphone | undefined;
  #sentMs = 0;
  #isLagging = false;
  /** The connection is lost, and sound is buffered until it is back. */
  #isReconnecting = false;
  #isStopping = false;

  constructor(base: RunOffset, callbacks: LiveRunCallbacks, entry: PageAuth) {
    this.#auth = entry;
    this.#offset = base;
    this.#callbacks = callbacks;
  }

  /** Opens the microphone, then the session. Resolves with false when either failed and a problem was shown. */
  async startMicrophone(): Promise<boolean> {
    this.#callbacks.state('connecting', 'Connecting');
    // Sound recorded before the session is open.
    const early: Int16Array[] = [];
    try {
      this.#microphone = await Microphone.open(readMicrophoneOptions(), {
        onBlock: ({ pcm, peak }) => {
          this.#callbacks.level(peak);
          if (this.#session === undefined) early.push(pcm);
          else this.#send(pcm);
        },
        onSwitch: (label) =>
          this.#callbacks.remark(`The microphone was disconnected; now using ${label || 'another one'}.`),
        onLoss: (error) => {
          this.#callbacks.problem(describeMicrophoneProblem(error));
          void this.stop();
        },
      });
    } catch (error) {
      return this.#isStopping ? false : this.#reportFailure(describeMicrophoneProblem(error));
    }
    if (this.#isStopping) {
      // Stop was pressed while the browser was still asking for permission.
      this.#microphone.close();
      return false;
    }
    if (!(await this.#open('Listening'))) return false;
    for (const pcm of early) this.#send(pcm);
    return true;
  }

  /** Sends a whole file, then ends the session. */
  async startFile(file: File): Promise<void> {
    this.#callbacks.state('connecting', 'Reading file');
    let samples: Float32Array;
    try {
      samples = await decodeAudioFile(file);
    } catch {
      if (!this.#isStopping) this.#reportFailure(UNREADABLE_FILE);
      return;
    }
    if (!(await this.#open('Transcribing'))) return;
    await playSamples(samples, {
      pace: readPace(),
      send: async (pcm) => {
        this.#sentMs += pcm.byteLength / BYTES_PER_MS;
        this.#session?.send(pcm);
        await this.#session?.sent();
      },
      onProgress: (share) => this.#callbacks.progress(share),
      isStopped: () => this.#isStopping,
    });
    this.#callbacks.progress(undefined);
    await this.stop();
  }

  /** Audio sent so far, ms. */
  get audioMs(): number {
    return this.#sentMs;
  }

  mute(muted: boolean): void {
    this.#microphone?.mute(muted);
  }

  /** Applies settings that were changed during the recording. */
  settingsChanged(which: 'microphone' | 'session'): void {
    if (which === 'microphone') return this.#microphone?.change(readMicrophoneOptions());
    const { language, vocabulary, partials, cleanup } = readSessionOptions();
    this.#session?.configure({ language, vocabulary, partials, ...(cleanup === undefined ? {} : { cleanup }) });
  }

  /** Ends the audio and waits for the last words. */
  async stop(): Promise<void> {
    if (this.#isStopping) return;
    this.#isStopping = true;
    this.#microphone?.close();
    this.#callbacks.delay(undefined);
    if (this.#session !== undefined) {
      this.#callbacks.state('finishing', 'Finishing');
      // #read reports a connection that breaks now.
      await this.#session.finish().catch(() => {});
      const { fault, code } = await this.#session.closed;
      if (fault !== undefined || code !== 1000) return;
    }
    this.#callbacks.state('idle', 'Ready');
  }

  async #open(doing: string): Promise<boolean> {
    if (this.#isStopping) return false;
    let session: Session;
    try {
      session = await connect({
        url: location.origin,
        ...(await this.#auth.toConnectOptions()),
        audio: { encoding: 'pcm_s16le', sampleRate: TARGET_RATE, channels: 1, channelMode: 'mix' },
        ...readSessionOptions(),
        ...toRoomOption(),
      });
    } catch (error) {
      this.#microphone?.close();
      if (this.#isStopping) return false;
      this.#auth.discardTokens();
      return this.#reportFailure(describeConnectionProblem(error, await fetchServerInfo(), navigator.onLine));
    }
    if (this.#isStopping) {
      // Stop was pressed while the connection was being made.
      session.close();
      return false;
    }
    this.#session = session;
    session.onConnection((connection) => {
      this.#isReconnecting = connection.state === 'reconnecting';
      if (this.#isReconnecting) return this.#callbacks.state(this.#isStopping ? 'finishing' : 'lag', 'Reconnecting');
      this.#callbacks.recovered();
      if (connection.state === 'resumed' && connection.lostMs > 0)
        this.#callbacks.remark(
          `The network was down for too long: ${Math.round(connection.lostMs / 1_000)} s of audio are missing.`,
        );
      this.#callbacks.state(this.#isStopping ? 'finishing' : 'live', this.#isStopping ? 'Finishing' : doing);
    });
    this.#callbacks.model(session.ready.model);
    this.#callbacks.state('live', doing);
    void this.#read(session);
    return true;
  }

  async #read(session: Session): Promise<void> {
    try {
      for await (const event of session) {
        const sentence = this.transcript.read(shiftEvent(event, this.#offset));
        // A translation changes nothing on this page, where drawing a sentence anew would lose what is selected in it.
        if (sentence !== undefined && event.type !== 'translated') this.#callbacks.sentence(sentence);
        if (event.type === 'partial' && this.#microphone !== undefined && !this.#isStopping) {
          this.#delay.push(this.#sentMs, event.toMs);
          this.#callbacks.delay(this.#delay.ms);
        }
        if (event.type === 'notice') this.#showNotice(event);
        if (event.type === 'fault' && !event.fatal) this.#callbacks.problem(describeServerFault(event.text));
      }
    } catch (error) {
      // Only a violation of the protocol throws here.
      session.close();
      return this.#endWithProblem(describeProtocolProblem(error instanceof Error ? error.message : String(error)));
    }
    const { fault, code } = await session.closed;
    if (fault === undefined && (code === 1000 || code === 1005)) return;
    this.#endWithProblem(
      describeConnectionProblem(fault ?? new Error(String(code)), await fetchServerInfo(), navigator.onLine),
    );
  }

  #showNotice({ code, text, behindMs = 0 }: EventOf<'notice'>): void {
    if (code === 'lag' && !this.#isStopping && !this.#isReconnecting) {
      this.#isLagging = behindMs > 0;
      this.#callbacks.state(this.#isLagging ? 'lag' : 'live', this.#isLagging ? 'Catching up' : 'Listening');
    }
    if (code === 'engine.restarted' || code === 'audio.invalid') this.#callbacks.remark(text);
  }

  #send(pcm: Int16Array): void {
    const session = this.#session!;
    const waitingMs = session.unsentBytes / BYTES_PER_MS;
    if (waitingMs > UNSENT_MS_MAX && !this.#isReconnecting) return this.#endWithProblem(SLOW_NETWORK);
    if (waitingMs > SLOW_NETWORK_MS !== this.#isLagging && !this.#isStopping && !this.#isReconnecting) {
      this.#isLagging = waitingMs > SLOW_NETWORK_MS;
      this.#callbacks.state(this.#isLagging ? 'lag' : 'live', this.#isLagging ? 'Slow network' : 'Listening');
    }
    this.#sentMs += pcm.byteLength / BYTES_PER_MS;
    session.send(pcm);
  }

  #endWithProblem(problem: Problem): void {
    this.#isStopping = true;
    this.#finaliseShown();
    this.#microphone?.close();
    this.#session?.close();
    this.#callbacks.delay(undefined);
    this.#callbacks.progress(undefined);
    this.#callbacks.problem(problem);
    this.#callbacks.state('broken', 'Disconnected');
  }

  /** Keeps what is on screen as it is: the finals will not arrive after the connection broke. */
  #finaliseShown(): void {
    for (const sentence of this.transcript.sentences) {
      if (sentence.final) continue;
      Object.assign(sentence, { stable: sentence.stable + sentence.tentative, tentative: '', final: true });
      this.#callbacks.sentence(sentence);
    }
  }

  #reportFailure(problem: Problem): false {
    this.#isStopping = true;
    this.#microphone?.close();
    this.#callbacks.problem(problem);
    this.#callbacks.state('idle', 'Ready');
    return false;
  }
}
