import type { DecodeSpan, SessionOutput } from '../core/session/outputs.ts';
import { joinWords } from '../core/stable/words.ts';
import { DECODE_SAMPLES_MAX, SAMPLE_RATE } from '../core/time.ts';
import type { IdleDecoder } from './idle-decoder.ts';

export interface WhisperTranslatorSetup {
  readonly decoder: Pick<IdleDecoder, 'decode'>;
  /** Name of the model that translates. */
  readonly model: string;
  /** Name of the model the session has pinned. */
  readonly sessionModel: string | undefined;
  /** Reads the audio that is still held; undefined when its beginning is gone. */
  readonly readAudio: (channel: number, from: number, to: number) => Float32Array | undefined;
}

/** Audio decoded around a sentence, because its word times are not exact, samples. */
const MARGIN_SAMPLES = SAMPLE_RATE / 5;

/**
 * Translates a sentence into English by decoding it once more with the speech model, when no other decode wants a slot.
 */
export class WhisperTranslator {
  readonly model: string;
  readonly #setup: WhisperTranslatorSetup;

  constructor(setup: WhisperTranslatorSetup) {
    this.#setup = setup;
    this.model = setup.sessionModel ?? setup.model;
  }

  /** The audio to decode; undefined when it is no longer held. */
  buildSpan({ channel, sound, language }: Extract<SessionOutput, { kind: 'translate' }>): DecodeSpan | undefined {
    if (sound === undefined) return undefined;
    const fromSample = Math.max(0, sound.from - MARGIN_SAMPLES);
    const to = Math.min(sound.to + MARGIN_SAMPLES, fromSample + DECODE_SAMPLES_MAX);
    const samples = this.#setup.readAudio(channel, fromSample, to);
    if (samples === undefined) return undefined;
    const { sessionModel: model } = this.#setup;
    const options = {
      kind: 'final',
      task: 'translate',
      language,
      languages: [],
      model,
      windowFloor: undefined,
    } as const;
    // Words of the other language in the prompt would be continued.
    return { ...options, channel, fromSample, samples, prompt: '', prefix: '' };
  }

  /** Rejects when aborted, and with `DecodeDropped` when too many decodes wait. */
  async translate(span: DecodeSpan, signal: AbortSignal): Promise<string> {
    const { stop, words } = await this.#setup.decoder.decode(span, 'translation', signal);
    return stop === 'repeat' ? '' : joinWords(words);
  }
}
