import { createRequire } from 'node:module';

/** The prebuilt binding, called directly: the yardstick. Returns the number of segments, one a token. */
export async function initializeStock(filePath: string): Promise<(samples: Float32Array) => Promise<number>> {
  const { initWhisper } = createRequire(import.meta.url)('@fugood/whisper.node');
  const context = await initWhisper({ filePath, useGpu: false });
  return async (samples) => {
    const pcm = Int16Array.from(samples, (value) => Math.round(value * 32_767));
    const { promise } = context.transcribeData(pcm.buffer, {
      language: 'en',
      maxThreads: 1,
      maxLen: 1,
      tokenTimestamps: true,
      temperature: 0,
    });
    return (await promise).segments.length;
  };
}
