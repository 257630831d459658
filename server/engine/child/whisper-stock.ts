import { createRequire } from 'node:module';
import type { Hypothesis } from '../../core/hypothesis.ts';
import { computeCompressionRatio } from '../native/binding.ts';
import type { WireJob, WorkerSetup } from '../wire.ts';
import type { ChildEngine } from './engine.ts';
import { type EngineWord, toAbsoluteWords } from './words.ts';

/** The binding gives no token probabilities; a middling value neither commits a word early nor drops it. */
const UNKNOWN_CONFIDENCE = 0.5;

/** The part of the binding that is used; its own types are TypeScript sources that do not compile here. */
interface StockContext {
  transcribeData(
    samples: ArrayBuffer,
    options: object,
  ): { promise: Promise<{ language?: string; segments: { text: string; t0: number; t1: number }[] }> };
}
interface Binding {
  initWhisper(options: { filePath: string; useGpu: boolean }): Promise<StockContext>;
}

/** The prebuilt binding: always 30 s windows, one decode at a time, no probabilities, no abort while it computes. */
export class StockEngine implements ChildEngine {
  readonly name = 'stock';
  readonly slots = 1;
  readonly multilingual: boolean;
  readonly detail =
    'prebuilt binding, always a 30 s window: slow on x64 without a GPU; install a C++ compiler for the native engine';
  readonly #context: StockContext;

  private constructor(context: StockContext, multilingual: boolean) {
    this.#context = context;
    this.multilingual = multilingual;
  }

  static async load(setup: WorkerSetup, multilingual: boolean): Promise<StockEngine> {
    const { initWhisper } = createRequire(import.meta.url)('@fugood/whisper.node') as Binding;
    return new StockEngine(await initWhisper({ filePath: setup.modelPath, useGpu: false }), multilingual);
  }

  async decode(job: WireJob, threads: number, signal: AbortSignal): Promise<Hypothesis> {
    const started = performance.now();
    const options = {
      ...(this.multilingual ? { language: job.language } : { language: 'en' }),
      translate: job.task === 'translate',
      ...(job.prompt === '' ? {} : { prompt: job.prompt }),
      maxThreads: threads,
      maxLen: 1,
      tokenTimestamps: true,
      temperature: 0,
    };
    const { promise } = this.#context.transcribeData(toInt16(job.samples), options);
    const result = await promise;
    const words = joinTokens(result.segments);
    return {
      words: signal.aborted ? [] : toAbsoluteWords(words, job.fromSample, job.samples.length),
      language: result.language ?? (job.language === 'auto' ? 'en' : job.language),
      languageProbability: 1,
      noSpeech: 0,
      averageLogProbability: 0,
      compressionRatio: computeCompressionRatio(words.map((word) => word.text).join(' ')),
      stop: signal.aborted ? 'aborted' : 'end',
      decodeMs: performance.now() - started,
    };
  }
}

function toInt16(samples: Float32Array): ArrayBuffer {
  const out = new Int16Array(samples.length);
  for (let i = 0; i < samples.length; i++) out[i] = Math.max(-32768, Math.min(32767, Math.round(samples[i]! * 32768)));
  return out.buffer;
}

/** With `maxLen: 1` a segment is one token; a token without a leading space continues the previous word. */
function joinTokens(segments: readonly { text: string; t0: number; t1: number }[]): EngineWord[] {
  const words: EngineWord[] = [];
  for (const { text, t0, t1 } of segments) {
    if (text.trim() === '') continue;
    const last = words.at(-1);
    if (last !== undefined && !text.startsWith(' ')) {
      words[words.length - 1] = { ...last, text: last.text + text, toMs: Math.max(last.toMs, t1) };
    } else {
      words.push({
        text: text.trim(),
        space: text.startsWith(' '),
        fromMs: t0,
        toMs: t1,
        confidence: UNKNOWN_CONFIDENCE,
      });
    }
  }
  return words;
}
