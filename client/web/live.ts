import { type ConnectOptions, connect, type Session, Transcript } from '../sdk/index.ts';
import { type Microphone, openMicrophone } from './microphone.ts';
import { connectionProblem, microphoneProblem, type Problem } from './problems.ts';
import { chosen, isOn } from './settings.ts';

export interface LiveEvents {
  sentence(sentence: NonNullable<ReturnType<Transcript['read']>>): void;
  state(state: 'idle' | 'connecting' | 'live' | 'lag' | 'finishing', text: string): void;
  problem(problem: Problem): void;
  level(peak: number): void;
  progress(share: number | undefined): void;
  model(text: string): void;
}

/** Audio that could not be sent yet, at most, bytes: ten seconds. */
const UNSENT_MAX = 320_000;

/** One run: a microphone or a file, its session, and the way from start to done. */
export class Live {
  readonly transcript = new Transcript();
  readonly startedAt = performance.now();
  readonly #events: LiveEvents;
  #session: Session | undefined;
  #microphone: Microphone | undefined;
  #stopping = false;

  constructor(events: LiveEvents) {
    this.#events = events;
  }

  /** Opens the microphone, then the session; false when either failed and a problem was shown. */
  async startMicrophone(): Promise<boolean> {
    this.#events.state('connecting', 'Connecting');
    // What is said while the session opens waits here.
    const early: Int16Array[] = [];
    const options = { device: chosen('device'), echo: isOn('echo'), noise: isOn('noise'), gain: isOn('gain') };
    try {
      this.#microphone = await openMicrophone(
        options,
        ({ pcm, peak }) => {
          this.#events.level(peak);
          if (this.#session === undefined) early.push(pcm);
          else this.#send(pcm);
        },
        () => this.#events.problem(microphoneProblem(new DOMException('', 'OverconstrainedError'))),
      );
    } catch (error) {
      return this.#failed(microphoneProblem(error));
    }
    if (!(await this.#open(this.#microphone.rate))) return false;
    for (const pcm of early) this.#send(pcm);
    return true;
  }

  /** Sends a whole file as fast as the server takes it, then ends. */
  async startFile(file: File): Promise<boolean> {
    this.#events.state('connecting', 'Reading file');
    let samples: Float32Array;
    try {
      const context = new OfflineAudioContext(1, 1, 16_000);
      const audio = await context.decodeAudioData(await file.arrayBuffer());
      samples = mix(audio);
    } catch {
      return this.#failed({
        title: 'This file holds no audio the browser can read.',
        advice: 'WAV, MP3, FLAC, Ogg, WebM and M4A work in most browsers.',
      });
    }
    if (!(await this.#open(16_000))) return false;
    const step = 3_200;
    for (let at = 0; at < samples.length && !this.#stopping; at += step) {
      const part = Int16Array.from(samples.subarray(at, at + step), (value) =>
        Math.max(-32_768, Math.min(32_767, value * 32_768)),
      );
      this.#session?.send(part);
      this.#events.progress(at / samples.length);
      await this.#session?.sent();
    }
    this.#events.progress(undefined);
    await this.stop();
    return true;
  }

  mute(muted: boolean): void {
    this.#microphone?.mute(muted);
  }

  /** Ends the audio and waits for the last words. */
  async stop(): Promise<void> {
    if (this.#stopping) return;
    this.#stopping = true;
    this.#microphone?.stop();
    if (this.#session !== undefined) {
      this.#events.state('finishing', 'Finishing');
      await this.#session.finish().catch(() => {});
      await this.#session.closed;
    }
    this.#events.state('idle', 'Ready');
  }

  async #open(sampleRate: number): Promise<boolean> {
    const vocabulary = chosen('vocabulary')
      .split(',')
      .map((word) => word.trim())
      .filter(Boolean);
    try {
      const session = await connect({
        url: location.origin,
        audio: { encoding: 'pcm_s16le', sampleRate, channels: 1, channelMode: 'mix' },
        language: chosen('language'),
        task: chosen('task') as 'transcribe' | 'translate',
        partials: { mode: chosen('partials') as 'revisable' | 'stable' | 'off' },
        cleanup: { mode: chosen('cleanup') as NonNullable<NonNullable<ConnectOptions['cleanup']>['mode']> },
        ...(vocabulary.length > 0 ? { vocabulary } : {}),
      });
      this.#session = session;
    } catch (error) {
      this.#microphone?.stop();
      return this.#failed(connectionProblem(error));
    }
    const { model } = this.#session.ready;
    this.#events.model(model);
    this.#events.state('live', 'Listening');
    void this.#read(this.#session);
    return true;
  }

  async #read(session: Session): Promise<void> {
    for await (const event of session) {
      const sentence = this.transcript.read(event);
      if (sentence !== undefined) this.#events.sentence(sentence);
      if (event.type === 'notice' && event.code === 'lag') {
        const late = event.text.includes('behind');
        this.#events.state(late ? 'lag' : 'live', late ? 'Catching up' : 'Listening');
      }
      if (event.type === 'fault' && !event.fatal)
        this.#events.problem({ title: 'The server says:', advice: event.text });
    }
    const { fault, code } = await session.closed;
    if (this.#stopping && fault === undefined) return;
    if (fault !== undefined || code !== 1000) {
      this.#stopping = true;
      this.#microphone?.stop();
      this.#events.problem(connectionProblem(fault ?? new Error('lost')));
      this.#events.state('idle', 'Disconnected');
    }
  }

  #send(pcm: Int16Array): void {
    const session = this.#session!;
    if (session.unsentBytes > UNSENT_MAX) {
      this.#events.state('lag', 'Slow network');
    }
    session.send(pcm);
  }

  #failed(problem: Problem): false {
    this.#stopping = true;
    this.#events.problem(problem);
    this.#events.state('idle', 'Ready');
    return false;
  }
}

function mix(audio: AudioBuffer): Float32Array {
  const out = new Float32Array(audio.length);
  for (let channel = 0; channel < audio.numberOfChannels; channel++) {
    const data = audio.getChannelData(channel);
    for (let i = 0; i < out.length; i++) out[i] = out[i]! + data[i]! / audio.numberOfChannels;
  }
  return out;
}
