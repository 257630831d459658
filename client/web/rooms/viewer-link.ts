import { parseJson } from '../../../protocol/parse-json.ts';
import { loadKey, removeKey, storeKey } from '../auth/key-storage.ts';
import type { PageAuth } from '../auth/page-auth.ts';
import { pickInterfaceLanguage, translate } from '../i18n/messages.ts';
import { SHARE_MESSAGES, type ShareMessage } from '../i18n/share.ts';
import { ServerError } from '../server/server-error.ts';
import { createToken, revokeToken } from './viewer-tokens.ts';

interface StoredLink {
  readonly id: string;
  readonly token: string;
  readonly untilMs?: number;
}

/** How long a link can be valid, s; 0 is until it is revoked. */
const LINK_LIFETIMES: readonly (readonly [number, ShareMessage])[] = [
  [3_600, 'guestHour'],
  [86_400, 'guestDay'],
  [604_800, 'guestWeek'],
  [2_592_000, 'guestMonth'],
  [0, 'guestAlways'],
];
const DEFAULT_LIFETIME = 86_400;
const toStorageName = (room: string): string => `sotto.guest.${room}`;

export interface ViewerLinkOptions {
  readonly entry: PageAuth;
  /** The room being shared; undefined while there is none. */
  room(): string | undefined;
  /** Called when the link's token has changed. */
  onChange(): void;
  showMessage(text: string): void;
}

/**
 * The part of a share menu that creates and revokes a viewer token for the link, on servers that require keys. The page stores
 * the token for as long as its key, so that it shows the same link again.
 */
export class ViewerLink {
  readonly #container: HTMLElement;
  readonly #options: ViewerLinkOptions;
  #isNeeded = false;

  constructor(place: HTMLElement, options: ViewerLinkOptions) {
    this.#container = place;
    this.#options = options;
    void options.entry.needsKey().then((needed) => {
      this.#isNeeded = needed;
      this.show();
    });
  }

  /** Token of the current link; empty for none. */
  get token(): string {
    return this.#findLink()?.token ?? '';
  }

  /** Draws the menu for the room being shared now. */
  show(): void {
    const place = this.#container;
    place.hidden = !this.#isNeeded || this.#options.room() === undefined;
    if (place.hidden) return;
    const words = SHARE_MESSAGES[pickInterfaceLanguage([document.documentElement.lang])];
    const guest = this.#findLink();
    const note = document.createElement('p');
    note.className = 'note';
    if (guest === undefined) {
      note.textContent = words.guestNote;
      const label = document.createElement('label');
      label.append(`${words.guestFor} `);
      const select = document.createElement('select');
      select.id = 'guest-for';
      select.append(...LINK_LIFETIMES.map(([seconds, word]) => new Option(words[word], String(seconds))));
      select.value = String(DEFAULT_LIFETIME);
      label.append(select);
      place.replaceChildren(
        note,
        label,
        this.#createActionButton(words.guestMake, () => this.#createLink(Number(select.value), words)),
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
      this.#createActionButton(words.guestRevoke, () => this.#revokeLink(guest, words)),
    );
  }

  #createActionButton(text: string, run: () => Promise<void>): HTMLButtonElement {
    const button = document.createElement('button');
    button.type = 'button';
    button.className = 'plain';
    button.textContent = text;
    button.addEventListener('click', () => {
      button.disabled = true;
      run()
        .catch((error: unknown) => this.#options.showMessage(error instanceof Error ? error.message : String(error)))
        .finally(() => {
          button.disabled = false;
        });
    });
    return button;
  }

  async #createLink(seconds: number, words: Readonly<Record<ShareMessage, string>>): Promise<void> {
    const { entry } = this.#options;
    const room = this.#options.room();
    if (room === undefined || !(await entry.ensureAccess())) return;
    const request = { room, credential: await entry.storedKey() };
    const { id, token, expires } = await createToken(request, {
      label: words.guestLabel,
      seconds: seconds || undefined,
    });
    const guest: StoredLink = { id, token, ...(expires === undefined ? {} : { untilMs: Date.parse(String(expires)) }) };
    storeKey(entry.span, toStorageName(room), JSON.stringify(guest));
    this.#redraw();
  }

  async #revokeLink({ id }: StoredLink, words: Readonly<Record<ShareMessage, string>>): Promise<void> {
    const { entry } = this.#options;
    const room = this.#options.room();
    if (room === undefined || !(await entry.ensureAccess())) return;
    await revokeToken({ room, credential: await entry.storedKey() }, id).catch((error: unknown) => {
      // Revoked already, by somebody else.
      if (!(error instanceof ServerError && error.status === 404)) throw error;
    });
    removeKey(toStorageName(room));
    this.#options.showMessage(words.guestRevoked);
    this.#redraw();
  }

  /** Draws the menu again. The pressed button is gone, so the focus moves to its successor. */
  #redraw(): void {
    this.show();
    this.#options.onChange();
    this.#container.querySelector<HTMLElement>('button')?.focus();
  }

  #findLink(): StoredLink | undefined {
    const room = this.#options.room();
    if (room === undefined) return undefined;
    try {
      const guest = parseJson(loadKey(toStorageName(room)) ?? 'null') as StoredLink | null;
      if (guest === null || (guest.untilMs ?? Number.POSITIVE_INFINITY) < Date.now()) return undefined;
      return guest;
    } catch {
      return undefined;
    }
  }
}
