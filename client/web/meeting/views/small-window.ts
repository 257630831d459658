import { createElement } from '../../ui/dom.ts';
import { getDisplayedText, getSpeakerName, type Meeting } from '../meeting-state.ts';

const LINES = 6;
const SIZE = { width: 420, height: 260 };

interface PictureInPicture {
  requestWindow(size: { width: number; height: number }): Promise<Window>;
}

/**
 * The last lines of the meeting in a small window that stays on top of others, or in an ordinary one where the browser has no
 * such window.
 */
export class SmallWindow {
  #window: Window | undefined;
  #body: HTMLElement | undefined;
  #shown = '';

  constructor() {
    addEventListener('pagehide', () => this.close());
  }

  get isOpen(): boolean {
    return this.#window !== undefined && !this.#window.closed;
  }

  /** Resolves with false when the browser allows no window. Browsers require that a click or key press calls it. */
  async open(): Promise<boolean> {
    const onTop = (window as { documentPictureInPicture?: PictureInPicture }).documentPictureInPicture;
    try {
      this.#window =
        (await onTop?.requestWindow(SIZE)) ??
        window.open('', 'sotto-small', `popup,width=${SIZE.width},height=${SIZE.height}`) ??
        undefined;
    } catch {
      this.#window = window.open('', 'sotto-small', `popup,width=${SIZE.width},height=${SIZE.height}`) ?? undefined;
    }
    if (this.#window === undefined) return false;
    this.#prepare(this.#window.document);
    this.#window.addEventListener('pagehide', () => {
      this.#window = undefined;
    });
    return true;
  }

  close(): void {
    this.#window?.close();
    this.#window = undefined;
  }

  show(meeting: Meeting, state: string): void {
    if (this.#body === undefined || !this.isOpen) return;
    const finished = meeting.sentences.slice(-LINES).filter((sentence) => getDisplayedText(sentence) !== '');
    const rows = [
      ...finished.map((each) => ({ channel: each.channel, stable: getDisplayedText(each), tentative: '' })),
      ...meeting.open.map(({ channel, stable, tentative }) => ({ channel, stable, tentative })),
    ].slice(-LINES);
    const shown = JSON.stringify([state, rows]);
    if (shown === this.#shown) return;
    this.#shown = shown;
    const lines = rows.map(({ channel, stable, tentative }) => {
      const speaker = createElement('b', {}, `${getSpeakerName(meeting, channel)} `);
      return createElement(
        'p',
        { className: 'line' },
        ...[speaker, stable, createElement('span', { className: 'tentative' }, tentative)],
      );
    });
    const status = createElement('p', { className: 'small-window-status' }, state);
    this.#body.replaceChildren(...lines, status);
  }

  #prepare(document_: Document): void {
    document_.title = 'Sotto';
    document_.documentElement.lang = 'en';
    const { theme } = document.documentElement.dataset;
    if (theme !== undefined) document_.documentElement.dataset['theme'] = theme;
    const style = document_.createElement('link');
    style.rel = 'stylesheet';
    style.href = new URL('/meeting.css', location.href).href;
    document_.head.replaceChildren(style);
    document_.body.className = 'small-window';
    this.#body = document_.body;
    this.#shown = '';
  }
}
