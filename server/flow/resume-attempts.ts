import type { Start } from '../../protocol/index.ts';

type Attempt = NonNullable<NonNullable<Start['resume']>['attempt']>;

/** Which of a client's attempts to come back is the newest: what a bad line delivers late was given up long ago. */
export class ResumeAttempts {
  #newest: Attempt | undefined;

  /** False for one that a newer one has overtaken. Who does not count them is always taken. */
  take(attempt: Attempt | undefined): boolean {
    const newest = this.#newest;
    if (attempt !== undefined && attempt.of === newest?.of && attempt.number <= newest.number) return false;
    this.#newest = attempt;
    return true;
  }
}
