import type { ResumePoint } from '../../sdk/resume-point.ts';
import type { Meeting, MeetingPart, OpenSentence, SpokenSentence } from './meeting-state.ts';

/** A meeting without its sentences, which are kept one by one. */
export type MeetingHeader = Omit<Meeting, 'sentences' | 'open'> & {
  readonly changedMs: number;
  /** What the server has not been told yet: names of `Outgoing`. */
  readonly unsent: readonly string[];
  /** Sentences so far, for lists. */
  readonly count: number;
};

/** The session of a meeting that is being recorded, as it stood when this was written. */
export interface LiveRecord {
  readonly meeting: string;
  readonly kept: Omit<ResumePoint, 'audio'>;
  readonly at: MeetingPart;
  readonly open: readonly OpenSentence[];
  readonly tookMs: number;
  readonly paused: boolean;
  readonly sources: { readonly me: boolean; readonly them: boolean };
}

/** Sound the server has not acknowledged: what a new page sends first. */
export interface AudioRecord {
  readonly meeting: string;
  readonly fromSample: number;
  readonly bytes: Uint8Array;
}

/** What is written in one go: a sentence and the number of the event that brought it stand or fall together. */
export interface MeetingWrite {
  readonly head?: MeetingHeader | undefined;
  readonly sentences?: readonly SpokenSentence[];
  readonly live?: LiveRecord | undefined;
}

type Filed = SpokenSentence & { readonly meeting: string };

const HEADS = 'meetings';
const SENTENCES = 'sentences';
const LIVE = 'live';
const AUDIO = 'audio';

/** What this browser keeps of meetings, in IndexedDB. Where the browser forbids storage it keeps nothing, and says so. */
export class MeetingDatabase {
  readonly #opened: Promise<IDBDatabase | undefined>;

  constructor(name = 'sotto-meetings') {
    this.#opened = openDatabase(name);
  }

  async works(): Promise<boolean> {
    return (await this.#opened) !== undefined;
  }

  async write(meeting: string, { head, sentences = [], live }: MeetingWrite): Promise<void> {
    await this.#change([HEADS, SENTENCES, LIVE], (store) => {
      if (head !== undefined) store(HEADS).put(head);
      for (const said of sentences) store(SENTENCES).put({ ...said, meeting });
      if (live !== undefined) store(LIVE).put(live);
    });
  }

  async writeAudio(record: AudioRecord): Promise<void> {
    await this.#change([AUDIO], (store) => store(AUDIO).put(record));
  }

  /** The sound before a sample has come; with no sample, all of the meeting has. */
  async dropAudio(meeting: string, beforeSample = Number.MAX_SAFE_INTEGER): Promise<void> {
    await this.#change([AUDIO], (store) =>
      store(AUDIO).delete(IDBKeyRange.bound([meeting, 0], [meeting, beforeSample], false, true)),
    );
  }

  async audio(meeting: string): Promise<readonly AudioRecord[]> {
    return (
      (await this.#all<AudioRecord>(AUDIO, IDBKeyRange.bound([meeting, 0], [meeting, Number.MAX_SAFE_INTEGER]))) ?? []
    );
  }

  async ended(meeting: string): Promise<void> {
    await this.#change([LIVE], (store) => store(LIVE).delete(meeting));
  }

  async live(meeting: string): Promise<LiveRecord | undefined> {
    return (await this.#all<LiveRecord>(LIVE, IDBKeyRange.only(meeting)))?.[0];
  }

  async head(meeting: string): Promise<MeetingHeader | undefined> {
    return (await this.#all<MeetingHeader>(HEADS, IDBKeyRange.only(meeting)))?.[0];
  }

  /** Every meeting this browser keeps, the newest first. */
  async heads(): Promise<readonly MeetingHeader[]> {
    const heads = (await this.#all<MeetingHeader>(HEADS)) ?? [];
    return [...heads].sort((a, b) => (a.startedAt < b.startedAt ? 1 : -1));
  }

  async sentences(meeting: string): Promise<readonly SpokenSentence[]> {
    const kept = (await this.#all<Filed>(SENTENCES, IDBKeyRange.bound([meeting, ''], [meeting, '\uffff']))) ?? [];
    return kept.map(({ meeting: _, ...said }) => said).sort((a, b) => a.fromMs - b.fromMs || a.toMs - b.toMs);
  }

  async read(meeting: string): Promise<Meeting | undefined> {
    const head = await this.head(meeting);
    if (head === undefined) return undefined;
    const { changedMs: _, unsent: __, count: ___, ...rest } = head;
    return { ...rest, sentences: await this.sentences(meeting), open: [] };
  }

  /** For good: head, words, sound. */
  async remove(meeting: string): Promise<void> {
    await this.#change([HEADS, SENTENCES, LIVE, AUDIO], (store) => {
      store(HEADS).delete(meeting);
      store(LIVE).delete(meeting);
      store(SENTENCES).delete(IDBKeyRange.bound([meeting, ''], [meeting, '\uffff']));
      store(AUDIO).delete(IDBKeyRange.bound([meeting, 0], [meeting, Number.MAX_SAFE_INTEGER]));
    });
  }

  /** Rejects when the disk is full; whoever writes says so. */
  async #change(names: readonly string[], run: (store: (name: string) => IDBObjectStore) => unknown): Promise<void> {
    const database = await this.#opened;
    if (database === undefined) return;
    await new Promise<void>((resolve, reject) => {
      const transaction = database.transaction(names, 'readwrite');
      transaction.oncomplete = () => resolve();
      transaction.onabort = () => reject(transaction.error ?? new Error('Nothing was written.'));
      run((name) => transaction.objectStore(name));
    });
  }

  async #all<T>(name: string, range?: IDBKeyRange): Promise<readonly T[] | undefined> {
    const database = await this.#opened;
    if (database === undefined) return undefined;
    return new Promise((resolve) => {
      const request = database.transaction(name, 'readonly').objectStore(name).getAll(range);
      request.onsuccess = () => resolve(request.result as T[]);
      request.onerror = () => resolve(undefined);
    });
  }
}

function openDatabase(name: string): Promise<IDBDatabase | undefined> {
  return new Promise((resolve) => {
    try {
      const request = indexedDB.open(name, 1);
      request.onupgradeneeded = () => {
        const { result } = request;
        result.createObjectStore(HEADS, { keyPath: 'id' });
        result.createObjectStore(SENTENCES, { keyPath: ['meeting', 'key'] });
        result.createObjectStore(LIVE, { keyPath: 'meeting' });
        result.createObjectStore(AUDIO, { keyPath: ['meeting', 'fromSample'] });
      };
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => resolve(undefined);
    } catch {
      resolve(undefined);
    }
  });
}
