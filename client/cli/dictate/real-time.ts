import type { AudioSource } from '../audio/audio-source.ts';

const BYTES = { pcm_s16le: 2, pcm_f32le: 4, mulaw: 1, alaw: 1 } as const;

/** Plays a file in real time: each chunk arrives when its last sample would have been spoken. */
export function paceInRealTime(source: AudioSource, signal: AbortSignal): AudioSource {
  const { encoding, sampleRate, channels } = source.format;
  const perMs = (sampleRate * channels * BYTES[encoding]) / 1_000;
  return {
    ...source,
    async *chunks() {
      const startedMs = performance.now();
      let spokenMs = 0;
      for await (const chunk of source.chunks()) {
        spokenMs += chunk.length / perMs;
        const wait = startedMs + spokenMs - performance.now();
        if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
        if (signal.aborted) return;
        yield chunk;
      }
    },
  };
}
