import type { Start } from '../../protocol/index.ts';

type Attempt = NonNullable<NonNullable<Start['resume']>['attempt']>;

/**
 * Tracks a client's newest attempt to reconnect: a bad network may deliver older ones late, after the client has given
 * them up.
 */
export class ResumeAttempts {
  #newest: Attempt | undefined;

  /** Returns false when a newer attempt has been seen. Clients that send no attempt number are always accepted. */
  accept(attempt: Attempt | undefined): boolean {
    const newest = this.#newest;
    if (attempt !== undefined && attempt.of === newest?.of && attempt.number <= newest.number) return false;
    this.#newest = attempt;
    return true;
  }
}
