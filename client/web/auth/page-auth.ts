import { parseJson } from '../../../protocol/parse-json.ts';
import type { StorageSpan } from '../storage/browser-storage.ts';
import { type CredentialCheck, KeyDialog } from './key-dialog.ts';
import { findStorageSpan, loadKey, removeKey, storeKey } from './key-storage.ts';
import { decideOnLinkedKey, readKeyFromHash } from './linked-key.ts';
import { confirmKeyReplacement } from './replace-key-dialog.ts';

const TIMEOUT_MS = 10_000;
/** Lifetime of a token, s; sessions opened with it outlive it. */
const TOKEN_SECONDS = 600;
/** A token that expires sooner than this is replaced, ms. */
const TOKEN_MARGIN_MS = 60_000;
const KEY_NAME = 'sotto.key';

/** What a page uses a token for: recording, reading and changing the key's transcripts, watching rooms. */
export type TokenUse = 'stream' | 'transcripts' | 'viewers';

interface Token {
  readonly key: string;
  readonly uses: string;
  readonly text: string;
  readonly untilMs: number;
}

export interface PageAuthOptions {
  /** Room of a page that also accepts viewer tokens. */
  readonly room?: string;
  /** Whose token the page's address may hold as `#token=…`; a viewer's stays there, for the page. */
  readonly hash: 'speaker' | 'viewer';
  /** What the page uses the server for; default: recording. */
  readonly uses?: readonly TokenUse[];
}

/**
 * Credentials of a page, for servers that require them. The user is asked for a key or a token; from a key, the page requests a
 * token that lasts minutes and sends only that. Neither is ever part of a URL that a server sees.
 */
export class PageAuth {
  readonly #room: string | undefined;
  readonly #dialog: KeyDialog;
  readonly #uses: readonly TokenUse[];
  /** The newest token for each set of uses. */
  readonly #tokens = new Map<string, Token>();
  #linkedKey: Promise<void> = Promise.resolve();
  #needsKey: Promise<boolean> | undefined;
  #pendingAccess: Promise<boolean> | undefined;

  constructor({ room, hash, uses = ['stream'] }: PageAuthOptions) {
    this.#room = room;
    this.#uses = uses;
    this.#dialog = new KeyDialog({
      check: (text) => this.#checkCredential(text),
      store: (text, span) => this.#store(text, span),
      forget: () => this.forget(),
    });
    this.#takeKeyFromAddress(hash);
  }

  /** Whether the server requires a key. False when it cannot be reached: connecting then reports why. */
  needsKey(): Promise<boolean> {
    this.#needsKey ??= askWhetherKeyNeeded().then((needed) => {
      if (needed === undefined) this.#needsKey = undefined;
      return needed === true;
    });
    return this.#needsKey;
  }

  /** A viewer token that was typed in, on pages that accept one. */
  get viewerToken(): string | undefined {
    return this.#room === undefined ? undefined : loadKey(toViewerTokenName(this.#room));
  }

  /** How long the key is stored; what a page derives from it is stored for as long. */
  get span(): StorageSpan {
    return findStorageSpan(KEY_NAME) ?? 'tab';
  }

  /** Whether a key or token for recording is stored; the server may still refuse it. */
  get hasKey(): boolean {
    return loadKey(KEY_NAME) !== undefined;
  }

  /** Resolves with true when the server is expected to accept the page; asks the user for a key when necessary. */
  ensureAccess(): Promise<boolean> {
    this.#pendingAccess ??= this.#checkAccess().finally(() => {
      this.#pendingAccess = undefined;
    });
    return this.#pendingAccess;
  }

  /** Opens the dialog, which shows `problem`. Resolves with true when the user entered something that the server accepts. */
  askForKey(problem?: string): Promise<boolean> {
    return this.#dialog.ask({
      problem,
      hasStoredKey: this.hasKey || this.viewerToken !== undefined,
      acceptsViewerToken: this.#room !== undefined,
    });
  }

  /**
   * The credential to send now; undefined when the server requires none, or when none is stored that it accepts. A token
   * requested for it allows only `uses`, by default those of the page.
   */
  async credential(uses: readonly TokenUse[] = this.#uses): Promise<string | undefined> {
    const key = loadKey(KEY_NAME);
    if (key === undefined || !(await this.needsKey())) return undefined;
    if (isToken(key)) return key;
    const token = this.#tokens.get(String(uses));
    if (token?.key === key && token.untilMs - TOKEN_MARGIN_MS > Date.now()) return token.text;
    const made = await requestToken(key, uses);
    if (typeof made === 'string') return made;
    if ('problem' in made) return undefined;
    this.#tokens.set(made.uses, made);
    return made.text;
  }

  /** The key or token as the user entered it. What is created with a short-lived token would expire with it. */
  async storedKey(): Promise<string | undefined> {
    return (await this.needsKey()) ? loadKey(KEY_NAME) : undefined;
  }

  /** `credential` as an option of `connect`. */
  async toConnectOptions(uses?: readonly TokenUse[]): Promise<{ readonly credential?: string }> {
    const credential = await this.credential(uses);
    return credential === undefined ? {} : { credential };
  }

  /** To be called when the server refused the credential: the next one is requested afresh. */
  discardTokens(): void {
    this.#tokens.clear();
    this.#needsKey = undefined;
  }

  forget(): void {
    this.#tokens.clear();
    removeKey(KEY_NAME);
    if (this.#room !== undefined) removeKey(toViewerTokenName(this.#room));
  }

  async #checkAccess(): Promise<boolean> {
    await this.#linkedKey;
    if (!(await this.needsKey())) return true;
    const key = loadKey(KEY_NAME);
    if (key === undefined) return this.askForKey();
    const isMade = this.#tokens.get(String(this.#uses))?.key === key;
    const verdict = isMade && (await this.credential()) !== undefined ? 'good' : await this.#checkCredential(key);
    if (verdict === 'good') return true;
    return this.askForKey(verdict.problem);
  }

  /** Checks with the server what was typed in. */
  async #checkCredential(text: string): Promise<CredentialCheck> {
    if (text.startsWith('view_') && this.#room !== undefined)
      return checkWithServer(`/v1/rooms/${this.#room}/transcript`, text);
    const probe = this.#probePath();
    if (isToken(text)) return checkWithServer(probe, text);
    const made = await requestToken(text, this.#uses);
    // A key that may not create such a token is sent itself.
    if (typeof made === 'string') return checkWithServer(probe, text);
    if ('problem' in made) return made;
    this.#tokens.set(made.uses, made);
    return 'good';
  }

  #store(text: string, span: StorageSpan): void {
    if (text.startsWith('view_') && this.#room !== undefined) storeKey(span, toViewerTokenName(this.#room), text);
    else storeKey(span, KEY_NAME, text);
  }

  /** A path whose answer tells whether the page's uses are allowed. */
  #probePath(): string {
    if (this.#uses.includes('stream')) return '/v1/stream';
    if (this.#uses.includes('transcripts')) return '/v1/transcripts?limit=1';
    // A page without a room probes one that belongs to nobody.
    return `/v1/rooms/${this.#room ?? `probe-${Math.random().toString(36).slice(2)}`}/transcript`;
  }

  /** Takes a key from `#key=…` and removes it from the address at once. It replaces a stored key only if the user agrees. */
  #takeKeyFromAddress(hash: PageAuthOptions['hash']): void {
    const brought = readKeyFromHash(location.hash, hash);
    if (brought === undefined) return;
    history.replaceState(null, '', location.pathname + location.search);
    switch (decideOnLinkedKey(loadKey(KEY_NAME), brought)) {
      case 'take':
        return storeKey('tab', KEY_NAME, brought);
      case 'ask':
        this.#linkedKey = this.#offerKey(brought);
    }
  }

  async #offerKey(brought: string): Promise<void> {
    if (!(await confirmKeyReplacement())) return;
    this.forget();
    storeKey('tab', KEY_NAME, brought);
    // Start again with the new key: the page has used the old one.
    location.reload();
    await new Promise(() => {});
  }
}

const toViewerTokenName = (room: string): string => `sotto.viewer.${room}`;
/** Tokens are JWTs, which begin like this; keys never do. The server distinguishes them in the same way. */
const isToken = (text: string): boolean => text.startsWith('ey');

async function askWhetherKeyNeeded(): Promise<boolean | undefined> {
  try {
    const response = await fetch('/v1/info', { signal: AbortSignal.timeout(TIMEOUT_MS), cache: 'no-store' });
    return (parseJson(await response.text()) as { needsKey?: boolean }).needsKey === true;
  } catch {
    return undefined;
  }
}

/** Requests a token with a key. Resolves with the key itself when it may not create tokens, or with the server's objection. */
async function requestToken(
  key: string,
  scopes: readonly TokenUse[],
): Promise<Token | string | { readonly problem: string }> {
  try {
    const response = await fetch('/v1/token', {
      ...{ method: 'POST', cache: 'no-store', signal: AbortSignal.timeout(TIMEOUT_MS) },
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: JSON.stringify({ seconds: TOKEN_SECONDS, scopes }),
    });
    const answer = parseJson(await response.text()) as { readonly token?: string; readonly text?: string };
    if (response.status === 403) return key;
    if (!response.ok || answer.token === undefined)
      return { problem: answer.text ?? `The server answered ${response.status}.` };
    return { key, uses: String(scopes), text: answer.token, untilMs: Date.now() + TOKEN_SECONDS * 1_000 };
  } catch (error) {
    return { problem: messageOf(error) };
  }
}

/** Whether the server accepts a credential: only 401 and 403 mean that it does not. */
async function checkWithServer(path: string, credential: string): Promise<CredentialCheck> {
  try {
    const response = await fetch(path, {
      ...{ cache: 'no-store', signal: AbortSignal.timeout(TIMEOUT_MS) },
      headers: { authorization: `Bearer ${credential}` },
    });
    if (response.status !== 401 && response.status !== 403) return 'good';
    return {
      problem:
        (parseJson(await response.text()) as { text?: string }).text ?? `The server answered ${response.status}.`,
    };
  } catch (error) {
    return { problem: messageOf(error) };
  }
}

/** A header takes only some characters: what a browser says about others is no help. */
const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
