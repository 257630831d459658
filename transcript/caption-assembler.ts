import { toPrintable } from '../protocol/printable.ts';
import type { ViewerEvent, ViewerEventOf } from '../protocol/viewer-events.ts';
import { FormQueue } from './form-queue.ts';
import { formatSentenceKey } from './sentence.ts';
import { getAwaitedForm, isFormEvent, type WantedForm } from './wanted-form.ts';

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

export interface CaptionAssemblerOptions extends WantedForm {
  /** Longest wait for a cleaning, translation or second hearing, ms; then the sentence goes out as spoken. */
  readonly waitMs: number;
}

/** After so many sentences in a row whose form did not come in time, a session is taken for one that has none. */
const MISSES_MAX = 3;
/** Sentences remembered, so that none comes twice after a connection was lost. */
const SEEN_MAX = 4_096;

/**
 * Makes captions of a room's events, in the order in which sentences became final, each once. A caption that was given out
 * never changes, so a sentence waits a moment for its cleaning or translation. What a second hearing heard comes too late for
 * that, unless it is what is wanted (`revised`): then every sentence waits for it.
 */
export class CaptionAssembler {
  readonly #options: CaptionAssemblerOptions;
  readonly #queue: FormQueue<ViewerEventOf<'final'>, Pick<Caption, 'text'> & Partial<Caption>>;
  readonly #seen = new Set<string>();

  constructor(options: CaptionAssemblerOptions) {
    this.#options = options;
    // Most sentences are not revised, because they were heard well the first time.
    const missesMax = isRevisedWanted(options) ? Number.POSITIVE_INFINITY : MISSES_MAX;
    this.#queue = new FormQueue({ missesMax });
  }

  /** When `take` has something to give at the latest, in the time of `read`; undefined when nothing waits. */
  get dueMs(): number | undefined {
    return this.#queue.dueMs;
  }

  read(event: ViewerEvent, nowMs: number): void {
    if (event.type === 'final') return this.#add(event, nowMs);
    const isRevision = event.type === 'revised' && isRevisedWanted(this.#options);
    if (!isRevision && !isFormEvent(event, this.#options)) return;
    const { text } = event;
    const form = event.type === 'translated' ? { text, language: event.language } : { text };
    this.#queue.deliver(formatSentenceKey(event), form, event.session);
  }

  /** Captions whose turn it is; those without text are left out. */
  take(nowMs: number): Caption[] {
    return this.#queue
      .take(nowMs)
      .map(({ item, form }) => toCaption(item, form))
      .filter(({ text }) => text !== '');
  }

  #add(final: ViewerEventOf<'final'>, nowMs: number): void {
    const key = formatSentenceKey(final);
    if (this.#seen.has(key)) return;
    this.#seen.add(key);
    if (this.#seen.size > SEEN_MAX) this.#seen.delete(this.#seen.keys().next().value!);
    const { session: source } = final;
    const isWaiting = this.#hasLaterForm(final) && this.#queue.waitsFor(source);
    this.#queue.add({ key, item: final, untilMs: isWaiting ? nowMs + this.#options.waitMs : undefined, source });
  }

  /** A sentence in the language that is wanted is not translated. */
  #hasLaterForm({ language }: ViewerEventOf<'final'>): boolean {
    if (isRevisedWanted(this.#options)) return true;
    const awaited = getAwaitedForm(this.#options);
    return awaited === 'cleaned' || (awaited === 'translated' && language !== this.#options.translate);
  }
}

const isRevisedWanted = (wanted: WantedForm): boolean =>
  wanted.text === 'revised' && getAwaitedForm(wanted) === undefined;

function toCaption(final: ViewerEventOf<'final'>, form: Partial<Caption> = {}): Caption {
  const { session, channel, sentence, language, text, fromMs, toMs, atMs, cursor } = final;
  const caption = { session, channel, sentence, language, text, fromMs, toMs, atMs, cursor, ...form };
  return { ...caption, text: toPrintable(caption.text).trim() };
}
