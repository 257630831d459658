import { parseJson } from '../../../protocol/parse-json.ts';
import { loadKey, removeKey, storeKey } from '../auth/key-storage.ts';
import type { PageAuth } from '../auth/page-auth.ts';
import { pickInterfaceLanguage, translate } from '../i18n/messages.ts';
import { SHARE_MESSAGES, type ShareMessage } from '../i18n/share.ts';
import { createToken, revokeToken } from './viewer-tokens.ts';

interface Guest {
  readonly id: string;
  readonly token: string;
  readonly untilMs?: number;
}

/** How long a link may hold, s; 0 is until it is taken back. */
const SPANS: readonly (readonly [number, ShareMessage])[] = [
  [3_600, 'guestHour'],
  [86_400, 'guestDay'],
  [604_800, 'guestWeek'],
  [2_592_000, 'guestMonth'],
  [0, 'guestAlways'],
];
const USUAL = 86_400;
const nameOf = (room: string): string => `sotto.guest.${room}`;

export interface ViewerLinkOptions {
  readonly entry: PageAuth;
  /** The room that is shared now; undefined while none is. */
  room(): string | undefined;
  /** The link has another token, or none. */
  changed(): void;
  tell(text: string): void;
}

/**
 * Part of a share menu, on servers that want keys: makes a viewer token for the link, and takes it back. The page keeps the
 * token as long as its key, so that it shows the same link again.
 */
export class ViewerLink {
  readonly #place: HTMLElement;
  readonly #options: ViewerLinkOptions;
  #needed = false;

  constructor(place: HTMLElement, options: ViewerLinkOptions) {
    this.#place = place;
    this.#options = options;
    void options.entry.needsKey().then((needed) => {
      this.#needed = needed;
      this.show();
    });
  }

  /** Token of the link to the room as it is shared now; empty for none. */
  get token(): string {
    return this.#guest()?.token ?? '';
  }

  /** To be called when the room is another one. */
  show(): void {
    const place = this.#place;
    place.hidden = !this.#needed || this.#options.room() === undefined;
    if (place.hidden) return;
    const words = SHARE_MESSAGES[pickInterfaceLanguage([document.documentElement.lang])];
    const guest = this.#guest();
    const note = document.createElement('p');
    note.className = 'note';
    if (guest === undefined) {
      note.textContent = words.guestNote;
      const label = document.createElement('label');
      label.append(`${words.guestFor} `);
      const select = document.createElement('select');
      select.id = 'guest-for';
      select.append(...SPANS.map(([seconds, word]) => new Option(words[word], String(seconds))));
      select.value = String(USUAL);
      label.append(select);
      place.replaceChildren(
        note,
        label,
        this.#button(words.guestMake, () => this.#make(Number(select.value), words)),
      );
      return;
    }
    const { untilMs } = guest;
    const time = new Date(untilMs ?? 0).toLocaleString(document.documentElement.lang, {
      ...{ dateStyle: 'medium', timeStyle: 'short' },
    });
    note.textContent = untilMs === undefined ? words.guestOpen : translate(words, 'guestUntil', { time });
    place.replaceChildren(
      note,
      this.#button(words.guestRevoke, () => this.#revoke(guest, words)),
    );
  }

  #button(text: string, run: () => Promise<void>): HTMLButtonElement {
    const button = document.createElement('button');
    button.type = 'button';
    button.className = 'plain';
    button.textContent = text;
    button.addEventListener('click', () => {
      button.disabled = true;
      run()
        .catch((error: unknown) => this.#options.tell(error instanceof Error ? error.message : String(error)))
        .finally(() => {
          button.disabled = false;
        });
    });
    return button;
  }

  async #make(seconds: number, words: Readonly<Record<ShareMessage, string>>): Promise<void> {
    const { entry } = this.#options;
    const room = this.#options.room();
    if (room === undefined || !(await entry.enter())) return;
    const request = { room, credential: await entry.given() };
    const { id, token, expires } = await createToken(request, {
      label: words.guestLabel,
      seconds: seconds || undefined,
    });
    const guest: Guest = { id, token, ...(expires === undefined ? {} : { untilMs: Date.parse(String(expires)) }) };
    storeKey(entry.span, nameOf(room), JSON.stringify(guest));
    this.#again();
  }

  async #revoke({ id }: Guest, words: Readonly<Record<ShareMessage, string>>): Promise<void> {
    const { entry } = this.#options;
    const room = this.#options.room();
    if (room === undefined || !(await entry.enter())) return;
    await revokeToken({ room, credential: await entry.given() }, id).catch((error: unknown) => {
      // Somebody else took it back: then it is gone, too.
      if (!(error instanceof Error && /viewers\//.test(error.message))) throw error;
    });
    removeKey(nameOf(room));
    this.#options.tell(words.guestRevoked);
    this.#again();
  }

  /** The pressed button is gone: the focus stays where it was. */
  #again(): void {
    this.show();
    this.#options.changed();
    this.#place.querySelector<HTMLElement>('button')?.focus();
  }

  #guest(): Guest | undefined {
    const room = this.#options.room();
    if (room === undefined) return undefined;
    try {
      const guest = parseJson(loadKey(nameOf(room)) ?? 'null') as Guest | null;
      if (guest === null || (guest.untilMs ?? Number.POSITIVE_INFINITY) < Date.now()) return undefined;
      return guest;
    } catch {
      return undefined;
    }
  }
}
