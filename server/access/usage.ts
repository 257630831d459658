import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { replaceFile } from '../files/replace-file.ts';
import type { Log } from '../ports/log.ts';
import type { ApiKey } from './key-file.ts';

const DayUsage = z.strictObject({ day: z.iso.date(), audioMs: z.record(z.string(), z.number().nonnegative()) });
const SAVE_INTERVAL_MS = 5_000;

/**
 * Counts the audio each key has sent on this UTC day, in `usage.json` of the data folder. Saved every 5 s; a crash
 * loses what came since, in the key's favour. Servers that share the folder add to one count.
 */
export class UsageCounter {
  readonly #path: string;
  readonly #nowMs: () => number;
  readonly #log: Log;
  readonly #sync: boolean;
  /** The counts last read from the file, and those not saved yet. */
  #saved: ReadonlyMap<string, number> = new Map();
  readonly #unsaved = new Map<string, number>();
  #day = '';
  #savedMs = 0;
  #isFailing = false;

  /** With `sync`, each save reaches the disk; otherwise a power cut may lose the whole day. */
  constructor(folder: string, nowMs: () => number, log: Log, sync = false) {
    this.#path = join(folder, 'usage.json');
    this.#nowMs = nowMs;
    this.#log = log;
    this.#sync = sync;
    this.#startDay();
    this.#saved = this.#read() ?? this.#saved;
  }

  isSpent(key: ApiKey): boolean {
    this.#startDay();
    return key.minutesPerDay !== undefined && this.#getAudioMs(key.id) >= key.minutesPerDay * 60_000;
  }

  /** Adds audio; returns false when the key has used up its minutes. */
  add(key: ApiKey, audioMs: number): boolean {
    if (key.minutesPerDay === undefined) return true;
    this.#startDay();
    this.#unsaved.set(key.id, (this.#unsaved.get(key.id) ?? 0) + audioMs);
    // A clock that was set back must not delay the save.
    if (Math.abs(this.#nowMs() - this.#savedMs) >= SAVE_INTERVAL_MS) this.save();
    return !this.isSpent(key);
  }

  save(): void {
    this.#savedMs = this.#nowMs();
    if (this.#unsaved.size === 0) return;
    let sum: ReadonlyMap<string, number> = this.#saved;
    try {
      const renderUsage = (): string => {
        // Another server may have saved since.
        const before = this.#read() ?? this.#saved;
        sum = new Map([...before, ...[...this.#unsaved].map(([id, ms]) => [id, (before.get(id) ?? 0) + ms] as const)]);
        return JSON.stringify({ day: this.#day, audioMs: Object.fromEntries(sum) });
      };
      replaceFile(this.#path, renderUsage, { sync: this.#sync });
      this.#saved = sum;
      this.#unsaved.clear();
      if (this.#isFailing) this.#log.info({}, 'the usage of keys is saved again');
      this.#isFailing = false;
    } catch (error) {
      // Logs one line for as long as it lasts: otherwise a full disk would fill the log, too.
      if (!this.#isFailing)
        this.#log.warn({ code: (error as NodeJS.ErrnoException).code }, 'the usage of keys cannot be saved');
      this.#isFailing = true;
    }
  }

  #getAudioMs(id: string): number {
    return (this.#saved.get(id) ?? 0) + (this.#unsaved.get(id) ?? 0);
  }

  /** Undefined when the file has no counts for this day: it may not exist yet, and a broken count starts again. */
  #read(): ReadonlyMap<string, number> | undefined {
    try {
      const { day, audioMs } = DayUsage.parse(JSON.parse(readFileSync(this.#path, 'utf8')));
      return day === this.#day ? new Map(Object.entries(audioMs)) : undefined;
    } catch {
      return undefined;
    }
  }

  #startDay(): void {
    const day = new Date(this.#nowMs()).toISOString().slice(0, 10);
    if (day === this.#day) return;
    this.#day = day;
    this.#saved = new Map();
    this.#unsaved.clear();
  }
}
