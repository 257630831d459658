import type { CaptureBlock } from './capture-worklet.ts';
import { designResampler } from './resample.ts';

export interface MicrophoneOptions {
  /** Id of the device; empty: the system's default. */
  readonly device: string;
  readonly echo: boolean;
  readonly noise: boolean;
  readonly gain: boolean;
}

export interface MicrophoneEvents {
  onBlock(block: CaptureBlock): void;
  /** The chosen microphone was unplugged, and another one replaced it. */
  onSwitch(label: string): void;
  /** No microphone is left. */
  onLoss(error: unknown): void;
}

interface Graph {
  readonly stream: MediaStream;
  readonly track: MediaStreamTrack;
  readonly context: AudioContext;
}

/** A microphone that survives unplugging: when its device disappears, it reopens on the system's default. */
export class Microphone {
  readonly #events: MicrophoneEvents;
  #options: MicrophoneOptions;
  #graph: Graph | undefined;
  #muted = false;
  #closed = false;
  /** Serialises rebuilding: unplugging a device fires several events. */
  #building: Promise<void> = Promise.resolve();
  readonly #handleDeviceChange = (): void => void this.#checkDevice();

  private constructor(options: MicrophoneOptions, events: MicrophoneEvents) {
    this.#options = options;
    this.#events = events;
  }

  static async open(options: MicrophoneOptions, events: MicrophoneEvents): Promise<Microphone> {
    const microphone = new Microphone(options, events);
    await microphone.#build(options);
    navigator.mediaDevices.addEventListener('devicechange', microphone.#handleDeviceChange);
    return microphone;
  }

  mute(muted: boolean): void {
    this.#muted = muted;
    if (this.#graph !== undefined) this.#graph.track.enabled = !muted;
  }

  /** Continues with other options; calls `lost` when that fails. */
  change(options: MicrophoneOptions): void {
    this.#options = options;
    this.#rebuild(false);
  }

  close(): void {
    this.#closed = true;
    navigator.mediaDevices?.removeEventListener('devicechange', this.#handleDeviceChange);
    this.#releaseGraph();
  }

  async #build(options: MicrophoneOptions): Promise<void> {
    const graph = await openGraph(options, (block) => this.#events.onBlock(block));
    if (this.#closed) return releaseGraph(graph);
    this.#releaseGraph();
    this.#graph = graph;
    graph.track.enabled = !this.#muted;
    graph.track.addEventListener('ended', () => {
      if (this.#graph === graph) this.#rebuild(true);
    });
  }

  #rebuild(gone: boolean): void {
    this.#building = this.#building.then(async () => {
      if (this.#closed) return;
      try {
        await this.#build(this.#options);
      } catch (error) {
        if (!gone || this.#options.device === '') return this.#events.onLoss(error);
        this.#options = { ...this.#options, device: '' };
        await this.#build(this.#options).catch((none: unknown) => this.#events.onLoss(none));
      }
      if (gone && this.#graph !== undefined) this.#events.onSwitch(this.#graph.track.label);
    });
  }

  /** Some systems keep the track alive after its device was unplugged, so the list of devices is checked as well. */
  async #checkDevice(): Promise<void> {
    const id = this.#graph?.track.getSettings().deviceId;
    if (id === undefined) return;
    const devices = await navigator.mediaDevices.enumerateDevices();
    if (!devices.some(({ kind, deviceId }) => kind === 'audioinput' && deviceId === id)) this.#rebuild(true);
  }

  #releaseGraph(): void {
    if (this.#graph !== undefined) releaseGraph(this.#graph);
    this.#graph = undefined;
  }
}

/** Asks the browser for a microphone; throws the browser's own error, which `describeMicrophoneProblem` explains. */
export async function openMicrophone(options: MicrophoneOptions): Promise<MediaStream> {
  if (navigator.mediaDevices === undefined) {
    throw new DOMException('', isSecureContext ? 'NotSupportedError' : 'InsecureContext');
  }
  return navigator.mediaDevices.getUserMedia({
    audio: {
      ...(options.device === '' ? {} : { deviceId: { exact: options.device } }),
      echoCancellation: options.echo,
      noiseSuppression: options.noise,
      autoGainControl: options.gain,
      channelCount: { ideal: 1 },
    },
  });
}

async function openGraph(options: MicrophoneOptions, block: (block: CaptureBlock) => void): Promise<Graph> {
  const stream = await openMicrophone(options);
  const track = stream.getAudioTracks()[0]!;
  // At the sound card's own rate: only Chromium resamples a microphone for the context.
  const context = new AudioContext({ latencyHint: 'interactive' });
  try {
    await context.audioWorklet.addModule('/capture-worklet.js');
    await context.resume();
  } catch (error) {
    releaseGraph({ stream, track, context });
    throw error;
  }
  const capture = new AudioWorkletNode(context, 'sotto-capture', {
    channelCount: 1,
    channelCountMode: 'explicit',
    processorOptions: designResampler(context.sampleRate),
  });
  capture.port.onmessage = ({ data }: MessageEvent<CaptureBlock>) => block(data);
  // The output is silent, but some browsers never run a node that is not connected to the destination.
  context.createMediaStreamSource(stream).connect(capture).connect(context.destination);
  // A phone call interrupts the context and does not always resume it.
  context.addEventListener('statechange', () => {
    if (context.state !== 'running' && context.state !== 'closed') void context.resume();
  });
  return { stream, track, context };
}

function releaseGraph({ stream, context }: Graph): void {
  for (const track of stream.getTracks()) track.stop();
  if (context.state !== 'closed') void context.close();
}

/** Lists the microphones. Their names are known only once the microphone was allowed. */
export async function listMicrophones(): Promise<readonly { readonly value: string; readonly label: string }[]> {
  const devices = (await navigator.mediaDevices?.enumerateDevices()) ?? [];
  return devices
    .filter(({ kind, deviceId }) => kind === 'audioinput' && deviceId !== 'default' && deviceId !== '')
    .map(({ deviceId, label }, i) => ({ value: deviceId, label: label || `Microphone ${i + 1}` }));
}
