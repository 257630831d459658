import type { DBSchema, IDBPDatabase, IDBPTransaction, StoreNames } from 'idb';
import type { ResumePoint } from '../../sdk/resume-point.ts';
import { openDatabase } from '../storage/database.ts';
import type { Meeting, MeetingPart, OpenSentence, SpokenSentence } from './meeting-state.ts';

/** A meeting without its sentences, which are stored one by one. */
export type MeetingHeader = Omit<Meeting, 'sentences' | 'open'> & {
  readonly changedMs: number;
  /** Changes that were not sent to the server yet: names of `PendingChanges`. */
  readonly unsent: readonly string[];
  /** Number of sentences so far, for lists. */
  readonly count: number;
};

/** State of the recording of a meeting when it was last stored. */
export interface LiveRecord {
  readonly meeting: string;
  readonly kept: Omit<ResumePoint, 'audio'>;
  readonly at: MeetingPart;
  readonly open: readonly OpenSentence[];
  readonly tookMs: number;
  readonly paused: boolean;
  readonly sources: { readonly me: boolean; readonly them: boolean };
}

/** Sound that the server has not acknowledged; a reloaded page sends it first. */
export interface AudioRecord {
  readonly meeting: string;
  readonly fromSample: number;
  readonly bytes: Uint8Array;
}

/** What is written in one transaction, so that a sentence is stored together with the number of the event it came from. */
export interface MeetingWrite {
  readonly head?: MeetingHeader | undefined;
  readonly sentences?: readonly SpokenSentence[];
  readonly live?: LiveRecord | undefined;
}

interface MeetingSchema extends DBSchema {
  meetings: { key: string; value: MeetingHeader };
  sentences: { key: [meeting: string, key: string]; value: SpokenSentence & { readonly meeting: string } };
  live: { key: string; value: LiveRecord };
  audio: { key: [meeting: string, fromSample: number]; value: AudioRecord };
}
type StoreName = StoreNames<MeetingSchema>;
type Write<Name extends StoreName> = IDBPTransaction<MeetingSchema, Name[], 'readwrite'>;

/** The meetings stored in this browser, in IndexedDB. Where the browser forbids storage, nothing is stored and nothing is found. */
export class MeetingDatabase {
  readonly #opened: Promise<IDBPDatabase<MeetingSchema> | undefined>;

  constructor(name = 'sotto-meetings') {
    this.#opened = openDatabase<MeetingSchema>(name, (database) => {
      database.createObjectStore('meetings', { keyPath: 'id' });
      database.createObjectStore('sentences', { keyPath: ['meeting', 'key'] });
      database.createObjectStore('live', { keyPath: 'meeting' });
      database.createObjectStore('audio', { keyPath: ['meeting', 'fromSample'] });
    });
  }

  /** Whether the browser allows storage. */
  async works(): Promise<boolean> {
    return (await this.#opened) !== undefined;
  }

  /** Rejects when the disk is full, as every method that writes. */
  async write(meeting: string, { head, sentences = [], live }: MeetingWrite): Promise<void> {
    await this.#change(['meetings', 'sentences', 'live'], (transaction) => [
      ...(head === undefined ? [] : [transaction.objectStore('meetings').put(head)]),
      ...sentences.map((sentence) => transaction.objectStore('sentences').put({ ...sentence, meeting })),
      ...(live === undefined ? [] : [transaction.objectStore('live').put(live)]),
    ]);
  }

  async writeAudio(record: AudioRecord): Promise<void> {
    await this.#change(['audio'], (transaction) => [transaction.objectStore('audio').put(record)]);
  }

  /** Deletes the sound before a sample; without a sample, all sound of the meeting. */
  async dropAudio(meeting: string, beforeSample = Number.MAX_SAFE_INTEGER): Promise<void> {
    const before = IDBKeyRange.bound([meeting, 0], [meeting, beforeSample], false, true);
    await this.#change(['audio'], (transaction) => [transaction.objectStore('audio').delete(before)]);
  }

  async audio(meeting: string): Promise<readonly AudioRecord[]> {
    return this.#read('audio', allAudio(meeting));
  }

  /** Deletes the state of a recording that is over. */
  async ended(meeting: string): Promise<void> {
    await this.#change(['live'], (transaction) => [transaction.objectStore('live').delete(meeting)]);
  }

  async live(meeting: string): Promise<LiveRecord | undefined> {
    return (await this.#read('live', IDBKeyRange.only(meeting)))[0];
  }

  async head(meeting: string): Promise<MeetingHeader | undefined> {
    return (await this.#read('meetings', IDBKeyRange.only(meeting)))[0];
  }

  /** Every meeting stored in this browser, newest first. */
  async heads(): Promise<readonly MeetingHeader[]> {
    return (await this.#read('meetings')).sort((a, b) => (a.startedAt < b.startedAt ? 1 : -1));
  }

  async sentences(meeting: string): Promise<readonly SpokenSentence[]> {
    const stored = await this.#read('sentences', allSentences(meeting));
    return stored.map(({ meeting: _, ...sentence }) => sentence).sort((a, b) => a.fromMs - b.fromMs || a.toMs - b.toMs);
  }

  async read(meeting: string): Promise<Meeting | undefined> {
    const head = await this.head(meeting);
    if (head === undefined) return undefined;
    const { changedMs: _, unsent: __, count: ___, ...rest } = head;
    return { ...rest, sentences: await this.sentences(meeting), open: [] };
  }

  /** Deletes a meeting for good: header, sentences and sound. */
  async remove(meeting: string): Promise<void> {
    await this.#change(['meetings', 'sentences', 'live', 'audio'], (transaction) => [
      transaction.objectStore('meetings').delete(meeting),
      transaction.objectStore('live').delete(meeting),
      transaction.objectStore('sentences').delete(allSentences(meeting)),
      transaction.objectStore('audio').delete(allAudio(meeting)),
    ]);
  }

  async #change<Name extends StoreName>(
    names: Name[],
    run: (transaction: Write<Name>) => readonly Promise<unknown>[],
  ): Promise<void> {
    const transaction = (await this.#opened)?.transaction(names, 'readwrite');
    if (transaction !== undefined) await Promise.all([...run(transaction), transaction.done]);
  }

  /** Empty when the browser fails to read: the server may have the meeting. */
  async #read<Name extends StoreName>(name: Name, range?: IDBKeyRange): Promise<MeetingSchema[Name]['value'][]> {
    try {
      return (await (await this.#opened)?.getAll(name, range)) ?? [];
    } catch {
      return [];
    }
  }
}

const allSentences = (meeting: string): IDBKeyRange => IDBKeyRange.bound([meeting, ''], [meeting, '\uffff']);
const allAudio = (meeting: string): IDBKeyRange => IDBKeyRange.bound([meeting, 0], [meeting, Number.MAX_SAFE_INTEGER]);
