import { BYTES_PER_SAMPLE, type ServerEvent, type Start } from '../../protocol/index.ts';
import type { Beginning } from './keeper.ts';
import type { Keeping } from './keeping.ts';
import type { Findable } from './registry.ts';
import type { Speaker } from './rooms.ts';
import type { Birth, Recalled, SessionJournal, Standing } from './session-journal.ts';
import type { SessionParts } from './session-parts.ts';

interface Witnessed<S extends Findable> {
  readonly born: Birth;
  readonly wish: Start['keep'];
  readonly restored: (Recalled & { readonly journal: SessionJournal }) | undefined;
  readonly parts: SessionParts<S>;
  readonly language: string;
}

/** Who takes down what a session says, besides its client: its room, its journal, the transcript that is kept of it. */
export class Witnesses<S extends Findable> {
  /** With its place in the transcript. */
  readonly birth: Birth;
  /** Why there is no transcript, where one was wanted. */
  readonly refused: string | undefined;
  readonly #speaker: Speaker | undefined;
  readonly #journal: SessionJournal | undefined;
  readonly #keeping: Keeping | undefined;

  /** Throws `auth.denied` or `transcript.*`. */
  constructor({ born, wish, restored, parts, language }: Witnessed<S>) {
    const { rooms, keeper, journals, resumeGraceMs } = parts;
    const { session, key } = born;
    this.#speaker = rooms?.speak(born.room ?? session, { session, key, language }, restored?.told);
    try {
      const begin = (): Beginning | undefined => keeper?.begin(wish, { session, owner: key });
      const again = (): Beginning | undefined => born.kept && keeper?.again(born.kept);
      const { keeping, refused } = (restored === undefined ? begin() : again()) ?? {};
      this.#keeping = keeping;
      this.refused = refused;
    } catch (error) {
      this.#speaker?.leave();
      throw error;
    }
    this.birth = { ...born, kept: this.#keeping?.place };
    const frameBytes = BYTES_PER_SAMPLE[born.audio.encoding] * born.audio.channels;
    this.#journal = restored?.journal ?? (resumeGraceMs > 0 ? journals?.begin(this.birth, frameBytes) : undefined);
    this.#journal?.tells((seq) => this.#speaker?.cursorOf(seq));
  }

  /** Languages that somebody who reads along asks for. */
  get languages(): Iterable<string> {
    return this.#speaker?.languages ?? [];
  }

  get areKeeping(): boolean {
    return this.#keeping !== undefined;
  }

  /** `unkept` hears why a transcript can no longer be written, never while events are being told. */
  warn(unkept: (why: string) => void): void {
    this.#keeping?.tell(unkept);
  }

  heard(bytes: Uint8Array): void {
    this.#journal?.heard(bytes);
  }

  /** Viewers are served when the journal has it, and a transcript has nothing that a restart would tell otherwise. */
  tell(events: readonly ServerEvent[], standing: Standing, kept: () => readonly ServerEvent[]): void {
    this.#speaker?.tell(events);
    this.#journal?.write(events, standing, kept);
    this.#keeping?.write(events);
  }

  recall({ audio, standing, events }: Recalled): void {
    this.#journal?.recall(audio, standing, events);
    this.#keeping?.write(events);
  }

  /** The process ends before the session; the next one goes on. */
  leave(): void {
    this.#journal?.leave();
    this.#keeping?.leave();
  }

  /** Nothing more is said. */
  end(): void {
    this.#speaker?.leave();
    this.#keeping?.end();
  }

  /** Nobody can ask for its last words any more. */
  forget(): void {
    this.#journal?.remove();
  }
}
