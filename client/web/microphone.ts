import type { CaptureBlock } from './capture-worklet.ts';
import { TARGET_RATE } from './resample.ts';

export interface MicrophoneOptions {
  readonly device: string;
  readonly echo: boolean;
  readonly noise: boolean;
  readonly gain: boolean;
}

export interface Microphone {
  /** Sample rate of the blocks, Hz. */
  readonly rate: number;
  /** Name the system gives it. */
  readonly label: string;
  mute(muted: boolean): void;
  stop(): void;
}

/** Opens a microphone; blocks come until it is stopped. `lost` is called when the device goes away. */
export async function openMicrophone(
  options: MicrophoneOptions,
  block: (block: CaptureBlock) => void,
  lost: () => void,
): Promise<Microphone> {
  if (!window.isSecureContext || navigator.mediaDevices === undefined) throw new DOMException('', 'InsecureContext');
  const stream = await navigator.mediaDevices.getUserMedia({
    audio: {
      channelCount: { ideal: 1 },
      echoCancellation: options.echo,
      noiseSuppression: options.noise,
      autoGainControl: options.gain,
      ...(options.device === '' ? {} : { deviceId: { exact: options.device } }),
    },
  });
  const context = new AudioContext({ latencyHint: 'interactive' });
  try {
    await context.audioWorklet.addModule('/capture-worklet.js');
    const node = new AudioWorkletNode(context, 'sotto-capture', {
      numberOfOutputs: 0,
      channelCount: 1,
      channelCountMode: 'explicit',
    });
    context.createMediaStreamSource(stream).connect(node);
    node.port.onmessage = (event: MessageEvent<CaptureBlock>) => block(event.data);
    // Some browsers start suspended until a gesture; the click that led here is one.
    await context.resume();
  } catch (error) {
    for (const track of stream.getTracks()) track.stop();
    await context.close();
    throw error;
  }
  const track = stream.getAudioTracks()[0]!;
  track.addEventListener('ended', lost);
  return {
    rate: Math.min(TARGET_RATE, context.sampleRate),
    label: track.label,
    mute: (muted) => {
      track.enabled = !muted;
    },
    stop: () => {
      track.removeEventListener('ended', lost);
      for (const each of stream.getTracks()) each.stop();
      void context.close();
    },
  };
}

/** Names are known only once the microphone was allowed. */
export async function listMicrophones(): Promise<readonly { readonly id: string; readonly label: string }[]> {
  const devices = (await navigator.mediaDevices?.enumerateDevices()) ?? [];
  return devices
    .filter(({ kind, deviceId }) => kind === 'audioinput' && deviceId !== 'default' && deviceId !== '')
    .map(({ deviceId, label }, i) => ({ id: deviceId, label: label || `Microphone ${i + 1}` }));
}
