import { markRestingRows } from '../ui/resting-rows.ts';
import { type DisplayChoice, type RoomSentence, selectDisplayedText, selectWantedText } from './room-transcript.ts';

export interface LogElements {
  readonly log: HTMLElement;
  readonly open: HTMLElement;
  readonly jump: HTMLElement;
  /** Text of the jump button: how many sentences have arrived since the reader scrolled up. */
  missed(count: number): string;
  speaker(number: number): string;
  /** Called when a sentence is shown as spoken because its preferred form did not arrive in time. */
  late(isTranslation: boolean): void;
}

/** How long a final sentence waits in the open part for its cleaned or translated form, ms; then it is shown as spoken. */
const WAIT_MS = { cleaned: 1_500, translated: 8_000 };
/** Sentences that stay on the page. */
export const SENTENCES_MAX = 2_000;
const NEAR_END_PX = 80;

/**
 * The room's text on the page: finished sentences in the log, which screen readers announce once and in their final form; open
 * sentences below it, which they do not announce.
 */
export class LogView {
  readonly #parts: LogElements;
  readonly #rows = new Map<RoomSentence, HTMLElement>();
  readonly #open = new Map<RoomSentence, HTMLElement>();
  readonly #waits = new Map<RoomSentence, ReturnType<typeof setTimeout>>();
  readonly #speakers: string[] = [];
  #choice: DisplayChoice = { text: 'cleaned', translate: '' };
  #both = false;
  #lastSpeaker: string | undefined;
  #follows = true;
  #missed = 0;
  #lastTop = 0;

  constructor(parts: LogElements) {
    this.#parts = parts;
    addEventListener('scroll', () => this.#scrolled(), { passive: true });
    // The end must stay in view when the text size or the width changes.
    new ResizeObserver(() => this.#follow()).observe(parts.log);
    addEventListener('resize', () => this.#follow());
  }

  /** Shows the current state of a sentence. */
  show(sentence: RoomSentence): void {
    if (this.#rows.has(sentence)) this.#fill(sentence);
    else if (!sentence.final) this.#grow(sentence);
    else if (selectWantedText(sentence, this.#choice) !== undefined) this.#finish(sentence);
    else this.#wait(sentence);
    this.#follow();
  }

  choose(choice: DisplayChoice, both: boolean): void {
    this.#choice = choice;
    this.#both = both;
    for (const sentence of [...this.#waits.keys()]) this.show(sentence);
    for (const sentence of this.#rows.keys()) this.#fill(sentence);
    this.#follow();
  }

  /** Scrolls to the newest line and follows it. */
  jump(): void {
    this.#follows = true;
    this.#follow();
    this.#settle();
  }

  /** Removes open sentences that will not be continued. */
  forget(sentences: readonly RoomSentence[]): void {
    for (const sentence of sentences) {
      this.#open.get(sentence)?.remove();
      this.#open.delete(sentence);
    }
  }

  text(): string {
    return [...this.#rows.values()].map((row) => row.querySelector('.said')?.textContent ?? '').join('\n');
  }

  #wait(sentence: RoomSentence): void {
    this.#grow(sentence);
    if (this.#waits.has(sentence)) return;
    const ms = this.#choice.translate === '' ? WAIT_MS.cleaned : WAIT_MS.translated;
    this.#waits.set(
      sentence,
      setTimeout(() => {
        this.#parts.late(this.#choice.translate !== '');
        this.#finish(sentence);
        this.#follow();
      }, ms),
    );
  }

  #grow(sentence: RoomSentence): void {
    const { stable, tentative } = sentence;
    const row = this.#open.get(sentence);
    if (stable + tentative === '') {
      row?.remove();
      this.#open.delete(sentence);
      return;
    }
    const [solid, tail] = [...(row ?? this.#addOpen(sentence)).children] as [HTMLElement, HTMLElement];
    // Appending leaves the existing text untouched: no flicker, no lost selection.
    const shown = solid.textContent ?? '';
    if (stable.startsWith(shown)) solid.append(stable.slice(shown.length));
    else solid.textContent = stable;
    if (tail.textContent !== tentative) tail.textContent = tentative;
  }

  #addOpen(sentence: RoomSentence): HTMLElement {
    const row = element('p');
    row.dir = 'auto';
    row.append(element('span'), element('span', 'tail'));
    this.#open.set(sentence, row);
    this.#parts.open.append(row);
    return row;
  }

  #finish(sentence: RoomSentence): void {
    clearTimeout(this.#waits.get(sentence));
    this.#waits.delete(sentence);
    this.#open.get(sentence)?.remove();
    this.#open.delete(sentence);
    const row = element('div', 'sentence');
    const turn = this.#lastSpeaker !== undefined && this.#lastSpeaker !== sentence.speaker;
    this.#lastSpeaker = sentence.speaker;
    const number = this.#numberOf(sentence.speaker);
    if (turn) {
      const name = element('p', 'speaker');
      name.textContent = this.#parts.speaker(number);
      row.append(name);
    }
    row.append(paragraph('said'));
    this.#rows.set(sentence, row);
    this.#fill(sentence);
    this.#parts.log.append(row);
    markRestingRows(this.#parts.log);
    if (!this.#follows) this.#tellMissed(this.#missed + 1);
    if (this.#rows.size > SENTENCES_MAX) this.#dropOldest();
  }

  #fill(sentence: RoomSentence): void {
    const row = this.#rows.get(sentence)!;
    const said = row.querySelector<HTMLElement>('.said')!;
    const text = selectDisplayedText(sentence, this.#choice);
    const isTranslated = this.#choice.translate !== '' && sentence.translated.has(this.#choice.translate);
    if (said.textContent !== text) said.textContent = text;
    said.lang = (isTranslated ? this.#choice.translate : sentence.language) ?? '';
    row.hidden = text === '';
    const original = row.querySelector<HTMLElement>('.original');
    if (!(isTranslated && this.#both)) return original?.remove();
    const beside = original ?? paragraph('original');
    beside.textContent = selectDisplayedText(sentence, { text: this.#choice.text, translate: '' });
    beside.lang = sentence.language ?? '';
    if (original === null) row.append(beside);
  }

  #numberOf(speaker: string): number {
    if (!this.#speakers.includes(speaker)) this.#speakers.push(speaker);
    return this.#speakers.indexOf(speaker) + 1;
  }

  #dropOldest(): void {
    const [sentence, row] = this.#rows.entries().next().value!;
    row.remove();
    this.#rows.delete(sentence);
  }

  #scrolled(): void {
    const { scrollHeight, scrollTop, clientHeight } = document.documentElement;
    const isUp = scrollTop < this.#lastTop - 2;
    this.#lastTop = scrollTop;
    const isNear = scrollHeight - scrollTop - clientHeight < NEAR_END_PX;
    if (isNear) this.#follows = true;
    else if (isUp) this.#follows = false;
    this.#settle();
  }

  /** Shows the jump button only while the reader has scrolled up. */
  #settle(): void {
    this.#parts.jump.hidden = this.#follows;
    if (this.#follows) this.#tellMissed(0);
  }

  #tellMissed(count: number): void {
    this.#missed = count;
    this.#parts.jump.textContent = this.#parts.missed(count);
  }

  #follow(): void {
    if (this.#follows) scrollTo({ top: document.documentElement.scrollHeight });
    else this.#parts.jump.hidden = false;
  }
}

function paragraph(className: string): HTMLElement {
  const made = element('p', className);
  made.dir = 'auto';
  return made;
}

function element(name: string, className = ''): HTMLElement {
  const made = document.createElement(name);
  if (className !== '') made.className = className;
  return made;
}
