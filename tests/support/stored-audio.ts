import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AudioFormat } from '../../protocol/index.ts';
import type { TranscriptAddition, TranscriptStore } from '../../server/ports/transcripts.ts';
import { openTranscripts } from '../../server/store/open-transcripts.ts';
import { JFK } from './meeting-page.ts';

const RATE = 16_000;
/** Two voices in one stream, each a channel of its own. */
const FORMAT = AudioFormat.parse({ channels: 2, channelMode: 'separate' });

/** A store that keeps audio, in a folder of its own; `close` removes it. */
export async function openAudioStore(): Promise<{ readonly store: TranscriptStore; close(): Promise<void> }> {
  const folder = mkdtempSync(join(tmpdir(), 'sotto-audio-'));
  const bounds = { bytesMax: 0, bytesPerOwnerMax: 0 };
  const fail = (error: unknown): never => {
    throw new Error('the transcript thread failed', { cause: error });
  };
  const store = await openTranscripts({ folder, sync: 'never', bounds, onBrokenFile: fail, onError: fail });
  return {
    store,
    close: async () => {
      await store.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** 11 s: a speech on the first channel, and a tone on the second in every other second. */
function renderVoices(): Uint8Array {
  const speech = readFileSync(JFK).subarray(44);
  const frames = Math.floor(speech.length / 2);
  const bytes = Buffer.alloc(frames * 4);
  for (let i = 0; i < frames; i++) {
    bytes.writeInt16LE(speech.readInt16LE(i * 2), i * 4);
    const isOn = Math.floor(i / RATE) % 2 === 1;
    bytes.writeInt16LE(isOn ? Math.round(6_000 * Math.sin((2 * Math.PI * 440 * i) / RATE)) : 0, i * 4 + 2);
  }
  return bytes;
}

export interface StoredMeeting {
  readonly id: string;
  /** Length of each of its sessions, ms. */
  readonly partMs: number;
}

/**
 * Stores a meeting of two sessions of 11 s with two voices and their audio. A sentence begins every half second, of one voice and
 * the other in turn, and is 400 ms long.
 */
export async function storeMeeting(store: TranscriptStore, title = 'Weekly'): Promise<StoredMeeting> {
  const made = await store.create('', { title, startedMs: Date.UTC(2026, 10, 25) });
  if (typeof made === 'string') throw new Error(made);
  const bytes = renderVoices();
  const partMs = Math.round(bytes.length / 4 / (RATE / 1_000));
  for (const part of [1, 2]) {
    const place = await store.join('', made.id, `session ${part}`);
    if (typeof place === 'string') throw new Error(place);
    const finals = Array.from({ length: 21 }, (_, i): TranscriptAddition => {
      const fromMs = place.atMs + 100 + i * 500;
      return {
        ...{ kind: 'final', channel: i % 2, sentence: (i >> 1) + 1, language: 'en', words: [] },
        ...{ text: `Sentence ${i + 1} of session ${part}.`, fromMs, toMs: fromMs + 400 },
      };
    });
    await store.add(place, [...finals, { kind: 'audio', audioMs: partMs }]);
    const stored = await store.addAudio(place, { format: FORMAT, fromFrame: 0, bytes, isLast: true });
    if (stored !== 'done') throw new Error(stored);
  }
  return { id: made.id, partMs };
}
