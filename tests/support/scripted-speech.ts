import type { Word } from '../../server/core/hypothesis.ts';
import type { DecodeSpan } from '../../server/core/session/outputs.ts';
import { SAMPLE_RATE } from '../../server/core/time.ts';
import { sureHypothesis } from './sure-hypothesis.ts';

const WORD_MS = 350;
const WINDOW = 512;
const SURE = 0.92;
const UNSURE = 0.6;
/** Words with less audio behind them are unsure, unless the speaker pauses. */
const UNSURE_MS = 1_000;
/** Silence at the end of the audio that shows that a word is complete. */
const PAUSE_MS = 100;
const HALF_A_WORD = 0.3;

/** Speech that nobody recorded: its audio, what a VAD would say of it, and a recogniser that makes no errors but at the edge. */
export class ScriptedSpeech {
  readonly samples: Int16Array;
  /** Probability of a voice in each window of 512 samples. */
  readonly voice: Float32Array;
  readonly words: readonly Word[];

  /** Sentences with pauses of `pauseMs` behind each; the words of a sentence follow each other without one. */
  constructor(sentences: readonly string[], pauseMs: number, silenceMs = 1_500) {
    const words: Word[] = [];
    let atMs = 300;
    for (const sentence of sentences) {
      for (const text of sentence.split(' ')) {
        const from = toSamples(atMs);
        atMs += WORD_MS;
        words.push({ text, space: true, from, to: toSamples(atMs), confidence: SURE });
      }
      atMs += pauseMs;
    }
    this.words = words;
    this.samples = new Int16Array(toSamples(atMs + silenceMs));
    for (const { from, to } of words)
      for (let at = from; at < to; at++) this.samples[at] = Math.round(Math.sin(at / 5) * 8_000);
    this.voice = Float32Array.from({ length: Math.floor(this.samples.length / WINDOW) }, (_, i) => {
      const middle = (i + 0.5) * WINDOW;
      return words.some(({ from, to }) => from <= middle && middle < to) ? 0.95 : 0.02;
    });
  }

  /**
   * The words in the audio. As with Whisper, one that is cut off is half a word, the last one looks like the end of a sentence, and
   * those near the end are unsure while the speaker goes on.
   */
  readonly decode = ({ fromSample, samples }: DecodeSpan) => {
    const end = fromSample + samples.length;
    const inside = this.words.filter(
      ({ from, to }) => from >= fromSample - SAMPLE_RATE / 10 && from + (to - from) / 3 < end,
    );
    const isPause = (inside.at(-1)?.to ?? end) < end - toSamples(PAUSE_MS);
    const words = inside.map((word, i): Word => {
      if (isPause || end - word.to > toSamples(UNSURE_MS)) return word;
      if (i < inside.length - 1) return { ...word, confidence: UNSURE };
      if (word.to > end) return { ...word, text: word.text.slice(0, 2), to: end, confidence: HALF_A_WORD };
      return { ...word, text: word.text.replace(/[.?!]?$/, '.'), confidence: UNSURE };
    });
    return Promise.resolve(sureHypothesis(words));
  };
}

const toSamples = (ms: number): number => Math.round((ms * SAMPLE_RATE) / 1_000);
