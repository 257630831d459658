/** The events of a room that become captions; whatever else comes is not for them. */
export type RoomText =
  | {
      readonly type: 'partial';
      readonly session: string;
      readonly channel: number;
      readonly sentence: number;
      readonly stable: string;
      readonly tentative: string;
    }
  | {
      readonly type: 'final';
      readonly session: string;
      readonly channel: number;
      readonly sentence: number;
      readonly text: string;
    }
  | {
      readonly type: 'cleaned';
      readonly session: string;
      readonly channel: number;
      readonly sentence: number;
      readonly text: string;
    }
  | {
      readonly type: 'translated';
      readonly session: string;
      readonly channel: number;
      readonly sentence: number;
      readonly language: string;
      readonly text: string;
    };

/** One sentence on its way to the lines. */
export interface PendingSentence {
  readonly key: string;
  /** Session and channel: whose voice it is. */
  readonly speaker: string;
  readonly channel: number;
  readonly session: string;
  stable: string;
  tentative: string;
  /** When it became final; undefined while it is spoken. */
  finalMs: number | undefined;
  /** The form that is wanted in place of what was spoken. */
  revised: string | undefined;
  /** Characters of the spoken text that stand in the lines for good. */
  taken: number;
  /** Since when it waits for its turn. */
  waitsMs: number;
  /** When it was last heard of. */
  heardMs: number;
}

const FINISHED_MAX = 500;

/** Folds a room's events into the sentences that are not yet wholly in the lines, in the order of their turns. */
export class PendingText {
  readonly #wanted: { readonly revision: 'cleaned' | 'translated' | undefined; readonly language: string | undefined };
  readonly #interim: boolean;
  readonly #sentences: PendingSentence[] = [];
  /** What became of sentences that left: characters taken of one that was given up, Infinity of one that is finished. */
  readonly #left = new Map<string, number>();

  constructor(options: { readonly text: 'cleaned' | 'raw'; readonly translate: string; readonly interim: boolean }) {
    const { text, translate, interim } = options;
    this.#wanted = {
      revision: translate !== '' ? 'translated' : text === 'cleaned' ? 'cleaned' : undefined,
      language: translate === '' ? undefined : translate,
    };
    // Words of another language than the one wanted would only be taken back.
    this.#interim = interim && translate === '';
  }

  get sentences(): readonly PendingSentence[] {
    return this.#sentences;
  }

  get isRevised(): boolean {
    return this.#wanted.revision !== undefined;
  }

  read(event: RoomText, nowMs: number): void {
    if (event.type === 'partial') this.#partial(event, nowMs);
    else if (event.type === 'final') this.#final(event, nowMs);
    else if (event.type === this.#wanted.revision) {
      if (event.type === 'translated' && event.language !== this.#wanted.language) return;
      const sentence = this.#find(event);
      if (sentence?.finalMs !== undefined) sentence.revised = event.text;
    }
  }

  /** Tells who is still in the room: what others left open will never be finished. */
  present(sessions: readonly string[]): void {
    for (const sentence of this.#sentences) {
      if (sentence.finalMs === undefined && !sessions.includes(sentence.session))
        sentence.heardMs = Number.NEGATIVE_INFINITY;
    }
  }

  /** The first sentence is in the lines, or is given up. */
  leave(sentence: PendingSentence, isFinished: boolean): void {
    this.#sentences.splice(this.#sentences.indexOf(sentence), 1);
    this.#left.set(sentence.key, isFinished ? Number.POSITIVE_INFINITY : sentence.taken);
    if (this.#left.size > FINISHED_MAX) this.#left.delete(this.#left.keys().next().value!);
  }

  /** Somebody else has the word: this one goes first from now on. */
  first(sentence: PendingSentence, nowMs: number): void {
    for (const other of this.#sentences) if (other.speaker !== sentence.speaker) other.waitsMs = nowMs;
    this.#sentences.sort((a, b) => Number(b.speaker === sentence.speaker) - Number(a.speaker === sentence.speaker));
  }

  #partial(event: Extract<RoomText, { type: 'partial' }>, nowMs: number): void {
    if (!this.#interim) return;
    const isEmpty = event.stable + event.tentative === '';
    const sentence = isEmpty ? this.#find(event) : this.#open(event, nowMs);
    if (sentence === undefined || sentence.finalMs !== undefined || !event.stable.startsWith(sentence.stable)) return;
    sentence.heardMs = nowMs;
    sentence.stable = event.stable;
    sentence.tentative = event.tentative;
    if (isEmpty) this.#sentences.splice(this.#sentences.indexOf(sentence), 1);
  }

  #final(event: Extract<RoomText, { type: 'final' }>, nowMs: number): void {
    const sentence = this.#open(event, nowMs);
    if (sentence === undefined || sentence.finalMs !== undefined) return;
    sentence.finalMs = nowMs;
    sentence.heardMs = nowMs;
    sentence.tentative = '';
    // A server that breaks its promise loses no words: what was shown stays, and the rest goes on as after a cleaning.
    if (event.text.startsWith(sentence.stable)) sentence.stable = event.text;
    else sentence.revised = event.text;
  }

  #find(event: RoomText): PendingSentence | undefined {
    const key = keyOf(event);
    return this.#sentences.find((sentence) => sentence.key === key);
  }

  #open(event: RoomText, nowMs: number): PendingSentence | undefined {
    const key = keyOf(event);
    const taken = this.#left.get(key) ?? 0;
    if (taken === Number.POSITIVE_INFINITY) return undefined;
    const known = this.#find(event);
    if (known !== undefined) return known;
    const sentence: PendingSentence = {
      ...{ key, speaker: `${event.session} ${event.channel}`, session: event.session, channel: event.channel },
      ...{ stable: '', tentative: '', finalMs: undefined, revised: undefined, taken, waitsMs: nowMs, heardMs: nowMs },
    };
    this.#sentences.push(sentence);
    return sentence;
  }
}

const keyOf = ({ session, channel, sentence }: RoomText): string => `${session} ${channel} ${sentence}`;
