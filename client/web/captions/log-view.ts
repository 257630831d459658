import { formatSpeakerKey } from '../../../transcript/sentence.ts';
import type { Sentence } from '../../../transcript/sentence-fold.ts';
import {
  FORM_TIMEOUT_MS,
  getAwaitedForm,
  selectDisplayedText,
  selectWantedText,
  type WantedForm,
} from '../../../transcript/wanted-form.ts';
import { createElement, extendText, getDescendant, setText } from '../ui/dom.ts';
import { createHearingMark, updateHearingMark } from '../ui/hearing-mark.ts';
import { markSkippableRow } from '../ui/skippable-rows.ts';

export interface LogElements {
  readonly log: HTMLElement;
  readonly open: HTMLElement;
  readonly jump: HTMLElement;
  /** Text of the jump button: how many sentences have arrived since the reader scrolled up. */
  formatMissed(count: number): string;
  formatSpeaker(number: number): string;
  /** What the mark of a revised sentence says. */
  formatHearing(): string;
  /** Called when a sentence is shown as spoken because its preferred form did not arrive in time. */
  onLate(isTranslation: boolean): void;
}

/** Sentences that stay on the page. */
export const SENTENCES_MAX = 2_000;
const NEAR_END_PX = 80;

/**
 * The room's text on the page: finished sentences in the log, which screen readers announce once and in their final form; open
 * sentences below it, which they do not announce. A revised sentence has a mark that shows its first version.
 */
export class LogView {
  readonly #options: LogElements;
  readonly #rows = new Map<Sentence, HTMLElement>();
  readonly #open = new Map<Sentence, HTMLElement>();
  readonly #formTimers = new Map<Sentence, ReturnType<typeof setTimeout>>();
  /** Sentences that are shown in their first version. */
  readonly #firstVersions = new Set<Sentence>();
  readonly #speakers: string[] = [];
  #choice: WantedForm = { text: 'cleaned', translate: '' };
  #showsOriginal = false;
  #lastSpeaker: string | undefined;
  #isFollowing = true;
  #missed = 0;
  #lastTop = 0;

  constructor(parts: LogElements) {
    this.#options = parts;
    addEventListener('scroll', () => this.#handleScroll(), { passive: true });
    // The end must stay in view when the text size or the width changes.
    new ResizeObserver(() => this.#scrollToEnd()).observe(parts.log);
    addEventListener('resize', () => this.#scrollToEnd());
  }

  /** Shows the current state of a sentence. */
  show(sentence: Sentence): void {
    if (this.#rows.has(sentence)) this.#fill(sentence);
    else if (!sentence.final) this.#showOpen(sentence);
    else if (selectWantedText(sentence, this.#choice) !== undefined) this.#showFinal(sentence);
    else this.#waitForForm(sentence);
    this.#scrollToEnd();
  }

  choose(choice: WantedForm, both: boolean): void {
    this.#choice = choice;
    this.#showsOriginal = both;
    for (const sentence of [...this.#formTimers.keys()]) this.show(sentence);
    for (const sentence of this.#rows.keys()) this.#fill(sentence);
    this.#scrollToEnd();
  }

  /** Scrolls to the newest line and follows it. */
  jump(): void {
    this.#isFollowing = true;
    this.#scrollToEnd();
    this.#showJump();
  }

  /** Removes open sentences that will not be continued. */
  forget(sentences: readonly Sentence[]): void {
    for (const sentence of sentences) {
      this.#open.get(sentence)?.remove();
      this.#open.delete(sentence);
    }
  }

  text(): string {
    return [...this.#rows.values()].map((row) => row.querySelector('.sentence-text')?.textContent ?? '').join('\n');
  }

  #waitForForm(sentence: Sentence): void {
    this.#showOpen(sentence);
    if (this.#formTimers.has(sentence)) return;
    // Without an awaited form the sentence would have been finished.
    const ms = FORM_TIMEOUT_MS.screen[getAwaitedForm(this.#choice)!];
    this.#formTimers.set(
      sentence,
      setTimeout(() => {
        this.#options.onLate(getAwaitedForm(this.#choice) === 'translated');
        this.#showFinal(sentence);
        this.#scrollToEnd();
      }, ms),
    );
  }

  #showOpen(sentence: Sentence): void {
    const { stable, tentative } = sentence;
    const row = this.#open.get(sentence);
    if (stable + tentative === '') {
      row?.remove();
      this.#open.delete(sentence);
      return;
    }
    const [first, last] = [...(row ?? this.#addOpen(sentence)).children] as [HTMLElement, HTMLElement];
    extendText(first, stable);
    setText(last, tentative);
  }

  #addOpen(sentence: Sentence): HTMLElement {
    const tentative = createElement('span', { className: 'tentative' });
    const row = createElement('p', { dir: 'auto' }, createElement('span'), tentative);
    this.#open.set(sentence, row);
    this.#options.open.append(row);
    return row;
  }

  #showFinal(sentence: Sentence): void {
    clearTimeout(this.#formTimers.get(sentence));
    this.#formTimers.delete(sentence);
    this.#open.get(sentence)?.remove();
    this.#open.delete(sentence);
    const row = createElement('div', { className: 'sentence' });
    const speaker = formatSpeakerKey(sentence);
    const isNewTurn = this.#lastSpeaker !== undefined && this.#lastSpeaker !== speaker;
    this.#lastSpeaker = speaker;
    const name = this.#options.formatSpeaker(this.#numberOf(speaker));
    if (isNewTurn) row.append(createElement('p', { className: 'speaker-name', textContent: name }));
    row.append(createParagraph('sentence-text'));
    this.#rows.set(sentence, row);
    this.#fill(sentence);
    this.#options.log.append(row);
    markSkippableRow(this.#options.log);
    if (!this.#isFollowing) this.#showMissed(this.#missed + 1);
    if (this.#rows.size > SENTENCES_MAX) this.#dropOldest();
  }

  #fill(sentence: Sentence): void {
    const row = this.#rows.get(sentence)!;
    const shown = getDescendant(row, '.sentence-text');
    const isTranslated =
      getAwaitedForm(this.#choice) === 'translated' && selectWantedText(sentence, this.#choice) !== undefined;
    const isRevised = isHeardAnew(sentence) && this.#choice.text !== 'raw' && !isTranslated;
    const isFirst = isRevised && this.#firstVersions.has(sentence);
    const text = selectDisplayedText(sentence, isFirst ? { text: 'raw' } : this.#choice);
    setText(shown, text);
    this.#showHearing(row, sentence, isRevised ? { isFirst } : undefined);
    shown.lang = (isTranslated ? this.#choice.translate : sentence.language) ?? '';
    row.hidden = text === '' && !isRevised;
    const original = row.querySelector<HTMLElement>('.original');
    if (!(isTranslated && this.#showsOriginal)) return original?.remove();
    const beside = original ?? createParagraph('original');
    beside.textContent = selectDisplayedText(sentence, { text: this.#choice.text });
    beside.lang = sentence.language ?? '';
    if (original === null) row.append(beside);
  }

  /** Shows the mark of a revised sentence; removes it without `hearing`. */
  #showHearing(row: HTMLElement, sentence: Sentence, hearing: { readonly isFirst: boolean } | undefined): void {
    const known = row.querySelector<HTMLButtonElement>('.hearing-mark');
    row.toggleAttribute('data-revised', hearing !== undefined);
    if (hearing === undefined) return known?.remove();
    const mark = known ?? this.#addMark(row, sentence);
    updateHearingMark(mark, { ...hearing, label: this.#options.formatHearing() });
  }

  #addMark(row: HTMLElement, sentence: Sentence): HTMLButtonElement {
    const mark = createHearingMark();
    mark.addEventListener('click', () => {
      if (!this.#firstVersions.delete(sentence)) this.#firstVersions.add(sentence);
      this.#fill(sentence);
    });
    getDescendant(row, '.sentence-text').after(mark);
    return mark;
  }

  #numberOf(speaker: string): number {
    if (!this.#speakers.includes(speaker)) this.#speakers.push(speaker);
    return this.#speakers.indexOf(speaker) + 1;
  }

  #dropOldest(): void {
    const [sentence, row] = this.#rows.entries().next().value!;
    row.remove();
    this.#rows.delete(sentence);
    this.#firstVersions.delete(sentence);
  }

  #handleScroll(): void {
    const { scrollHeight, scrollTop, clientHeight } = document.documentElement;
    const isUp = scrollTop < this.#lastTop - 2;
    this.#lastTop = scrollTop;
    const isNear = scrollHeight - scrollTop - clientHeight < NEAR_END_PX;
    if (isNear) this.#isFollowing = true;
    else if (isUp) this.#isFollowing = false;
    this.#showJump();
  }

  /** Shows the jump button only while the reader has scrolled up. */
  #showJump(): void {
    this.#options.jump.hidden = this.#isFollowing;
    if (this.#isFollowing) this.#showMissed(0);
  }

  #showMissed(count: number): void {
    this.#missed = count;
    this.#options.jump.textContent = this.#options.formatMissed(count);
  }

  #scrollToEnd(): void {
    if (this.#isFollowing) scrollTo({ top: document.documentElement.scrollHeight });
    else this.#options.jump.hidden = false;
  }
}

const isHeardAnew = ({ revised, stable }: Sentence): boolean => revised !== undefined && revised !== stable;

const createParagraph = (className: string): HTMLElement => createElement('p', { className, dir: 'auto' });
