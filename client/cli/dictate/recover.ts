import { rmSync } from 'node:fs';
import { WebSocket } from 'ws';
import { connect } from '../../sdk/index.ts';
import type { AudioSource } from '../audio/audio-source.ts';
import type { HistoryFile } from './history-file.ts';
import { findLeftoverRecordings } from './recording.ts';
import type { SpareSessionOptions } from './spare-session.ts';

const BYTES = { pcm_s16le: 2, pcm_f32le: 4, mulaw: 1, alaw: 1 } as const;

/**
 * Transcribes the recordings that a crashed instance left behind, and adds the sentences to the history. Resolves with their
 * number.
 */
export async function recoverRecordings(
  folder: string,
  history: HistoryFile,
  options: SpareSessionOptions,
  open: (path: string) => Promise<AudioSource>,
): Promise<number> {
  let sentences = 0;
  for (const { dictation, path } of findLeftoverRecordings(folder)) {
    const known = history.items.filter(({ id }) => id.startsWith(`${dictation}.`));
    // Sentences that arrived before the crash are in the history; their audio is skipped.
    const fromMs = Math.max(0, ...known.map(({ toMs }) => toMs));
    const source = await open(path);
    const { encoding, sampleRate, channels } = source.format;
    const frame = channels * BYTES[encoding];
    let skip = Math.floor((fromMs / 1_000) * sampleRate) * frame;
    const session = await connect({ ...options, audio: source.format, WebSocket: WebSocket as never });
    const at = new Date().toISOString();
    session.on('final', ({ sentence, text, toMs }) => {
      sentences++;
      history.write({ kind: 'said', id: `${dictation}.r${sentence}`, at, text, toMs: fromMs + toMs });
    });
    session.on('cleaned', ({ sentence, text }) =>
      history.write({ kind: 'cleaned', id: `${dictation}.r${sentence}`, text }),
    );
    for await (const chunk of source.chunks()) {
      const rest = chunk.subarray(Math.min(skip, chunk.length));
      skip -= chunk.length - rest.length;
      if (rest.length === 0) continue;
      session.send(rest);
      await session.sent();
    }
    await session.finish();
    rmSync(path, { force: true });
  }
  return sentences;
}
