import { TARGET_RATE, toInt16 } from '../audio/resample.ts';

/** Samples in a frame: 100 ms. */
const FRAME_SAMPLES = TARGET_RATE / 10;

export interface FilePlayback {
  /** 1: at the speed of speech; 0: as fast as the server accepts it. */
  readonly pace: 0 | 1;
  /** Sends a frame; resolves when there is room for the next. */
  send(pcm: Int16Array): Promise<void>;
  onProgress(share: number): void;
  isStopped(): boolean;
}

/** Decodes a file to one channel at 16 kHz. Rejects when the browser cannot decode it. */
export async function decodeAudioFile(file: Blob): Promise<Float32Array> {
  const context = new OfflineAudioContext(1, 1, TARGET_RATE);
  return mixToMono(await context.decodeAudioData(await file.arrayBuffer()));
}

/** Sends samples as frames until they end or `isStopped`. */
export async function playSamples(samples: Float32Array, playing: FilePlayback): Promise<void> {
  const startedAt = performance.now();
  for (let at = 0; at < samples.length && !playing.isStopped(); at += FRAME_SAMPLES) {
    // Paced by the clock, not by fixed waits: timers of a background tab run once a second, and the tab must catch up.
    const early = playing.pace * ((at / TARGET_RATE) * 1_000) - (performance.now() - startedAt);
    if (early > 0) await new Promise((resolve) => setTimeout(resolve, early));
    await playing.send(toInt16(samples.subarray(at, at + FRAME_SAMPLES)));
    playing.onProgress(Math.min(1, (at + FRAME_SAMPLES) / samples.length));
  }
}

function mixToMono(audio: AudioBuffer): Float32Array {
  const out = new Float32Array(audio.length);
  for (let channel = 0; channel < audio.numberOfChannels; channel++) {
    const data = audio.getChannelData(channel);
    for (let i = 0; i < out.length; i++) out[i]! += data[i]! / audio.numberOfChannels;
  }
  return out;
}
