import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { EventBody, ServerEvent } from '../../protocol/index.ts';
import type { Hypothesis } from '../../server/core/hypothesis.ts';
import type { SessionInput } from '../../server/core/session/inputs.ts';
import type { DecodeSpan, SessionOutput } from '../../server/core/session/outputs.ts';
import { SessionCore } from '../../server/core/session/session.ts';
import type { PipelineOptions, SessionSettings } from '../../server/core/session/settings.ts';
import type { Arrival } from './measures.ts';

/** Decodes a span; slow, so its answers are kept in a folder by what was asked. */
export type Decoder = (span: DecodeSpan, windowFloor: number) => Promise<Hypothesis>;

export interface ReplayOptions {
  readonly decode: Decoder;
  /** Probabilities of the recording's windows of 512 samples. */
  readonly voice: Float32Array;
  readonly pipeline: PipelineOptions;
  readonly settings: SessionSettings;
  /** Encoder floors, frames of 20 ms. */
  readonly floors: { readonly partial: number; readonly final: number };
  /** Seconds a decode takes, by the frames of its window. */
  readonly cost: (frames: number) => number;
}

const STEP = 1_600;
const WINDOW = 512;

interface Job {
  readonly job: number;
  readonly final: boolean;
  forgotten: boolean;
}

/**
 * One recording through the pure session under a clock of its own: audio arrives in steps of 100 ms, a decode takes as
 * long as `cost` says, one runs at a time. The same input gives the same events, whatever else the machine does.
 */
export class Replay {
  readonly #options: ReplayOptions;
  readonly #core: SessionCore;
  readonly #samples: Float32Array;
  readonly #arrivals: Arrival[] = [];
  readonly #later: { readonly atMs: number; readonly run: () => Promise<void> | void }[] = [];
  #waiting: Job[] = [];
  #running: Job | undefined;
  #nowMs = 0;
  #seq = 0;
  decodes = 0;
  busyS = 0;

  constructor(samples: Int16Array, options: ReplayOptions) {
    this.#options = options;
    this.#samples = Float32Array.from(samples, (value) => value / 32_768);
    this.#core = new SessionCore(options.settings, options.pipeline);
  }

  async run(): Promise<Arrival[]> {
    for (let at = 0; at < this.#samples.length; at += STEP) {
      const chunk = this.#samples.subarray(at, at + STEP);
      this.#at((at + chunk.length) / 16, () => this.#feed({ kind: 'audio', channels: [chunk] }));
    }
    this.#at(this.#samples.length / 16, () => this.#feed({ kind: 'finish' }));
    for (;;) {
      this.#later.sort((a, b) => a.atMs - b.atMs);
      const next = this.#later.shift();
      if (next === undefined) return this.#arrivals;
      this.#nowMs = next.atMs;
      await next.run();
    }
  }

  #at(atMs: number, run: () => Promise<void> | void): void {
    this.#later.push({ atMs, run });
  }

  async #feed(input: SessionInput): Promise<void> {
    for (const output of this.#core.handle(input)) await this.#do(output);
    await this.#pump();
  }

  async #do(output: SessionOutput): Promise<void> {
    switch (output.kind) {
      case 'detect':
        return this.#feed({ ...output, kind: 'probability', value: this.#options.voice[output.from / WINDOW] ?? 0 });
      case 'recognise':
        this.#waiting.push({ job: output.job, final: output.final, forgotten: false });
        return;
      case 'forget':
        this.#waiting = this.#waiting.filter(({ job }) => job !== output.job);
        if (this.#running?.job === output.job) {
          this.#running.forgotten = true;
          this.#running = undefined;
        }
        return;
      case 'clean':
        this.#at(this.#nowMs, () =>
          this.#feed({ kind: 'unwritten', sentence: output.sentence, reason: 'absent', tookMs: 0 }),
        );
        return;
      case 'event':
        this.#say(output.event);
        return;
      case 'closed':
        return;
    }
  }

  #say(event: EventBody): void {
    this.#arrivals.push({ atMs: this.#nowMs, event: { ...event, seq: ++this.#seq } as ServerEvent });
  }

  async #pump(): Promise<void> {
    if (this.#running !== undefined) return;
    const chosen = this.#waiting.find(({ final }) => final) ?? this.#waiting[0];
    if (chosen === undefined) return;
    this.#waiting = this.#waiting.filter((job) => job !== chosen);
    const span = this.#core.take(chosen.job);
    if (span === undefined) return this.#pump();
    this.#running = chosen;
    const { floors, cost, decode } = this.#options;
    const floor = span.windowFloor ?? floors[span.kind];
    const frames = Math.max(floor, Math.ceil(span.samples.length / 320) + 24);
    const hypothesis = await decode(span, floor);
    this.decodes++;
    this.busyS += cost(frames);
    this.#at(this.#nowMs + cost(frames) * 1_000, async () => {
      if (chosen.forgotten) return;
      this.#running = undefined;
      await this.#feed({ kind: 'hypothesis', job: chosen.job, hypothesis });
    });
  }
}

/** Keeps a decoder's answers on disk, by samples and settings, so that a second run costs nothing. */
export function remembered(decode: Decoder, folder: string, model: string): Decoder {
  mkdirSync(folder, { recursive: true });
  return async (span, windowFloor) => {
    const { samples, fromSample, ...asked } = span;
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
