import { toPrintable } from '../protocol/printable.ts';
import type { ViewerEvent, ViewerEventOf } from '../protocol/viewer-events.ts';

/** A sentence as it goes out as a caption: once, and for good. */
export interface Caption {
  readonly session: string;
  readonly channel: number;
  readonly sentence: number;
  readonly language: string;
  readonly text: string;
  /** In the audio of its session, ms. */
  readonly fromMs: number;
  readonly toMs: number;
  /** Wall time when it became final, ms since 1970. */
  readonly atMs: number;
  /** Place of its final in the room. */
  readonly cursor: number;
}

export interface CaptionAssemblerOptions {
  /** `cleaned` waits for the cleaning of a sentence, `raw` takes it as spoken. */
  readonly text: 'cleaned' | 'raw';
  /** Language of the translation that is wanted instead. */
  readonly translate?: string | undefined;
  /** Longest wait for a cleaning or translation, ms; then the sentence goes out as spoken. */
  readonly waitMs: number;
}

interface Waiting {
  readonly final: ViewerEventOf<'final'>;
  readonly untilMs: number;
  caption: Caption | undefined;
}

/** After so many finals in a row without what is waited for, a session is taken for one that has none. */
const IN_VAIN = 3;
/** Sentences remembered, so that none comes twice after a connection was lost. */
const SEEN_MAX = 4_096;
/** Sessions remembered. */
const SESSIONS_MAX = 64;

/**
 * Makes captions of a room's events, in the order in which sentences became final, each once. Nothing that was given out
 * changes any more, so a sentence waits a moment for its cleaning or translation.
 */
export class CaptionAssembler {
  readonly #options: CaptionAssemblerOptions;
  readonly #waiting: Waiting[] = [];
  readonly #seen = new Set<string>();
  /** Finals of each session since what was waited for last came. */
  readonly #vain = new Map<string, number>();

  constructor(options: CaptionAssemblerOptions) {
    this.#options = options;
  }

  /** When `take` has something to give at the latest; undefined when nothing waits. */
  get dueMs(): number | undefined {
    return this.#waiting[0]?.untilMs;
  }

  read(event: ViewerEvent, nowMs: number): void {
    switch (event.type) {
      case 'final':
        return this.#final(event, nowMs);
      case 'cleaned':
        if (this.#options.translate !== undefined || this.#options.text === 'raw') return;
        return this.#settle(event, undefined);
      case 'translated':
        if (event.language !== this.#options.translate) return;
        return this.#settle(event, event.language);
    }
  }

  /** Captions that are settled; those without text are left out. */
  take(nowMs: number): Caption[] {
    const taken: Caption[] = [];
    for (let first = this.#waiting[0]; first !== undefined; first = this.#waiting[0]) {
      if (first.caption === undefined && nowMs < first.untilMs) break;
      this.#waiting.shift();
      taken.push(first.caption ?? captionOf(first.final, {}));
    }
    return taken.filter(({ text }) => text !== '');
  }

  #final(final: ViewerEventOf<'final'>, nowMs: number): void {
    const key = keyOf(final);
    if (this.#seen.has(key)) return;
    this.#seen.add(key);
    forgetOldest(this.#seen, SEEN_MAX);
    const { translate, text, waitMs } = this.#options;
    const isDone = translate === undefined ? text === 'raw' : final.language === translate;
    const vain = this.#vain.get(final.session) ?? 0;
    if (!isDone) this.#vain.set(final.session, vain + 1);
    forgetOldest(this.#vain, SESSIONS_MAX);
    const waits = !isDone && vain < IN_VAIN;
    this.#waiting.push({
      final,
      untilMs: waits ? nowMs + waitMs : nowMs,
      caption: isDone ? captionOf(final, {}) : undefined,
    });
  }

  #settle(event: ViewerEventOf<'cleaned'> | ViewerEventOf<'translated'>, language: string | undefined): void {
    this.#vain.set(event.session, 0);
    const key = keyOf(event);
    const waiting = this.#waiting.find(({ final }) => keyOf(final) === key);
    if (waiting === undefined) return;
    const { text } = event;
    waiting.caption = captionOf(waiting.final, language === undefined ? { text } : { text, language });
  }
}

function captionOf(
  final: ViewerEventOf<'final'>,
  change: { readonly text?: string; readonly language?: string },
): Caption {
  const { session, channel, sentence, language, text, fromMs, toMs, atMs, cursor } = final;
  const place = { session, channel, sentence, language, fromMs, toMs, atMs, cursor, ...change };
  return { ...place, text: toPrintable(change.text ?? text).trim() };
}

const keyOf = ({ session, channel, sentence }: Pick<Caption, 'session' | 'channel' | 'sentence'>): string =>
  `${session}/${channel}/${sentence}`;

function forgetOldest(kept: Set<string> | Map<string, unknown>, most: number): void {
  if (kept.size > most) kept.delete(kept.keys().next().value!);
}
