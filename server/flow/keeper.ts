import { Fault, isFault, LIMITS, type Start } from '../../protocol/index.ts';
import type { Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import type { KeptPlace, TranscriptStore } from '../ports/transcripts.ts';
import { Keeping } from './keeping.ts';

export interface KeeperParts {
  /** Undefined when nothing can be kept; `absence` says why, for people. */
  readonly store: TranscriptStore | undefined;
  readonly absence: string;
  /** Whose sessions are kept: of those that ask, or of all. */
  readonly mode: 'asked' | 'all' | 'off';
  /** Transcripts that have not changed for so long are deleted; 0 is never. */
  readonly keepDays: number;
  /** Wall time, ms since 1970. */
  readonly nowMs: () => number;
  readonly clock: Clock;
  readonly log: Log;
}

/** What became of a session's wish to be kept. */
export interface Beginning {
  readonly keeping?: Keeping | undefined;
  /** For the client: why nothing is kept. */
  readonly refused?: string | undefined;
}

const DAY_MS = 86_400_000;
/** How often old transcripts are looked for. */
const EXPIRE_EVERY_MS = 6 * 3_600_000;

/** Keeps the transcripts of sessions. Whatever becomes of its store, sessions go on. */
export class Keeper {
  readonly #parts: KeeperParts;
  #expiring: Disposable | undefined;

  constructor(parts: KeeperParts) {
    this.#parts = parts;
    this.#expire();
  }

  get store(): TranscriptStore | undefined {
    return this.#parts.store;
  }

  /** Why there is no store; empty when there is one. */
  get absence(): string {
    return this.#parts.store === undefined ? this.#parts.absence : '';
  }

  /** Throws `transcript.unknown` or `transcript.full` for a transcript the client named. */
  begin(wish: Start['keep'], of: { readonly session: string; readonly owner: string }): Beginning {
    const { store, mode, absence, log } = this.#parts;
    if (wish === undefined && mode !== 'all') return {};
    if (store === undefined) return { refused: absence };
    try {
      const place = this.#placeFor(store, wish ?? {}, of);
      if (place === undefined) return { refused: 'this key has as many transcripts as one may have; delete some' };
      return { keeping: new Keeping({ ...place, owner: of.owner, unasked: wish === undefined }, { store, log }) };
    } catch (error) {
      if (isFault(error)) throw error;
      const { code, name } = error as NodeJS.ErrnoException;
      log.error(
        { session: of.session, code: code ?? name },
        'a transcript cannot be begun; the session goes on without',
      );
      return { refused: `the file of transcripts cannot be written (${code ?? name})` };
    }
  }

  /** Goes on in the place an earlier process had for the session. */
  again(place: KeptPlace): Beginning {
    const { store, absence, log } = this.#parts;
    return store === undefined ? { refused: absence } : { keeping: new Keeping(place, { store, log }) };
  }

  close(): void {
    this.#expiring?.[Symbol.dispose]();
    this.#parts.store?.close();
  }

  #placeFor(store: TranscriptStore, wish: NonNullable<Start['keep']>, of: { session: string; owner: string }) {
    const startedMs = this.#parts.nowMs();
    const title = wish.title ?? new Date(startedMs).toISOString().slice(0, 16).replace('T', ' ');
    const id = wish.transcript ?? store.create(of.owner, { title, startedMs });
    if (id === undefined) return undefined;
    const place = store.join(of.owner, id, of.session);
    if (place === 'unknown') throw new Fault('transcript.unknown', { what: 'transcript' });
    if (place === 'full') throw new Fault('transcript.full', { what: 'sessions', limit: LIMITS.partsMax });
    return place;
  }

  #expire(): void {
    const { store, keepDays, nowMs, clock, log } = this.#parts;
    if (store === undefined || keepDays === 0) return;
    try {
      const count = store.expire(nowMs() - keepDays * DAY_MS);
      if (count > 0) log.info({ count, days: keepDays }, 'old transcripts were deleted');
    } catch (error) {
      const { code, name } = error as NodeJS.ErrnoException;
      log.error({ code: code ?? name }, 'old transcripts could not be deleted');
    }
    this.#expiring = clock.after(EXPIRE_EVERY_MS, () => this.#expire());
  }
}
