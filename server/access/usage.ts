import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import type { Log } from '../ports/log.ts';
import type { Key } from './key-file.ts';

const Day = z.strictObject({ day: z.iso.date(), audioMs: z.record(z.string(), z.number().nonnegative()) });
const SAVE_EVERY_MS = 5_000;

/** Audio each key has sent on this UTC day. Saved now and then; a crash forgets the last seconds, in the key's favour. */
export class Usage {
  readonly #path: string;
  readonly #nowMs: () => number;
  readonly #log: Log;
  readonly #audioMs = new Map<string, number>();
  #day = '';
  #savedMs = 0;

  constructor(folder: string, nowMs: () => number, log: Log) {
    this.#path = join(folder, 'usage.json');
    this.#nowMs = nowMs;
    this.#log = log;
    this.#turn();
    try {
      const saved = Day.parse(JSON.parse(readFileSync(this.#path, 'utf8')));
      if (saved.day === this.#day)
        for (const [id, audioMs] of Object.entries(saved.audioMs)) this.#audioMs.set(id, audioMs);
    } catch {
      // Absent on the first day, and a broken count is no reason not to serve: it begins again.
    }
  }

  isSpent(key: Key): boolean {
    this.#turn();
    return key.minutesPerDay !== undefined && (this.#audioMs.get(key.id) ?? 0) >= key.minutesPerDay * 60_000;
  }

  /** Counts; false when the key has used up its minutes. */
  add(key: Key, audioMs: number): boolean {
    if (key.minutesPerDay === undefined) return true;
    this.#turn();
    this.#audioMs.set(key.id, (this.#audioMs.get(key.id) ?? 0) + audioMs);
    // A clock that was set back must not put it off.
    if (Math.abs(this.#nowMs() - this.#savedMs) >= SAVE_EVERY_MS) this.save();
    return !this.isSpent(key);
  }

  save(): void {
    this.#savedMs = this.#nowMs();
    if (this.#audioMs.size === 0) return;
    try {
      const text = JSON.stringify({ day: this.#day, audioMs: Object.fromEntries(this.#audioMs) });
      writeFileSync(`${this.#path}.tmp`, text, { mode: 0o600 });
      renameSync(`${this.#path}.tmp`, this.#path);
    } catch (error) {
      this.#log.warn({ code: (error as NodeJS.ErrnoException).code }, 'the usage of keys cannot be saved');
    }
  }

  #turn(): void {
    const day = new Date(this.#nowMs()).toISOString().slice(0, 10);
    if (day === this.#day) return;
    this.#day = day;
    this.#audioMs.clear();
  }
}
