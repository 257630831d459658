import { getDisplayedText, type Sentence } from '../../sdk/index.ts';
import { copyText } from '../ui/clipboard.ts';
import { createButton, createElement, extendText, getDescendant } from '../ui/dom.ts';
import { formatElapsed } from '../ui/format-elapsed.ts';
import { updateHearingMark } from '../ui/hearing-mark.ts';
import { markSkippableRow } from '../ui/skippable-rows.ts';

/** The transcript: finished sentences in the log, open ones below it. Finished sentences are never drawn again. */
export class TranscriptView {
  readonly #log: HTMLElement;
  readonly #open: HTMLElement;
  readonly #jump: HTMLButtonElement;
  readonly #rows = new Map<Sentence, HTMLElement>();
  readonly #openLines = new Map<number, HTMLElement>();
  #raw = false;
  #isFollowing = true;

  constructor(log: HTMLElement, open: HTMLElement, jump: HTMLButtonElement) {
    this.#log = log;
    this.#open = open;
    this.#jump = jump;
    addEventListener('scroll', () => this.#handleScroll(), { passive: true });
    jump.addEventListener('click', () => {
      this.#isFollowing = true;
      this.#scrollToEnd();
      jump.hidden = true;
    });
  }

  /** Shows the current state of a sentence. */
  show(sentence: Sentence): void {
    if (sentence.final) this.#showFinal(sentence);
    else this.#showOpen(sentence);
    this.#scrollToEnd();
  }

  set raw(raw: boolean) {
    this.#raw = raw;
    for (const [sentence, row] of this.#rows) {
      delete row.dataset['raw'];
      fillRow(row, sentence, raw);
    }
  }

  clear(): void {
    this.#log.replaceChildren();
    this.#open.replaceChildren();
    this.#rows.clear();
    this.#openLines.clear();
  }

  #showOpen(sentence: Sentence): void {
    let line = this.#openLines.get(sentence.number);
    if (line === undefined) {
      line = createElement('p', {}, createElement('span'), createElement('span', { className: 'tentative' }));
      this.#openLines.set(sentence.number, line);
      this.#open.append(line);
    }
    const [stable, tentative] = [...line.children] as [HTMLElement, HTMLElement];
    extendText(stable, sentence.stable);
    tentative.textContent = sentence.tentative;
  }

  #showFinal(sentence: Sentence): void {
    this.#openLines.get(sentence.number)?.remove();
    this.#openLines.delete(sentence.number);
    const known = this.#rows.get(sentence);
    const row = known ?? this.#addRow(sentence);
    if ((sentence.cleaned ?? sentence.revised) !== undefined && known !== undefined) row.dataset['clean'] = 'new';
    fillRow(row, sentence, row.dataset['raw'] === undefined ? this.#raw : row.dataset['raw'] === 'yes');
  }

  #addRow(sentence: Sentence): HTMLElement {
    const text = createElement('span', { className: 'sentence-text', dir: 'auto' });
    if (sentence.language !== undefined) text.lang = sentence.language;
    const actions = createElement('span', { className: 'sentence-actions' });
    const time = createElement('time', { textContent: formatElapsed(sentence.fromMs) });
    const row = createElement('div', { className: 'sentence' }, time, text, actions);
    actions.append(this.#createTextToggle(row, sentence), createCopyButton(text));
    this.#log.append(row);
    markSkippableRow(this.#log);
    this.#rows.set(sentence, row);
    return row;
  }

  /** The button that switches one sentence between its best form and its first version. */
  #createTextToggle(row: HTMLElement, sentence: Sentence): HTMLButtonElement {
    const toggle = (): void => {
      const raw = row.dataset['raw'] === undefined ? this.#raw : row.dataset['raw'] === 'yes';
      row.dataset['raw'] = raw ? 'no' : 'yes';
      fillRow(row, sentence, !raw);
    };
    return createButton('', toggle, { className: 'text-toggle', hidden: true });
  }

  #handleScroll(): void {
    const { scrollHeight, scrollTop, clientHeight } = document.documentElement;
    this.#isFollowing = scrollHeight - scrollTop - clientHeight < 120;
    this.#jump.hidden = this.#isFollowing;
  }

  #scrollToEnd(): void {
    if (this.#isFollowing) scrollTo({ top: document.documentElement.scrollHeight });
    else this.#jump.hidden = false;
  }
}

/** Writes a sentence into its row. In raw text, words that cleaning removed are struck out, unless it is a cleaning of other words. */
function fillRow(row: HTMLElement, sentence: Sentence, raw: boolean): void {
  const text = getDescendant(row, '.sentence-text');
  const toggle = getDescendant(row, '.text-toggle', HTMLButtonElement);
  const isRevised = sentence.revised !== undefined && sentence.revised !== sentence.stable;
  const differs = isRevised || getDisplayedText(sentence, false) !== sentence.stable;
  row.toggleAttribute('data-revised', isRevised);
  toggle.hidden = !differs;
  toggle.classList.toggle('hearing-mark', isRevised);
  if (isRevised) updateHearingMark(toggle, { isFirst: raw, label: 'Revised; show the first version' });
  else showCleaned(toggle, raw);
  if (!raw || !differs || isRevised) {
    text.textContent = getDisplayedText(sentence, raw);
    row.hidden = text.textContent === '' && !raw && !isRevised;
    return;
  }
  row.hidden = false;
  const parts: (string | HTMLElement)[] = [];
  let at = 0;
  for (const change of sentence.changes.filter(({ kind }) => kind === 'removed')) {
    const removed = createElement('del', { textContent: sentence.stable.slice(change.from, change.to) });
    parts.push(sentence.stable.slice(at, change.from), removed);
    at = change.to;
  }
  parts.push(sentence.stable.slice(at));
  text.replaceChildren(...parts);
}

function showCleaned(toggle: HTMLButtonElement, raw: boolean): void {
  toggle.textContent = raw ? 'First version' : 'Cleaned';
  toggle.setAttribute(
    'aria-label',
    raw ? 'First version; show the cleaned sentence' : 'Cleaned; show the first version',
  );
}

function createCopyButton(text: HTMLElement): HTMLButtonElement {
  const copy = async (): Promise<void> => {
    button.textContent = (await copyText(text.textContent ?? '')) ? 'Copied' : 'Not allowed';
    setTimeout(() => {
      button.textContent = 'Copy';
    }, 1_200);
  };
  const button = createButton('Copy', copy, { attributes: { 'aria-label': 'Copy this sentence' } });
  return button;
}
