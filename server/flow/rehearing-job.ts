import { Fault, type StoredSentence, type StoredTranscript, type WireWord } from '../../protocol/index.ts';
import { acceptRewrite, applyRules } from '../core/clean/accept-rewrite.ts';
import type { Word } from '../core/hypothesis.ts';
import {
  describeDecode,
  getRevisedWords,
  reviseStretch,
  type SentenceHearing,
} from '../core/second-hearing/hear-stretch.ts';
import { selectHearingModels } from '../core/second-hearing/hearing-models.ts';
import {
  collectStretches,
  hasWordsInCommon,
  type StoredChannel,
  selectKeptSentences,
  sumDurations,
} from '../core/second-hearing/stored-stretches.ts';
import type { Stretch } from '../core/second-hearing/stretch.ts';
import type { PipelineOptions } from '../core/session/settings.ts';
import { joinWords } from '../core/stable/words.ts';
import { msToSamples } from '../core/time.ts';
import { toWireWord } from '../core/wire-word.ts';
import type { Clock } from '../ports/clock.ts';
import type { SpeechModel } from '../ports/speech-model.ts';
import type { TranscriptAddition, TranscriptStore } from '../ports/transcripts.ts';
import { type Cleaners, cleanSentence } from './clean-sentence.ts';
import { DecodeDropped, type IdleDecoder } from './idle-decoder.ts';
import { type KeptSpeech, readKeptSpeech } from './kept-speech.ts';
import { shiftWord } from './transcript-addition.ts';

export interface RehearingJobParts {
  readonly decoder: Pick<IdleDecoder, 'decode'>;
  readonly speechModel: Pick<SpeechModel, 'openProbe'>;
  readonly cleaners: Cleaners;
  readonly cleanTimeoutMs: number;
  readonly clock: Clock;
  readonly pipeline: Pick<PipelineOptions, 'secondHearing' | 'vad'>;
}

export interface RehearingTask {
  readonly store: Pick<TranscriptStore, 'read' | 'readWords' | 'readSamples' | 'add'>;
  readonly owner: string;
  readonly transcript: string;
  readonly models: PipelineOptions['models'];
  /** Whether a session of the transcript is still being recorded. */
  readonly isOpen: (part: number) => boolean;
  readonly signal: AbortSignal;
  readonly onProgress: (progress: RehearingProgress) => void;
}

export interface RehearingProgress {
  /** Length of the sentences that were heard again so far, and of all, ms. */
  readonly doneMs: number;
  readonly totalMs: number;
  /** Sentences in which other words were heard. */
  readonly revised: number;
}

/** Sentences before it that the cleaner gets. */
const CONTEXT_SENTENCES = 3;
/** How often a decode, or a read of audio, is tried that fails, and the time between, ms. */
const ATTEMPTS_MAX = 3;
const RETRY_MS = 1_000;
/** Time after which a decode is asked for again when too many waited, ms. */
const DROPPED_MS = 5_000;

/**
 * Hears one stored transcript again, stretch by stretch, and replaces the revised text of its sentences. It holds the audio of
 * one stretch. All of a stretch is stored at once or, when `signal` aborts before, nothing.
 */
export class RehearingJob {
  readonly #parts: RehearingJobParts;
  readonly #task: RehearingTask;
  #doneMs = 0;
  #totalMs = 0;
  #revised = 0;

  constructor(parts: RehearingJobParts, task: RehearingTask) {
    this.#parts = parts;
    this.#task = task;
  }

  /** Resolves when all of it was heard, or `signal` has aborted. Rejects with a fault. */
  async run(): Promise<void> {
    const { store, owner, transcript, isOpen } = this.#task;
    const words = await store.readWords(owner, transcript, 'first');
    const stored = await this.#readTranscript();
    const channels = selectKeptSentences(stored, isOpen);
    this.#totalMs = sumDurations(channels.flatMap(({ sentences }) => sentences));
    this.#report();
    for (const channel of channels) await this.#hearChannel(channel, words ?? new Map());
    if (this.#task.signal.aborted) return;
    // Sentences that fit into no decode are not heard again.
    this.#doneMs = this.#totalMs;
    this.#report();
  }

  async #readTranscript(): Promise<StoredTranscript> {
    const { store, owner, transcript } = this.#task;
    const stored = await store.read(owner, transcript);
    if (stored === undefined) throw new Fault('transcript.unknown', { what: 'transcript' });
    return stored;
  }

  #report(): void {
    this.#task.onProgress({ doneMs: this.#doneMs, totalMs: this.#totalMs, revised: this.#revised });
  }

  async #hearChannel(channel: StoredChannel, words: ReadonlyMap<string, readonly WireWord[]>): Promise<void> {
    const { leastMs, mostMs } = this.#parts.pipeline.secondHearing;
    const length = { least: msToSamples(leastMs), most: msToSamples(mostMs) };
    const sentences = new Map(channel.sentences.map((each) => [each.sentence, each]));
    for (const stretch of collectStretches(channel, words, length)) {
      if (this.#task.signal.aborted) return;
      const stored = stretch.sentences.map(({ sentence }) => sentences.get(sentence)!);
      const hearings = await this.#hearStretch(stretch, channel);
      if (this.#task.signal.aborted) return;
      if (hearings !== undefined) await this.#store(channel, stored, hearings);
      this.#doneMs += sumDurations(stored);
      this.#report();
    }
  }

  /** How each sentence was heard; undefined when the stretch was not understood. */
  async #hearStretch(stretch: Stretch, channel: StoredChannel): Promise<readonly SentenceHearing[] | undefined> {
    const speech = await this.#readSpeech(stretch, channel);
    if (speech === undefined) return undefined;
    const { samples, evidence } = speech;
    const { model, otherModel, isOtherBetter } = selectHearingModels(
      stretch.language,
      { model: undefined },
      this.#task.models,
    );
    const span = {
      ...describeDecode(stretch, [], this.#parts.pipeline.secondHearing),
      ...{ samples, channel: channel.channel, fromSample: stretch.from },
    };
    const decode = (named: string | undefined) =>
      this.#try(() => this.#parts.decoder.decode({ ...span, model: named }, 'rehearing', this.#task.signal)).catch(
        (cause) => {
          throw new Fault('rehear.failed', { problem: 'the recogniser did not decode its audio' }, { cause });
        },
      );
    const hypothesis = await decode(model);
    const other = otherModel === undefined ? undefined : await decode(otherModel);
    if (hypothesis === undefined) return undefined;
    const hearings = reviseStretch(stretch, { hypothesis, other }, { evidence, isOtherBetter });
    return hearings !== undefined && hasWordsInCommon(stretch, hearings) ? hearings : undefined;
  }

  async #readSpeech({ from, to }: Stretch, { part, channel }: StoredChannel): Promise<KeptSpeech | undefined> {
    const { store, owner, transcript } = this.#task;
    const { speechModel, pipeline } = this.#parts;
    const read = async (range: { readonly from: number; readonly to: number }): Promise<Float32Array> => {
      const samples = await store.readSamples(owner, transcript, { part, channel }, range);
      if (samples !== undefined) return samples;
      await this.#readTranscript();
      throw new Fault('rehear.failed', { problem: 'its audio cannot be decoded on this server' });
    };
    return this.#try(() => readKeptSpeech({ from, to }, { read, speechModel, open: pipeline.vad.open }));
  }

  /** Resolves with undefined when the job was stopped meanwhile. */
  async #try<T>(work: () => Promise<T>): Promise<T | undefined> {
    const { signal } = this.#task;
    for (let attempt = 1; !signal.aborted; ) {
      try {
        return await work();
      } catch (error) {
        if (signal.aborted) break;
        const isDropped = error instanceof DecodeDropped;
        if (!isDropped && attempt++ >= ATTEMPTS_MAX) throw error;
        if (error instanceof Fault && error.code === 'transcript.unknown') throw error;
        await this.#wait(isDropped ? DROPPED_MS : RETRY_MS);
      }
    }
    return undefined;
  }

  #wait(ms: number): Promise<void> {
    const { signal } = this.#task;
    return new Promise((resolve) => {
      const end = (): void => {
        timer[Symbol.dispose]();
        signal.removeEventListener('abort', end);
        resolve();
      };
      const timer = this.#parts.clock.setTimer(ms, end);
      signal.addEventListener('abort', end);
    });
  }

  async #store(
    { part, fromMs }: StoredChannel,
    stored: readonly StoredSentence[],
    hearings: readonly SentenceHearing[],
  ): Promise<void> {
    const { store, transcript } = this.#task;
    const additions: TranscriptAddition[] = [];
    const revised = hearings.map(getRevisedWords);
    const texts = stored.map(({ text }, i) => (revised[i] === undefined ? text : joinWords(revised[i])));
    for (const [i, sentence] of stored.entries()) {
      if (hearings[i] === 'missed') continue;
      const context = texts.slice(Math.max(0, i - CONTEXT_SENTENCES), i);
      additions.push(...(await this.#revise(sentence, { words: revised[i], text: texts[i]!, atMs: fromMs, context })));
      // A cleaner may take seconds for each sentence, and whoever stops a job waits for this.
      if (this.#task.signal.aborted) return;
    }
    this.#revised += revised.filter((each) => each !== undefined).length;
    if (additions.length === 0) return;
    const outcome = await store.add({ transcript, part, atMs: fromMs }, additions);
    if (outcome === 'unknown') throw new Fault('transcript.unknown', { what: 'transcript' });
    if (outcome === 'space') throw new Fault('transcript.space', {});
  }

  /** What changes in a sentence. A sentence that was cleaned is cleaned anew. */
  async #revise(
    sentence: StoredSentence,
    heard: {
      readonly words: readonly Word[] | undefined;
      readonly text: string;
      readonly atMs: number;
      readonly context: readonly string[];
    },
  ): Promise<TranscriptAddition[]> {
    const { words, text, atMs, context } = heard;
    const name = { channel: sentence.channel, sentence: sentence.sentence };
    if ((words === undefined ? undefined : text) === sentence.revised) return [];
    const shifted = words?.map((word) => shiftWord(toWireWord(word), atMs));
    const change: TranscriptAddition =
      shifted === undefined ? { kind: 'unrevised', ...name } : { kind: 'revised', ...name, text, words: shifted };
    if (sentence.cleaned === undefined) return [change];
    const cleaned = await this.#clean(sentence, text, context);
    const revised = words === undefined ? undefined : (true as const);
    return [change, { kind: 'cleaned', ...name, text: cleaned, revised }];
  }

  async #clean({ sentence, language }: StoredSentence, text: string, context: readonly string[]): Promise<string> {
    if (text === '') return text;
    const { cleaners, cleanTimeoutMs, clock } = this.#parts;
    const request = { kind: 'clean', sentence, text, language, context, instruction: '', mode: 'default' } as const;
    const answer = await cleanSentence(request, cleaners, cleanTimeoutMs, clock);
    const kept = answer.kind === 'rewrite' ? acceptRewrite(request, answer.text) : { refusal: '' };
    return 'refusal' in kept ? applyRules(request).text : kept.text;
  }
}
