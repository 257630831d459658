import { createElement, extendText, getDescendant } from '../../ui/dom.ts';
import { formatElapsed } from '../../ui/format-elapsed.ts';
import { createHearingMark, updateHearingMark } from '../../ui/hearing-mark.ts';
import {
  getDisplayedText,
  getSpeakerName,
  ME,
  type Meeting,
  type MeetingNote,
  type OpenSentence,
  type SpokenSentence,
} from '../meeting-state.ts';

/**
 * Sentences in one batch. The browser skips the layout of each batch that is out of sight, but can still find, select and copy
 * what is in it. This many are laid out in a few milliseconds when they come into view.
 */
const BATCH_SENTENCES = 40;
/** Distance from the end within which the page scrolls along, px. */
const FOLLOW_DISTANCE_PX = 120;

export interface ConversationCallbacks {
  rename(channel: number): void;
  /** The mark of a revised sentence was clicked. */
  firstVersion(key: string): void;
  /** The time of a sentence was clicked. */
  play(key: string): void;
  /** The marker of a note was clicked. */
  note(id: string): void;
  /** The focus moved to another sentence. */
  current(key: string | undefined): void;
}

interface Parts {
  readonly scroll: HTMLElement;
  readonly log: HTMLElement;
  readonly open: HTMLElement;
  readonly jump: HTMLButtonElement;
}

/** The conversation: finished sentences in batches, open ones below. Finished sentences are not drawn again. */
export class ConversationView {
  readonly #parts: Parts;
  readonly #events: ConversationCallbacks;
  readonly #rows = new Map<string, HTMLElement>();
  readonly #openLines = new Map<string, HTMLElement>();
  /** Sentences of which the other version is shown than of all others. */
  readonly #switched = new Set<string>();
  #showsFirstVersions = false;
  /** Key of the sentence that is heard. */
  #playing: string | undefined;
  #isFollowing = true;
  #current: string | undefined;

  constructor(parts: Parts, events: ConversationCallbacks) {
    this.#parts = parts;
    this.#events = events;
    // Makes the area scrollable with the keyboard.
    parts.scroll.tabIndex = 0;
    parts.scroll.addEventListener('scroll', () => this.#handleScroll(), { passive: true });
    parts.jump.addEventListener('click', () => this.followEnd());
    parts.log.addEventListener('focusin', ({ target }) => this.#select(findRow(target)));
    parts.log.addEventListener('click', (event) => this.#handleClick(event));
  }

  /** Key of the sentence that has, or last had, the focus. */
  get current(): string | undefined {
    return this.#current;
  }

  /** Whether a click on the time of a sentence plays it. */
  set isPlayable(isPlayable: boolean) {
    this.#parts.log.toggleAttribute('data-playable', isPlayable);
  }

  row(key: string): HTMLElement | undefined {
    return this.#rows.get(key);
  }

  /** Shows another meeting, all of it at once. */
  showAll(meeting: Meeting): void {
    this.#rows.clear();
    this.#openLines.clear();
    this.#switched.clear();
    this.#showsFirstVersions = false;
    this.#playing = undefined;
    this.#select(undefined);
    this.#parts.open.replaceChildren();
    const batches: HTMLElement[] = [];
    meeting.sentences.forEach((sentence, i) => {
      if (i % BATCH_SENTENCES === 0) batches.push(createBatch());
      batches.at(-1)!.append(this.#build(meeting, sentence, meeting.sentences[i - 1]));
    });
    for (const batch of batches.slice(0, -1)) batch.dataset['full'] = '';
    this.#parts.log.replaceChildren(...batches);
    this.#isFollowing = true;
  }

  /** Adds a finished sentence at its place. */
  add(meeting: Meeting, sentence: SpokenSentence): void {
    const at = meeting.sentences.indexOf(sentence);
    const next = meeting.sentences[at + 1];
    const row = this.#build(meeting, sentence, meeting.sentences[at - 1]);
    const before = next && this.#rows.get(next.key);
    if (before !== undefined) {
      before.before(row);
      showSpeaker(before, meeting, next!, sentence);
    } else this.#lastBatch().append(row);
    this.#scrollIfFollowing();
  }

  /** Updates a sentence whose text or highlight changed. */
  change(sentence: SpokenSentence): void {
    const row = this.#rows.get(sentence.key);
    if (row !== undefined) fillRow(row, sentence, this.#isFirstVersion(sentence.key));
  }

  /** Updates the name of a speaker. */
  renamed(meeting: Meeting, channel: number): void {
    for (const name of this.#parts.log.querySelectorAll<HTMLElement>(`.speaker-name[data-channel="${channel}"]`)) {
      name.textContent = getSpeakerName(meeting, channel);
    }
  }

  /** Shows the sentences that are still being spoken. */
  showOpen(open: readonly OpenSentence[]): void {
    const keys = new Set(open.map(({ key }) => key));
    for (const [key, line] of this.#openLines) {
      if (keys.has(key)) continue;
      line.remove();
      this.#openLines.delete(key);
    }
    for (const sentence of open) this.#showOpenLine(sentence);
    this.#scrollIfFollowing();
  }

  /** Marks the sentences that have notes. */
  markNotes(linked: ReadonlyMap<string, readonly MeetingNote[]>): void {
    for (const marker of this.#parts.log.querySelectorAll<HTMLElement>('.note-marker')) {
      const key = findRow(marker)?.dataset['key'];
      if (key === undefined || linked.get(key)?.[0]?.id !== marker.dataset['note']) marker.remove();
    }
    for (const [key, notes] of linked) {
      const row = this.#rows.get(key);
      if (row !== undefined && row.querySelector('.note-marker') === null) row.append(createMarker(notes[0]!));
    }
  }

  /** Switches a sentence between its first version and the one that readers see. */
  toggleFirstVersion(sentence: SpokenSentence): void {
    if (!this.#switched.delete(sentence.key)) this.#switched.add(sentence.key);
    this.change(sentence);
  }

  /** The same for all sentences. Returns whether the first versions are shown now. */
  toggleFirstVersions(sentences: readonly SpokenSentence[]): boolean {
    this.#showsFirstVersions = !this.#showsFirstVersions;
    this.#switched.clear();
    for (const sentence of sentences) this.change(sentence);
    return this.#showsFirstVersions;
  }

  /**
   * Marks the sentence that is heard. It comes into view if `mustShow`, or if the one before it was in view: a reader who has
   * scrolled elsewhere stays there.
   */
  showPlaying(key: string | undefined, mustShow: boolean): void {
    if (key === this.#playing && !mustShow) return;
    const before = this.#playing === undefined ? undefined : this.#rows.get(this.#playing);
    const isFollowed = mustShow || (before !== undefined && this.#isInView(before));
    before?.removeAttribute('aria-current');
    this.#playing = key;
    const row = key === undefined ? undefined : this.#rows.get(key);
    row?.setAttribute('aria-current', 'true');
    if (isFollowed) row?.scrollIntoView({ block: 'nearest' });
  }

  /** Keys of the sentences that the reader has selected, at least in part. */
  get selectedKeys(): readonly string[] {
    const selection = getSelection();
    if (selection === null || selection.isCollapsed) return [];
    return [...this.#rows].flatMap(([key, row]) => (selection.containsNode(row, true) ? [key] : []));
  }

  /** Scrolls to a sentence and gives it the focus. */
  focusSentence(key: string): void {
    const row = this.#rows.get(key);
    if (row === undefined) return;
    this.#isFollowing = false;
    row.scrollIntoView({ block: 'center' });
    row.focus({ preventScroll: true });
  }

  /** Moves the focus by this many sentences. */
  moveFocus(by: number): void {
    const keys = [...this.#parts.log.querySelectorAll<HTMLElement>('.sentence')].map((row) => row.dataset['key']!);
    const from = this.#current === undefined ? keys.length : keys.indexOf(this.#current);
    const to = keys[Math.max(0, Math.min(keys.length - 1, from + by))];
    if (to === undefined) return;
    this.#rows.get(to)!.focus({ preventScroll: true });
    this.#rows.get(to)!.scrollIntoView({ block: 'nearest' });
  }

  followEnd(): void {
    this.#isFollowing = true;
    this.#select(undefined);
    this.#scrollIfFollowing();
    this.#parts.jump.hidden = true;
  }

  #isFirstVersion(key: string): boolean {
    return this.#showsFirstVersions !== this.#switched.has(key);
  }

  #isInView(row: HTMLElement): boolean {
    const [place, frame] = [row.getBoundingClientRect(), this.#parts.scroll.getBoundingClientRect()];
    return place.bottom > frame.top && place.top < frame.bottom;
  }

  #lastBatch(): Element {
    const last = this.#parts.log.lastElementChild;
    if (last !== null && last.childElementCount < BATCH_SENTENCES) return last;
    // The newest batch is never skipped: in its first frame it would have the size of a placeholder.
    if (last instanceof HTMLElement) last.dataset['full'] = '';
    const batch = createBatch();
    this.#parts.log.append(batch);
    return batch;
  }

  #build(meeting: Meeting, sentence: SpokenSentence, previous: SpokenSentence | undefined): HTMLElement {
    const text = createElement('p', { className: 'sentence-text', dir: 'auto' });
    if (sentence.language !== undefined) text.lang = sentence.language;
    const time = createElement('time', { className: 'sentence-time', textContent: formatElapsed(sentence.fromMs) });
    const dataset = { key: sentence.key, side: sentence.channel === ME ? 'me' : 'them' };
    const row = createElement('div', { className: 'sentence', dataset, tabIndex: -1 }, text, time);
    this.#rows.set(sentence.key, row);
    showSpeaker(row, meeting, sentence, previous);
    fillRow(row, sentence, this.#isFirstVersion(sentence.key));
    return row;
  }

  #showOpenLine({ key, channel, stable, tentative }: OpenSentence): void {
    let line = this.#openLines.get(key);
    if (line === undefined) {
      const parts = ['stable', 'tentative'].map((className) => createElement('span', { className }));
      const text = createElement('p', { className: 'sentence-text' }, ...parts);
      line = createElement('div', { className: 'sentence', dataset: { side: channel === ME ? 'me' : 'them' } }, text);
      this.#openLines.set(key, line);
      this.#parts.open.append(line);
    }
    extendText(getDescendant(line, '.stable'), stable);
    getDescendant(line, '.tentative').textContent = tentative;
  }

  #handleClick(event: MouseEvent): void {
    const target = event.target as Element;
    const speaker = target.closest<HTMLElement>('.speaker-name');
    if (speaker !== null) return this.#events.rename(Number(speaker.dataset['channel']));
    const heard = target.closest('.hearing-mark');
    if (heard !== null) return this.#events.firstVersion(findRow(heard)!.dataset['key']!);
    if (target.matches('.sentence-time')) this.#events.play(findRow(target)!.dataset['key']!);
    const marker = target.closest<HTMLElement>('.note-marker');
    if (marker !== null) return this.#events.note(marker.dataset['note']!);
    // Selecting text is not a click.
    if (getSelection()?.isCollapsed !== false) findRow(target)?.focus({ preventScroll: true });
  }

  /** Makes one sentence at a time reachable by the Tab key. */
  #select(row: HTMLElement | undefined): void {
    const before = this.#current === undefined ? undefined : this.#rows.get(this.#current);
    if (before !== undefined) before.tabIndex = -1;
    if (row !== undefined) row.tabIndex = 0;
    this.#current = row?.dataset['key'];
    this.#events.current(this.#current);
  }

  #handleScroll(): void {
    const { scrollHeight, scrollTop, clientHeight } = this.#parts.scroll;
    this.#isFollowing = scrollHeight - scrollTop - clientHeight < FOLLOW_DISTANCE_PX;
    this.#parts.jump.hidden = this.#isFollowing;
  }

  #scrollIfFollowing(): void {
    const { scroll, jump } = this.#parts;
    if (this.#isFollowing) scroll.scrollTop = scroll.scrollHeight;
    else jump.hidden = false;
  }
}

const findRow = (target: EventTarget | null): HTMLElement | undefined =>
  (target instanceof Element ? target.closest<HTMLElement>('.sentence[data-key]') : null) ?? undefined;

const createBatch = (): HTMLElement => createElement('div', { className: 'batch' });

/** Shows the speaker's name above the first sentence of each turn. */
function showSpeaker(
  row: HTMLElement,
  meeting: Meeting,
  sentence: SpokenSentence,
  previous: SpokenSentence | undefined,
): void {
  const isNewTurn = previous?.channel !== sentence.channel;
  const shown = row.querySelector('.speaker-name');
  row.classList.toggle('new-turn', isNewTurn);
  if (!isNewTurn) return shown?.remove();
  if (shown !== null) return;
  const properties = { className: 'speaker-name', dataset: { channel: String(sentence.channel) }, title: 'Rename' };
  row.prepend(createElement('button', { type: 'button', ...properties }, getSpeakerName(meeting, sentence.channel)));
}

function fillRow(row: HTMLElement, sentence: SpokenSentence, isFirst: boolean): void {
  const text = getDescendant(row, '.sentence-text');
  const shownText = isFirst ? sentence.text : getDisplayedText(sentence);
  if (text.textContent !== shownText || text.childElementCount > 0) {
    text.replaceChildren(sentence.highlight ? createElement('mark', {}, shownText) : shownText);
  } else if (sentence.highlight) text.replaceChildren(createElement('mark', {}, shownText));
  row.dataset['highlight'] = String(sentence.highlight);
  row.dataset['firstVersion'] = String(isFirst && hasOtherVersion(sentence));
  row.dataset['corrected'] = String(sentence.correction !== undefined);
  const isRevised = sentence.revised !== undefined && sentence.revised !== sentence.text;
  showHearing(row, isRevised ? { isFirst } : undefined);
  // Cleaning leaves nothing of a sentence that was only "um".
  row.hidden = shownText === '' && !isRevised;
}

/** Shows the mark of a revised sentence; removes it without `hearing`. */
function showHearing(row: HTMLElement, hearing: { readonly isFirst: boolean } | undefined): void {
  const known = row.querySelector<HTMLButtonElement>('.hearing-mark');
  row.toggleAttribute('data-revised', hearing !== undefined);
  if (hearing === undefined) return known?.remove();
  const mark = known ?? createHearingMark();
  if (known === null) getDescendant(row, '.sentence-text').after(mark);
  updateHearingMark(mark, { ...hearing, label: 'Revised; show the first version' });
}

/** Whether readers see something else than the first version. */
export const hasOtherVersion = (sentence: SpokenSentence): boolean => getDisplayedText(sentence) !== sentence.text;

function createMarker(note: MeetingNote): HTMLElement {
  const attributes = { 'aria-label': `Go to the note: ${note.text.slice(0, 60)}` };
  return createElement(
    'button',
    { type: 'button', className: 'note-marker', dataset: { note: note.id }, attributes },
    '✎',
  );
}
