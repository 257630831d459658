import { parseJson } from '../../../protocol/parse-json.ts';
import type { StorageSpan } from '../storage/browser-storage.ts';
import { type CredentialCheck, KeyDialog } from './key-dialog.ts';
import { findStorageSpan, loadKey, removeKey, storeKey } from './key-storage.ts';
import { decideOnLinkedKey, readKeyFromHash } from './linked-key.ts';
import { confirmKeyReplacement } from './replace-dialog.ts';

const TIMEOUT_MS = 10_000;
/** Lifetime of a token, s; sessions opened with it outlive it. */
const TOKEN_SECONDS = 600;
/** A token that expires sooner than this is replaced, ms. */
const SPARE_MS = 60_000;
const KEY = 'sotto.key';

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
  #linked: Promise<void> = Promise.resolve();
  #needsKey: Promise<boolean> | undefined;
  #entering: Promise<boolean> | undefined;

  constructor({ room, hash, uses = ['stream'] }: PageAuthOptions) {
    this.#room = room;
    this.#uses = uses;
    this.#dialog = new KeyDialog({
      check: (text) => this.#check(text),
      keep: (text, span) => this.#keep(text, span),
      forget: () => this.forget(),
    });
    this.#takeFromAddress(hash);
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
    return this.#room === undefined ? undefined : loadKey(viewerName(this.#room));
  }

  /** How long the key is stored; what a page derives from it is stored for as long. */
  get span(): StorageSpan {
    return findStorageSpan(KEY) ?? 'tab';
  }

  /** Whether a key or token for recording is stored; the server may still refuse it. */
  get hasKey(): boolean {
    return loadKey(KEY) !== undefined;
  }

  /** Resolves with true when the server is expected to accept the page; asks the user for a key when necessary. */
  enter(): Promise<boolean> {
    this.#entering ??= this.#enter().finally(() => {
      this.#entering = undefined;
    });
    return this.#entering;
  }

  /** Opens the dialog, which shows `problem`. Resolves with true when the user entered something that the server accepts. */
  ask(why?: string): Promise<boolean> {
    return this.#dialog.ask({
      why,
      has: this.hasKey || this.viewerToken !== undefined,
      viewer: this.#room !== undefined,
    });
  }

  /**
   * The credential to send now; undefined when the server requires none, or when none is stored that it accepts. A token
   * requested for it allows only `uses`, by default those of the page.
   */
  async credential(uses: readonly TokenUse[] = this.#uses): Promise<string | undefined> {
    const key = loadKey(KEY);
    if (key === undefined || !(await this.needsKey())) return undefined;
    if (isToken(key)) return key;
    const token = this.#tokens.get(String(uses));
    if (token?.key === key && token.untilMs - SPARE_MS > Date.now()) return token.text;
    const made = await makeToken(key, uses);
    if (typeof made === 'string') return made;
    if ('problem' in made) return undefined;
    this.#tokens.set(made.uses, made);
    return made.text;
  }

  /** The key or token as the user entered it. What is created with a short-lived token would expire with it. */
  async given(): Promise<string | undefined> {
    return (await this.needsKey()) ? loadKey(KEY) : undefined;
  }

  /** `credential` as an option of `connect`. */
  async shown(uses?: readonly TokenUse[]): Promise<{ readonly credential?: string }> {
    const credential = await this.credential(uses);
    return credential === undefined ? {} : { credential };
  }

  /** To be called when the server refused the credential: the next one is requested afresh. */
  refused(): void {
    this.#tokens.clear();
    this.#needsKey = undefined;
  }

  forget(): void {
    this.#tokens.clear();
    removeKey(KEY);
    if (this.#room !== undefined) removeKey(viewerName(this.#room));
  }

  async #enter(): Promise<boolean> {
    await this.#linked;
    if (!(await this.needsKey())) return true;
    const key = loadKey(KEY);
    if (key === undefined) return this.ask();
    const isMade = this.#tokens.get(String(this.#uses))?.key === key;
    const verdict = isMade && (await this.credential()) !== undefined ? 'good' : await this.#check(key);
    if (verdict === 'good') return true;
    return this.ask(verdict.problem);
  }

  /** Checks with the server what was typed in. */
  async #check(text: string): Promise<CredentialCheck> {
    if (text.startsWith('view_') && this.#room !== undefined)
      return verdictOf(`/v1/rooms/${this.#room}/transcript`, text);
    const probe = this.#probe();
    if (isToken(text)) return verdictOf(probe, text);
    const made = await makeToken(text, this.#uses);
    // A key that may not create such a token is sent itself.
    if (typeof made === 'string') return verdictOf(probe, text);
    if ('problem' in made) return made;
    this.#tokens.set(made.uses, made);
    return 'good';
  }

  #keep(text: string, span: StorageSpan): void {
    if (text.startsWith('view_') && this.#room !== undefined) storeKey(span, viewerName(this.#room), text);
    else storeKey(span, KEY, text);
  }

  /** A path whose answer tells whether the page's uses are allowed. */
  #probe(): string {
    if (this.#uses.includes('stream')) return '/v1/stream';
    if (this.#uses.includes('transcripts')) return '/v1/transcripts?limit=1';
    // A page without a room probes one that belongs to nobody.
    return `/v1/rooms/${this.#room ?? `probe-${Math.random().toString(36).slice(2)}`}/transcript`;
  }

  /** Takes a key from `#key=…` and removes it from the address at once. It replaces a stored key only if the user agrees. */
  #takeFromAddress(hash: PageAuthOptions['hash']): void {
    const brought = readKeyFromHash(location.hash, hash);
    if (brought === undefined) return;
    history.replaceState(null, '', location.pathname + location.search);
    switch (decideOnLinkedKey(loadKey(KEY), brought)) {
      case 'take':
        return storeKey('tab', KEY, brought);
      case 'ask':
        this.#linked = this.#offer(brought);
    }
  }

  async #offer(brought: string): Promise<void> {
    if (!(await confirmKeyReplacement())) return;
    this.forget();
    storeKey('tab', KEY, brought);
    // Start again with the new key: the page has used the old one.
    location.reload();
    await new Promise(() => {});
  }
}

const viewerName = (room: string): string => `sotto.viewer.${room}`;
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
async function makeToken(
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
async function verdictOf(path: string, credential: string): Promise<CredentialCheck> {
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
