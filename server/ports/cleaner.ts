import type { CleanRequest } from '../core/clean/request.ts';

export type { CleanRequest };

/** What a cleaner proposes. The guard in `core/clean` decides whether to accept it. */
export interface Rewrite {
  readonly text: string;
  /** The author for the `cleaned` event: `sotto-clean`, `rules`, or a model's name. */
  readonly model: string;
}

/** Proposes a cleaned form of a sentence. Rejects with a `clean.*` fault; the caller then falls back to the rules. */
export interface Cleaner {
  readonly name: string;
  /** Whether its process is up; false while it restarts. Absent when there is no process. */
  readonly isRunning?: boolean;
  /** Whether it supports the language; the caller asks before `rewrite` and falls back to the rules otherwise. */
  supportsLanguage(language: string): boolean;
  /** Resolves once the first rewrite will be quick. Rejects with a `model.*` fault. */
  ready(): Promise<void>;
  rewrite(request: CleanRequest, signal: AbortSignal): Promise<Rewrite>;
  close(): Promise<void>;
}
