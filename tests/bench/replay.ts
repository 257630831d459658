import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { EventBody, ServerEvent } from '../../protocol/index.ts';
import type { Hypothesis } from '../../server/core/hypothesis.ts';
import type { ServiceLevel } from '../../server/core/schedule/load-shedder.ts';
import type { SessionInput } from '../../server/core/session/inputs.ts';
import type { DecodeSpan, SessionOutput } from '../../server/core/session/outputs.ts';
import { SessionCore } from '../../server/core/session/session.ts';
import type { PipelineOptions, SessionSettings } from '../../server/core/session/settings.ts';
import { toHeard } from './feed.ts';
import type { Arrival } from './measures.ts';
import type { SimulatedClock } from './simulated-clock.ts';
import type { DecodeRunner } from './simulated-decoding.ts';

/** Decodes a span; slow, so its answers are kept in a folder by what was asked. */
export type Decoder = (span: DecodeSpan, windowFloor: number) => Promise<Hypothesis>;

export interface ReplayOptions {
  /** Probabilities of the recording's windows of 512 samples. */
  readonly voice: Float32Array;
  /** Answers the questions to the turn detector; undefined leaves them unanswered. */
  readonly turns?: TurnJudge | undefined;
  readonly pipeline: PipelineOptions;
  readonly settings: SessionSettings;
  readonly clock: SimulatedClock;
  readonly runner: DecodeRunner;
}

/** Probability that the speaker is done at the end of this audio. */
export type TurnJudge = (audio: Float32Array) => Promise<number>;

/** What an answer of the turn detector takes, ms. */
const TURN_MS = 40;
const STEP = 1_600;
const WINDOW = 512;

/**
 * One recording through the pure session under a simulated clock. Audio arrives in steps of 100 ms. The same input gives
 * the same events, whatever else the machine does.
 */
export class Replay {
  readonly #options: ReplayOptions;
  readonly #name: string;
  readonly #core: SessionCore;
  readonly #samples: Float32Array;
  readonly #arrivals: Arrival[] = [];
  readonly #beganMs: number;
  readonly #onClosed: (arrivals: Arrival[]) => void;
  #seq = 0;

  /** `name` is the session's. It begins now, and `onClosed` gets all that its client saw. */
  constructor(name: string, samples: Int16Array, options: ReplayOptions, onClosed: (arrivals: Arrival[]) => void) {
    this.#name = name;
    this.#options = options;
    this.#samples = toHeard(samples);
    this.#core = new SessionCore(options.settings, options.pipeline);
    this.#beganMs = options.clock.nowMs();
    this.#onClosed = onClosed;
    options.runner.addSession(name);
    for (let at = 0; at < this.#samples.length; at += STEP) {
      const chunk = this.#samples.subarray(at, at + STEP);
      options.clock.setTimer((at + chunk.length) / 16, () => this.#feed({ kind: 'audio', channels: [chunk] }));
    }
    options.clock.setTimer(this.#samples.length / 16, () => this.#feed({ kind: 'finish' }));
  }

  setServiceLevel(serviceLevel: ServiceLevel): void {
    this.#feed({ kind: 'load', serviceLevel });
  }

  #feed(input: SessionInput): void {
    for (const output of this.#core.handle(input)) this.#perform(output);
  }

  #perform(output: SessionOutput): void {
    const { clock, runner, voice } = this.#options;
    switch (output.kind) {
      case 'detect':
        return this.#feed({ ...output, kind: 'probability', value: voice[output.from / WINDOW] ?? 0 });
      case 'predictTurnEnd':
        return this.#predictTurnEnd(output);
      case 'recognise':
        return this.#requestDecode(output.job, output.final);
      case 'forget':
        return runner.cancel(this.#name, output.job);
      case 'clean': {
        const { sentence, revised } = output;
        clock.setTimer(0, () => this.#feed({ kind: 'unwritten', sentence, revised, reason: 'absent', tookMs: 0 }));
        return;
      }
      case 'hearAgain':
        return this.#hearAgain(output);
      case 'event':
        return this.#note(output.event);
      case 'closed':
        runner.removeSession(this.#name);
        return this.#onClosed(this.#arrivals);
    }
  }

  #predictTurnEnd({ channel, from, to }: Extract<SessionOutput, { kind: 'predictTurnEnd' }>): void {
    const { clock, turns } = this.#options;
    if (turns === undefined) return;
    const judging = turns(this.#core.audio(channel, from, to)).then((probability) => {
      clock.setTimer(TURN_MS, () => this.#feed({ kind: 'turnEnd', channel, to, probability }));
    });
    void clock.hold(judging);
  }

  #requestDecode(job: number, final: boolean): void {
    this.#options.runner.enqueue({
      session: this.#name,
      job,
      final,
      takeSpan: () => this.#core.take(job),
      onAnswer: (answer) => {
        if (answer.kind === 'hypothesis') this.#feed({ kind: 'hypothesis', job, hypothesis: answer.hypothesis });
        else this.#feed({ kind: 'undecoded', job, reason: answer.kind });
      },
    });
  }

  #hearAgain({ stretch, span, to }: Extract<SessionOutput, { kind: 'hearAgain' }>): void {
    const samples = this.#core.held(span.channel, span.fromSample, to);
    if (samples === undefined) {
      this.#options.clock.setTimer(0, () => this.#feed({ kind: 'noSecondHypothesis', stretch }));
      return;
    }
    const decode = (): void =>
      this.#options.runner.enqueue({
        ...{ session: this.#name, job: -stretch, final: false, background: 'secondHearing' },
        takeSpan: () => ({ ...span, samples }),
        onAnswer: (answer) => {
          if (answer.kind !== 'hypothesis') return this.#feed({ kind: 'noSecondHypothesis', stretch });
          // Its slot was needed.
          if (answer.hypothesis.stop === 'aborted') return decode();
          this.#feed({ kind: 'secondHypothesis', stretch, hypothesis: answer.hypothesis });
        },
      });
    decode();
  }

  #note(event: EventBody): void {
    const atMs = this.#options.clock.nowMs() - this.#beganMs;
    this.#arrivals.push({ atMs, event: { ...event, seq: ++this.#seq } as ServerEvent });
  }
}

/** Keeps the answers of a turn detector on disk, by samples. */
export function rememberedTurns(judge: TurnJudge, folder: string): TurnJudge {
  mkdirSync(folder, { recursive: true });
  return async (audio) => {
    const bytes = Buffer.from(audio.buffer, audio.byteOffset, audio.byteLength);
    const path = join(folder, `${createHash('sha256').update(bytes).digest('hex')}.turn`);
    if (existsSync(path)) return Number(readFileSync(path, 'utf8'));
    const probability = await judge(audio);
    writeFileSync(path, String(probability));
    return probability;
  };
}

/** Keeps a decoder's answers on disk, by samples and settings, so that a second run costs nothing. */
export function remembered(decode: Decoder, folder: string, model: string): Decoder {
  mkdirSync(folder, { recursive: true });
  return async (span, windowFloor) => {
    // A draft makes a decode faster and never changes it.
    const { samples, fromSample, draft: _, ...asked } = span;
    const bytes = Buffer.from(samples.buffer, samples.byteOffset, samples.byteLength);
    const key = createHash('sha256')
      .update(bytes)
      .update(JSON.stringify({ ...asked, model, fromSample, windowFloor }))
      .digest('hex');
    const path = join(folder, `${key}.json`);
    if (existsSync(path)) return JSON.parse(readFileSync(path, 'utf8')) as Hypothesis;
    const hypothesis = await decode(span, windowFloor);
    writeFileSync(path, JSON.stringify(hypothesis));
    return hypothesis;
  };
}
