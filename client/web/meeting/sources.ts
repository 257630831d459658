import type { MicrophoneOptions } from '../audio/microphone.ts';
import { openMicrophone } from '../audio/microphone.ts';
import { designResampler } from '../audio/resample.ts';
import type { InterleavedBlock } from './channel-interleaver.ts';

/** `me` is the user's own voice, `them` those of the others. */
export type SourceName = 'me' | 'them';
const INPUT: Readonly<Record<SourceName, number>> = { me: 0, them: 1 };

export interface SourceEvents {
  onBlock(block: InterleavedBlock): void;
  /** A source disappeared: a device was unplugged, or the user pressed the browser's own "stop sharing". */
  onEnd(side: SourceName, label: string): void;
}

interface OpenSource {
  readonly stream: MediaStream;
  readonly node: MediaStreamAudioSourceNode;
  readonly label: string;
}

/** The shared tab or screen has no sound: the user left the browser's checkbox for it empty. */
export class SilentTabError extends Error {}

/**
 * The microphone and the shared sound as two inputs of one audio graph. The graph runs until `close`, with both, one or none of
 * them: sources may come and go while the stream continues.
 */
export class MeetingSources {
  readonly #context: AudioContext;
  readonly #pair: AudioWorkletNode;
  readonly #events: SourceEvents;
  readonly #sources = new Map<SourceName, OpenSource>();
  #paused = false;
  #muted = false;

  private constructor(context: AudioContext, pair: AudioWorkletNode, events: SourceEvents) {
    this.#context = context;
    this.#pair = pair;
    this.#events = events;
    pair.port.onmessage = ({ data }: MessageEvent<InterleavedBlock>) => {
      if (!this.#paused) events.onBlock(data);
    };
    // A phone call suspends the context, and a page that was just loaded may need a key press or a click first.
    context.addEventListener('statechange', () => void this.#resume());
    for (const gesture of ['pointerdown', 'keydown']) addEventListener(gesture, this.#resume);
  }

  static async open(events: SourceEvents): Promise<MeetingSources> {
    const context = new AudioContext({ latencyHint: 'interactive' });
    await context.audioWorklet.addModule('/interleaver-worklet.js');
    const pair = new AudioWorkletNode(context, 'sotto-pair', {
      numberOfInputs: 2,
      channelCount: 1,
      channelCountMode: 'explicit',
      processorOptions: designResampler(context.sampleRate),
    });
    // The output is silent, but some browsers never run a node that is not connected to the destination.
    pair.connect(context.destination);
    const sources = new MeetingSources(context, pair, events);
    void sources.#resume();
    return sources;
  }

  has(side: SourceName): boolean {
    return this.#sources.has(side);
  }

  /** Whether the audio graph is running. After a reload, browsers wait for a key press or a click. */
  get isRunning(): boolean {
    return this.#context.state === 'running';
  }

  async addMicrophone(options: MicrophoneOptions): Promise<void> {
    this.#add('me', await openMicrophone(options));
  }

  /** Sound of a tab or of the whole machine, as the browser offers it. Rejects with `SilentTabError` when none comes along. */
  async addSharedSound(): Promise<void> {
    const stream = await navigator.mediaDevices.getDisplayMedia(SHARE_CONSTRAINTS as DisplayMediaStreamOptions);
    if (stream.getAudioTracks().length === 0) {
      stopTracks(stream);
      throw new SilentTabError();
    }
    this.#add('them', stream);
  }

  /** Adds the others' sound from a device, such as the monitor of a loudspeaker or a virtual cable. */
  async addDevice(device: string): Promise<void> {
    this.#add('them', await openMicrophone({ device, echo: false, noise: false, gain: false }));
  }

  remove(side: SourceName): void {
    const source = this.#sources.get(side);
    this.#sources.delete(side);
    source?.node.disconnect();
    if (source !== undefined) stopTracks(source.stream);
  }

  mute(muted: boolean): void {
    this.#muted = muted;
    this.#updateTracks();
  }

  pause(paused: boolean): void {
    this.#paused = paused;
    this.#updateTracks();
  }

  close(): void {
    for (const gesture of ['pointerdown', 'keydown']) removeEventListener(gesture, this.#resume);
    this.remove('me');
    this.remove('them');
    this.#pair.port.onmessage = null;
    if (this.#context.state !== 'closed') void this.#context.close();
  }

  #add(side: SourceName, stream: MediaStream): void {
    this.remove(side);
    const audio = stream.getAudioTracks()[0]!;
    const node = this.#context.createMediaStreamSource(new MediaStream([audio]));
    node.connect(this.#pair, 0, INPUT[side]);
    const source = { stream, node, label: audio.label };
    this.#sources.set(side, source);
    this.#updateTracks();
    // A share ends when the browser ends its picture or its sound.
    for (const track of stream.getTracks()) {
      track.addEventListener('ended', () => {
        if (this.#sources.get(side) !== source) return;
        this.remove(side);
        this.#events.onEnd(side, source.label);
      });
    }
  }

  #updateTracks(): void {
    for (const [side, { stream }] of this.#sources) {
      for (const track of stream.getAudioTracks()) track.enabled = !this.#paused && !(side === 'me' && this.#muted);
    }
  }

  readonly #resume = async (): Promise<void> => {
    const { state } = this.#context;
    if (state !== 'running' && state !== 'closed') await this.#context.resume().catch(() => {});
  };
}

/** Browsers share no sound without a picture, so a tiny one is requested that nobody looks at. */
const SHARE_CONSTRAINTS = {
  video: { frameRate: { max: 1 }, width: { max: 320 } },
  audio: {
    echoCancellation: false,
    noiseSuppression: false,
    autoGainControl: false,
    suppressLocalAudioPlayback: false,
  },
  systemAudio: 'include',
  windowAudio: 'system',
  selfBrowserSurface: 'exclude',
  surfaceSwitching: 'include',
};

function stopTracks(stream: MediaStream): void {
  for (const track of stream.getTracks()) track.stop();
}
