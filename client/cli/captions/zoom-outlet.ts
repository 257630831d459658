import type { Caption } from '../../../transcript/caption-assembler.ts';
import { type Block, CaptionPacer, type CaptionPacerOptions } from './core/caption-pacer.ts';
import { toZoomLanguage } from './core/zoom-language.ts';
import { DeliveryQueue } from './delivery-queue.ts';
import { isTransientStatus, readBeginning, retryLater, sendPost } from './http-post.ts';
import type { Clock, DeliveryResult, Outlet, PrintMessage } from './outlet.ts';

export interface ZoomOptions {
  /** The caption URL of the meeting ("Copy the API token"). Everybody who has it can write captions. */
  readonly url: string;
  /** Zoom's name of the language; default: by the language of each caption. */
  readonly language: string | undefined;
  readonly pace: CaptionPacerOptions;
  readonly print: PrintMessage;
  readonly clock: Clock;
}

/** A meeting that has refused captions for this long after accepting some is over, ms. */
const OVER_AFTER_MS = 60_000;
const SEQUENCE_MS = 5_000;

/** Captions of a Zoom meeting. Texts are numbered, and a text that is sent again keeps its number. */
export class ZoomOutlet implements Outlet {
  readonly name = 'Zoom';
  readonly #options: ZoomOptions;
  readonly #pacer: CaptionPacer;
  readonly #queue: DeliveryQueue<Block>;
  /** Number of the next text. Zoom knows it, so that a second run continues the count. */
  #sequence: number | undefined;
  #taken = 0;
  #refusedSinceMs: number | undefined;

  constructor(options: ZoomOptions) {
    this.#options = options;
    this.#pacer = new CaptionPacer({ ...options.pace, maxMs: 0 });
    this.#queue = new DeliveryQueue({
      ...{ name: this.name, waiting: this.#pacer, print: options.print, clock: options.clock },
      deliver: (block, signal) => this.#deliver(block, signal),
    });
  }

  get failed(): Promise<string> {
    return this.#queue.failed;
  }

  take(caption: Caption): void {
    this.#pacer.add(caption);
    this.#queue.wake();
  }

  finish(graceMs: number): Promise<void> {
    return this.#queue.finish(graceMs);
  }

  async #deliver({ text, language }: Block, signal: AbortSignal): Promise<DeliveryResult> {
    this.#sequence ??= await this.#nextSequence(signal);
    const url = new URL(this.#options.url);
    url.searchParams.set('seq', String(this.#sequence));
    url.searchParams.set('lang', this.#options.language ?? toZoomLanguage(language));
    const headers = { 'content-type': 'text/plain' };
    const answer = await sendPost({ url: url.href, headers, body: `${text}\n` }, signal);
    if (typeof answer === 'string') return retryLater(`not reached (${answer}); trying again.`);
    const { status, retryAfterMs } = answer;
    if (status >= 200 && status < 300) {
      this.#sequence++;
      this.#taken++;
      this.#refusedSinceMs = undefined;
      return { kind: 'sent' };
    }
    if (isTransientStatus(status)) return retryLater(`it answers with status ${status}; trying again.`, retryAfterMs);
    return this.#refused(status);
  }

  #refused(status: number): DeliveryResult {
    if (status !== 400)
      return {
        kind: 'failed',
        text: `it refuses the caption URL (status ${status}): copy the one of this meeting, it is another each time.`,
      };
    const nowMs = this.#options.clock.nowMs();
    this.#refusedSinceMs ??= nowMs;
    if (this.#taken === 0) return retryLater('the meeting has not begun (status 400); trying again.');
    if (nowMs - this.#refusedSinceMs < OVER_AFTER_MS)
      return retryLater('the meeting takes no captions now (status 400); trying again for a minute.');
    return { kind: 'failed', text: 'the meeting is over (status 400).' };
  }

  /** One more than the last number that Zoom has; 1 when it does not say. */
  async #nextSequence(signal: AbortSignal): Promise<number> {
    const url = new URL(this.#options.url);
    url.pathname = `${url.pathname.replace(/\/$/, '')}/seq`;
    try {
      const last = Number((await readBeginning(url, SEQUENCE_MS, signal))?.trim() || 'none');
      return Number.isSafeInteger(last) && last >= 0 ? last + 1 : 1;
    } catch {
      // The post itself will report what is wrong.
      return 1;
    }
  }
}
