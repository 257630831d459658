import { parseJson } from '../../../protocol/parse-json.ts';
import { loadKey, removeKey, storeKey } from '../auth/key-storage.ts';
import type { PageAuth } from '../auth/page-auth.ts';
import { pickInterfaceLanguage, translate } from '../i18n/messages.ts';
import { SHARE_MESSAGES, type ShareMessage } from '../i18n/share.ts';
import { ServerError } from '../server/server-error.ts';
import { createButton, createElement } from '../ui/dom.ts';
import { createToken, revokeToken } from './viewer-tokens.ts';

type ShareMessages = Readonly<Record<ShareMessage, string>>;

interface StoredLink {
  readonly id: string;
  readonly token: string;
  readonly untilMs?: number;
}

/** How long a link can be valid, s; 0 is until it is revoked. */
const LINK_LIFETIMES: readonly (readonly [number, ShareMessage])[] = [
  [3_600, 'viewerHour'],
  [86_400, 'viewerDay'],
  [604_800, 'viewerWeek'],
  [2_592_000, 'viewerMonth'],
  [0, 'viewerUntilRevoked'],
];
const DEFAULT_LIFETIME = 86_400;
/** Browsers have stored links under this name since version 0.1.0. */
const toStorageName = (room: string): string => `sotto.guest.${room}`;

export interface ViewerLinkOptions {
  readonly auth: PageAuth;
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

  constructor(container: HTMLElement, options: ViewerLinkOptions) {
    this.#container = container;
    this.#options = options;
    void options.auth.needsKey().then((needed) => {
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
    const container = this.#container;
    container.hidden = !this.#isNeeded || this.#options.room() === undefined;
    if (container.hidden) return;
    const messages = SHARE_MESSAGES[pickInterfaceLanguage([document.documentElement.lang])];
    const link = this.#findLink();
    container.replaceChildren(...(link === undefined ? this.#buildNewLink(messages) : this.#buildLink(link, messages)));
  }

  /** What creates a link: what it is for, how long it is to be valid, and the button. */
  #buildNewLink(messages: ShareMessages): HTMLElement[] {
    const lifetimes = LINK_LIFETIMES.map(([seconds, name]) => new Option(messages[name], String(seconds)));
    const lifetime = createElement('select', { id: 'viewer-link-lifetime' }, ...lifetimes);
    lifetime.value = String(DEFAULT_LIFETIME);
    return [
      createElement('p', { className: 'note' }, messages.viewerLinkNote),
      createElement('label', {}, `${messages.viewerValidFor} `, lifetime),
      this.#createActionButton(messages.viewerCreateLink, () => this.#createLink(Number(lifetime.value), messages)),
    ];
  }

  /** What revokes a link: how long it is valid, and the button. */
  #buildLink(link: StoredLink, messages: ShareMessages): HTMLElement[] {
    const time = new Date(link.untilMs ?? 0).toLocaleString(document.documentElement.lang, {
      ...{ dateStyle: 'medium', timeStyle: 'short' },
    });
    const validity =
      link.untilMs === undefined ? messages.viewerNoExpiry : translate(messages, 'viewerExpiry', { time });
    return [
      createElement('p', { className: 'note' }, validity),
      this.#createActionButton(messages.viewerRevokeLink, () => this.#revokeLink(link, messages)),
    ];
  }

  /** A button that cannot be pressed again until `run` has ended. */
  #createActionButton(text: string, run: () => Promise<void>): HTMLButtonElement {
    const runOnce = (): void => {
      button.disabled = true;
      run()
        .catch((error: unknown) => this.#options.showMessage(error instanceof Error ? error.message : String(error)))
        .finally(() => {
          button.disabled = false;
        });
    };
    const button = createButton(text, runOnce, { className: 'button' });
    return button;
  }

  async #createLink(seconds: number, messages: ShareMessages): Promise<void> {
    const { auth } = this.#options;
    const room = this.#options.room();
    if (room === undefined || !(await auth.ensureAccess())) return;
    const request = { room, credential: await auth.storedKey() };
    const { id, token, expires } = await createToken(request, {
      label: messages.viewerLinkLabel,
      seconds: seconds || undefined,
    });
    const link: StoredLink = { id, token, ...(expires === undefined ? {} : { untilMs: Date.parse(String(expires)) }) };
    storeKey(auth.span, toStorageName(room), JSON.stringify(link));
    this.#redraw();
  }

  async #revokeLink({ id }: StoredLink, messages: ShareMessages): Promise<void> {
    const { auth } = this.#options;
    const room = this.#options.room();
    if (room === undefined || !(await auth.ensureAccess())) return;
    await revokeToken({ room, credential: await auth.storedKey() }, id).catch((error: unknown) => {
      // Revoked already, by somebody else.
      if (!(error instanceof ServerError && error.status === 404)) throw error;
    });
    removeKey(toStorageName(room));
    this.#options.showMessage(messages.viewerLinkRevoked);
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
      const link = parseJson(loadKey(toStorageName(room)) ?? 'null') as StoredLink | null;
      if (link === null || (link.untilMs ?? Number.POSITIVE_INFINITY) < Date.now()) return undefined;
      return link;
    } catch {
      return undefined;
    }
  }
}
