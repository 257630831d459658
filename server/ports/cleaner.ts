import type { CleanRequest } from '../core/clean/request.ts';

export type { CleanRequest };

/** What a cleaner proposes. The guard in `core/clean` decides whether it is taken. */
export interface Rewrite {
  readonly text: string;
  /** Who wrote it, for the `cleaned` event: `sotto-clean`, `rules`, or a model's name. */
  readonly model: string;
}

/** Proposes a cleaned form of a sentence. Rejects with a `clean.*` fault; the caller then uses the rules. */
export interface Cleaner {
  readonly name: string;
  /** Whether its process does its work; false while another is started. Absent where there is no process. */
  readonly isRunning?: boolean;
  /** Whether it knows the language; the caller asks before `rewrite` and uses the rules otherwise. */
  knows(language: string): boolean;
  /** Resolves once the first rewrite would be quick. Rejects with a `model.*` fault. */
  ready(): Promise<void>;
  rewrite(request: CleanRequest, signal: AbortSignal): Promise<Rewrite>;
  close(): Promise<void>;
}
