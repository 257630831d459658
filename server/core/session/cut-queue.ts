import type { SessionSnapshot } from './snapshot.ts';
import type { Utterance } from './utterance.ts';

/** A request to finalise the speech up to the sample `at`. It waits until the VAD has judged that far. */
export interface Cut {
  readonly at: number;
  /** Whether the client waits for `flushed`, which then carries `id`. */
  readonly answer: boolean;
  readonly id: string | undefined;
}

interface PendingCut extends Cut {
  /** Set once the speech has been cut: the cut is done when all of these are published. */
  readonly utterances?: readonly Utterance[];
}

/** The cuts a session still has to make, in the order in which they were asked for and are answered. */
export class CutQueue {
  #cuts: PendingCut[];

  /** `endedBefore` gives the speech that a cut carried out before a restart still waits for. */
  constructor(snapshot: SessionSnapshot['cuts'], endedBefore: (at: number) => readonly Utterance[]) {
    this.#cuts = snapshot.map(({ at, answer, id, carriedOut }) =>
      carriedOut ? { at, answer, id, utterances: endedBefore(at) } : { at, answer, id },
    );
  }

  get snapshot(): SessionSnapshot['cuts'] {
    return this.#cuts.map(({ utterances, ...cut }) => ({ ...cut, carriedOut: utterances !== undefined }));
  }

  get isEmpty(): boolean {
    return this.#cuts.length === 0;
  }

  add(cut: Cut): void {
    this.#cuts.push(cut);
  }

  /** Makes the cuts that `isDue`; `carryOut` gives the speech that each then waits for. */
  carryOut(isDue: (at: number) => boolean, carryOut: (at: number) => readonly Utterance[]): void {
    this.#cuts = this.#cuts.map((cut) =>
      cut.utterances === undefined && isDue(cut.at) ? { ...cut, utterances: carryOut(cut.at) } : cut,
    );
  }

  /** Takes out the cuts at the front whose speech is published. */
  takeDone(): readonly Cut[] {
    const open = this.#cuts.findIndex(({ utterances }) => utterances?.every(({ isPublished }) => isPublished) !== true);
    return this.#cuts.splice(0, open < 0 ? this.#cuts.length : open);
  }
}
