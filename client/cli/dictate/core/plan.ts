import { toPrintable } from '../../../../protocol/printable.ts';
import { FormQueue, type Taken } from '../../../../transcript/form-queue.ts';
import type { FieldEntry } from './field.ts';
import type { SpokenPiece, SpokenReader } from './spoken.ts';

/**
 * When text is inserted: `sentence`, each sentence when it is cleaned, or as spoken when that takes too long; `live`, words as they
 * become stable; `hold`, everything at the end.
 */
export type DictationMode = 'sentence' | 'live' | 'hold';
export const DICTATION_MODES: readonly DictationMode[] = ['sentence', 'live', 'hold'];

export interface PlanSettings {
  /** Id of the dictation, which begins the name of every entry. */
  readonly dictation: string;
  readonly mode: DictationMode;
  /** Longest wait for a cleaning after its final, ms; 0 inserts sentences as spoken. */
  readonly cleanWaitMs: number;
  /** Returns the reader for a language, by its ISO 639 code. */
  readonly reader: (language: string) => SpokenReader;
  /** Language to assume until a final names it. */
  readonly language: string;
}

export type PlanInput =
  | { readonly kind: 'partial'; readonly sentence: number; readonly stable: string }
  | { readonly kind: 'final'; readonly sentence: number; readonly text: string; readonly language: string }
  | { readonly kind: 'cleaned'; readonly sentence: number; readonly text: string }
  /** There is no cleaning, or it takes too long. */
  | { readonly kind: 'uncleaned'; readonly sentence: number }
  /** No further events arrive. */
  | { readonly kind: 'over' };

export type PlanOutput =
  | ({ readonly kind: 'say'; readonly sentences: readonly number[] } & FieldEntry)
  /** Pass `uncleaned` to the plan after this time. */
  | { readonly kind: 'wait'; readonly sentence: number; readonly ms: number };

/** After this many late cleanings in a row, the plan stops waiting until one arrives. */
const UNCLEANED_MAX = 3;

interface Open {
  stable: string;
  read: number;
}

interface Due {
  readonly sentence: number;
  readonly text: string;
  readonly language: string;
}

/** Turns the events of one dictation into entries for the field, in the order in which they were spoken. */
export class Plan {
  readonly #settings: PlanSettings;
  /** Sentences that are final and not in the field. The caller measures how long each has waited. */
  readonly #due: FormQueue<Due>;
  readonly #open = new Map<number, Open>();
  #language: string;

  constructor(settings: PlanSettings) {
    this.#settings = settings;
    this.#language = settings.language;
    this.#due = new FormQueue(settings.mode === 'sentence' ? { missesMax: UNCLEANED_MAX } : {});
  }

  read(input: PlanInput): PlanOutput[] {
    switch (input.kind) {
      case 'partial':
        return this.#settings.mode === 'live' ? this.#growOpen(input.sentence, toPrintable(input.stable)) : [];
      case 'final':
        this.#language = input.language;
        return this.#settings.mode === 'live'
          ? this.#closeOpen(input.sentence, toPrintable(input.text))
          : this.#addFinal(input);
      case 'cleaned':
      case 'uncleaned':
        return this.#settleFinal(input);
      case 'over':
        return this.#takeAll();
    }
  }

  #addFinal({ sentence, text, language }: Extract<PlanInput, { kind: 'final' }>): PlanOutput[] {
    const { cleanWaitMs, mode } = this.#settings;
    const isWaiting = cleanWaitMs > 0 && this.#due.waitsFor();
    const untilMs = isWaiting ? Number.POSITIVE_INFINITY : undefined;
    this.#due.add({ key: String(sentence), item: { sentence, text, language }, untilMs });
    if (mode === 'hold') return [];
    return isWaiting ? [{ kind: 'wait', sentence, ms: cleanWaitMs }] : this.#takeReady();
  }

  #settleFinal(input: Extract<PlanInput, { kind: 'cleaned' | 'uncleaned' }>): PlanOutput[] {
    const { cleanWaitMs, mode } = this.#settings;
    if (input.kind === 'uncleaned') this.#due.giveUp(String(input.sentence));
    else if (cleanWaitMs > 0) this.#due.deliver(String(input.sentence), input.text);
    return mode === 'hold' ? [] : this.#takeReady();
  }

  /** Entries that are due; a sentence never overtakes the previous one. */
  #takeReady(): PlanOutput[] {
    return this.#due.take(0).map((taken) => this.#say(taken));
  }

  #takeAll(): PlanOutput[] {
    const all = this.#due.take(Number.POSITIVE_INFINITY);
    if (this.#settings.mode !== 'hold') return all.map((taken) => this.#say(taken));
    if (all.length === 0) return [];
    const chosen = all.map((taken) => this.#chooseText(taken));
    const pieces = chosen.flatMap((each) => each.pieces);
    const raw = chosen.some((each) => each.raw !== undefined)
      ? chosen.flatMap((each) => each.raw ?? each.pieces)
      : undefined;
    return [
      { kind: 'say', sentences: all.map(({ item }) => item.sentence), sentence: this.#toEntryName(0), pieces, raw },
    ];
  }

  #say(taken: Taken<Due, string>): PlanOutput {
    const { sentence } = taken.item;
    return { kind: 'say', sentences: [sentence], sentence: this.#toEntryName(sentence), ...this.#chooseText(taken) };
  }

  #chooseText({ item: { text, language }, form }: Taken<Due, string>): {
    pieces: readonly SpokenPiece[];
    raw: readonly SpokenPiece[] | undefined;
  } {
    return chooseForm(this.#settings.reader(language), text, form);
  }

  /** A sentence waits until the previous one is final; until then only its newest text is stored. */
  #growOpen(sentence: number, stable: string): PlanOutput[] {
    const open = this.#open.get(sentence) ?? { stable: '', read: 0 };
    open.stable = stable;
    this.#open.set(sentence, open);
    return sentence === Math.min(...this.#open.keys()) ? this.#readFurther(sentence, 'open') : [];
  }

  #closeOpen(sentence: number, text: string): PlanOutput[] {
    const outputs: PlanOutput[] = [];
    // A sentence that never became final ends when a later one does.
    for (const earlier of [...this.#open.keys()].filter((each) => each < sentence).sort((a, b) => a - b)) {
      outputs.push(...this.#readFurther(earlier, 'complete'));
      this.#open.delete(earlier);
    }
    this.#open.set(sentence, { read: 0, ...this.#open.get(sentence), stable: text });
    outputs.push(...this.#readFurther(sentence, 'complete'));
    this.#open.delete(sentence);
    if (this.#open.size > 0) outputs.push(...this.#readFurther(Math.min(...this.#open.keys()), 'open'));
    return outputs;
  }

  #readFurther(sentence: number, state: 'open' | 'complete'): PlanOutput[] {
    const open = this.#open.get(sentence)!;
    const { pieces, read } = this.#settings.reader(this.#language).read(open.stable, open.read, state);
    open.read = read;
    if (pieces.length === 0 && state === 'open') return [];
    // A final without new words is an entry, too: with it, the sentence is complete in the field.
    const sentences = state === 'complete' ? [sentence] : [];
    return [{ kind: 'say', sentences, sentence: this.#toEntryName(sentence), pieces }];
  }

  #toEntryName(sentence: number): string {
    return `${this.#settings.dictation}.${sentence}`;
  }
}

const describeCommands = (pieces: readonly SpokenPiece[]): string =>
  pieces
    .filter(({ kind }) => kind !== 'words')
    .map((piece) => ('text' in piece ? `${piece.kind} ${piece.text}` : piece.kind))
    .join('|');

/**
 * Selects the cleaned form, unless cleaning changed the spoken commands in it. Line breaks and control characters in the server's
 * text are ignored: only a spoken command or a snippet inserts a line break.
 */
export function chooseForm(
  reader: SpokenReader,
  final: string,
  cleaning: string | undefined,
): { pieces: readonly SpokenPiece[]; raw: readonly SpokenPiece[] | undefined } {
  const text = toPrintable(final);
  const cleaned = cleaning === undefined ? undefined : toPrintable(cleaning);
  const spoken = reader.read(text, 0, 'complete').pieces;
  if (cleaned === undefined || cleaned === text) return { pieces: spoken, raw: undefined };
  const clean = reader.read(cleaned, 0, 'complete').pieces;
  return describeCommands(clean) === describeCommands(spoken)
    ? { pieces: clean, raw: spoken }
    : { pieces: spoken, raw: undefined };
}
