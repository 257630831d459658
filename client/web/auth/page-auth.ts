import { parseJson } from '../../../protocol/parse-json.ts';
import { type CredentialCheck, KeyDialog } from './key-dialog.ts';
import { findStorageSpan, loadKey, removeKey, type StorageSpan, storeKey } from './key-storage.ts';
import { decideOnLinkedKey, readKeyFromHash } from './linked-key.ts';
import { confirmKeyReplacement } from './replace-dialog.ts';

const TIMEOUT_MS = 10_000;
/** A token is made for so long; sessions that it opened outlive it. */
const TOKEN_SECONDS = 600;
/** One that ends sooner is not used any more, ms. */
const SPARE_MS = 60_000;
const KEY = 'sotto.key';

/** What a page does with the token: speak, read and change the key's transcripts, watch rooms. */
export type TokenUse = 'stream' | 'transcripts' | 'viewers';

interface Token {
  readonly key: string;
  readonly uses: string;
  readonly text: string;
  readonly untilMs: number;
}

export interface PageAuthOptions {
  /** Room of a page that lets people in with a token of a viewer, too. */
  readonly room?: string;
  /** Whose the token is that stands in the page's address as `#token=…`; a viewer's is left there, for the page. */
  readonly hash: 'speaker' | 'viewer';
  /** What the page needs to be let in for; default to speak. */
  readonly uses?: readonly TokenUse[];
}

/**
 * What a page shows the server to be let in, where it wants something. The person is asked for a key or a token; of a key
 * the page makes a token that lasts minutes, and shows that. Neither is ever part of an address that a server sees.
 */
export class PageAuth {
  readonly #room: string | undefined;
  readonly #dialog: KeyDialog;
  readonly #uses: readonly TokenUse[];
  /** The newest token for each use. */
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

  /** Does the server want a key? False when it cannot be asked: whoever tries then learns why. */
  needsKey(): Promise<boolean> {
    this.#needsKey ??= askWhetherKeyNeeded().then((needed) => {
      if (needed === undefined) this.#needsKey = undefined;
      return needed === true;
    });
    return this.#needsKey;
  }

  /** A token of a viewer that was typed in, where this page takes one. */
  get viewerToken(): string | undefined {
    return this.#room === undefined ? undefined : loadKey(viewerName(this.#room));
  }

  /** How long what was given is kept; a page keeps what it makes with it as long. */
  get span(): StorageSpan {
    return findStorageSpan(KEY) ?? 'tab';
  }

  /** Whether there is a key or token of a speaker; it may be refused all the same. */
  get hasKey(): boolean {
    return loadKey(KEY) !== undefined;
  }

  /** True once the server will let the page in as far as it can be told; asks the person when it must. */
  enter(): Promise<boolean> {
    this.#entering ??= this.#enter().finally(() => {
      this.#entering = undefined;
    });
    return this.#entering;
  }

  /** Opens the dialog; `why` is said in it. True when something was given that the server takes. */
  ask(why?: string): Promise<boolean> {
    return this.#dialog.ask({
      why,
      has: this.hasKey || this.viewerToken !== undefined,
      viewer: this.#room !== undefined,
    });
  }

  /**
   * What to show now; undefined where nothing is wanted, or nothing is held that the server takes. A token that is made for
   * it holds only `uses`, by default those of the page.
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

  /** The key or token as it was given: what is made with a token of it would end with that, minutes later. */
  async given(): Promise<string | undefined> {
    return (await this.needsKey()) ? loadKey(KEY) : undefined;
  }

  /** The same as `credential`, for whoever connects. */
  async shown(uses?: readonly TokenUse[]): Promise<{ readonly credential?: string }> {
    const credential = await this.credential(uses);
    return credential === undefined ? {} : { credential };
  }

  /** The server refused what was shown: the next one is made anew. */
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

  /** Asks the server about what was typed in. */
  async #check(text: string): Promise<CredentialCheck> {
    if (text.startsWith('view_') && this.#room !== undefined)
      return verdictOf(`/v1/rooms/${this.#room}/transcript`, text);
    const probe = this.#probe();
    if (isToken(text)) return verdictOf(probe, text);
    const made = await makeToken(text, this.#uses);
    // A key that may make no such token is shown itself.
    if (typeof made === 'string') return verdictOf(probe, text);
    if ('problem' in made) return made;
    this.#tokens.set(made.uses, made);
    return 'good';
  }

  #keep(text: string, span: StorageSpan): void {
    if (text.startsWith('view_') && this.#room !== undefined) storeKey(span, viewerName(this.#room), text);
    else storeKey(span, KEY, text);
  }

  /** An address whose answer says whether what this page is for would be allowed. */
  #probe(): string {
    if (this.#uses.includes('stream')) return '/v1/stream';
    if (this.#uses.includes('transcripts')) return '/v1/transcripts?limit=1';
    // A room that is nobody's, where the page has none.
    return `/v1/rooms/${this.#room ?? `probe-${Math.random().toString(36).slice(2)}`}/transcript`;
  }

  /** `#key=…` brings one along; it is taken out of the address at once, and replaces none that is held without asking. */
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
    // What the page did with the old key is begun anew with this one.
    location.reload();
    await new Promise(() => {});
  }
}

const viewerName = (room: string): string => `sotto.viewer.${room}`;
/** As the server tells its own tokens from keys. */
const isToken = (text: string): boolean => text.startsWith('ey');

async function askWhetherKeyNeeded(): Promise<boolean | undefined> {
  try {
    const response = await fetch('/v1/info', { signal: AbortSignal.timeout(TIMEOUT_MS), cache: 'no-store' });
    return (parseJson(await response.text()) as { needsKey?: boolean }).needsKey === true;
  } catch {
    return undefined;
  }
}

/** A token made of a key; the key itself where it may make none; what the server has against it. */
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

/** Whether the server lets somebody in with this: only 401 and 403 say that it does not. */
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
