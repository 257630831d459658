import { getDisplayedText, type Sentence } from '../../sdk/index.ts';
import { copyText } from '../ui/clipboard.ts';
import { formatElapsed } from '../ui/format-elapsed.ts';
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
      line = element('p');
      line.append(element('span'), element('span', 'tail'));
      this.#openLines.set(sentence.number, line);
      this.#open.append(line);
    }
    const [solid, tail] = [...line.children] as [HTMLElement, HTMLElement];
    // Appending leaves the existing text untouched: no flicker, no lost selection.
    const shown = solid.textContent ?? '';
    if (sentence.stable.startsWith(shown)) solid.append(sentence.stable.slice(shown.length));
    else solid.textContent = sentence.stable;
    tail.textContent = sentence.tentative;
  }

  #showFinal(sentence: Sentence): void {
    this.#openLines.get(sentence.number)?.remove();
    this.#openLines.delete(sentence.number);
    const known = this.#rows.get(sentence);
    const row = known ?? this.#addRow(sentence);
    if (sentence.cleaned !== undefined && known !== undefined) row.dataset['clean'] = 'new';
    fillRow(row, sentence, row.dataset['raw'] === undefined ? this.#raw : row.dataset['raw'] === 'yes');
  }

  #addRow(sentence: Sentence): HTMLElement {
    const row = element('div', 'sentence');
    const time = element('time');
    time.textContent = formatElapsed(sentence.fromMs);
    const said = element('span', 'said');
    said.dir = 'auto';
    if (sentence.language !== undefined) said.lang = sentence.language;
    const acts = element('span', 'acts');
    acts.append(this.#createSwapButton(row, sentence), createCopyButton(row));
    row.append(time, said, acts);
    this.#log.append(row);
    markSkippableRow(this.#log);
    this.#rows.set(sentence, row);
    return row;
  }

  #createSwapButton(row: HTMLElement, sentence: Sentence): HTMLButtonElement {
    const button = document.createElement('button');
    button.type = 'button';
    button.className = 'swap';
    button.hidden = true;
    button.addEventListener('click', () => {
      const raw = row.dataset['raw'] === undefined ? this.#raw : row.dataset['raw'] === 'yes';
      row.dataset['raw'] = raw ? 'no' : 'yes';
      fillRow(row, sentence, !raw);
    });
    return button;
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

/** Writes a sentence into its row. In raw text, words that cleaning removed are struck out. */
function fillRow(row: HTMLElement, sentence: Sentence, raw: boolean): void {
  const said = row.querySelector<HTMLElement>('.said')!;
  const swap = row.querySelector<HTMLButtonElement>('.swap')!;
  const differs = sentence.cleaned !== undefined && sentence.cleaned !== sentence.stable;
  swap.hidden = !differs;
  swap.textContent = raw ? 'As spoken' : 'Edited';
  swap.setAttribute('aria-label', raw ? 'As spoken; show the edited sentence' : 'Edited; show the sentence as spoken');
  if (!raw || !differs) {
    said.textContent = getDisplayedText(sentence, raw);
    row.hidden = said.textContent === '' && !raw;
    return;
  }
  row.hidden = false;
  const parts: (string | HTMLElement)[] = [];
  let at = 0;
  for (const change of sentence.changes.filter(({ kind }) => kind === 'removed')) {
    const gone = element('del');
    gone.textContent = sentence.stable.slice(change.from, change.to);
    parts.push(sentence.stable.slice(at, change.from), gone);
    at = change.to;
  }
  parts.push(sentence.stable.slice(at));
  said.replaceChildren(...parts);
}

function createCopyButton(row: HTMLElement): HTMLButtonElement {
  const button = document.createElement('button');
  button.type = 'button';
  button.textContent = 'Copy';
  button.setAttribute('aria-label', 'Copy this sentence');
  button.addEventListener('click', () => {
    void copyText(row.querySelector('.said')?.textContent ?? '').then((done) => {
      button.textContent = done ? 'Copied' : 'Not allowed';
      setTimeout(() => {
        button.textContent = 'Copy';
      }, 1_200);
    });
  });
  return button;
}

function element(name: string, className = ''): HTMLElement {
  const made = document.createElement(name);
  if (className !== '') made.className = className;
  return made;
}
