import type { TextEvent } from '../../../transcript/sentence.ts';
import { type AwaitedForm, FORM_TIMEOUT_MS, getAwaitedForm } from '../../../transcript/wanted-form.ts';
import { LineLayout, type Piece } from './line-layout.ts';
import { LinePacer, type LineTimings } from './line-pacer.ts';
import { type PendingSentence, PendingText } from './pending-text.ts';
import { computeRemainder } from './remainder.ts';
import { countUnitColumns, isSpaced, splitIntoUnits, type TextUnit } from './units.ts';

export interface RollUpOptions {
  /** Lines shown at once. */
  readonly lines: number;
  readonly text: 'cleaned' | 'raw';
  /** Language to show instead of the spoken one; empty for none. */
  readonly translate: string;
  /** Show words while a sentence is spoken. */
  readonly interim: boolean;
  /** Characters a second at most while lines wait. */
  readonly speed: number;
  /** Time without new text after which the lines fade, ms; 0 is never. */
  readonly fadeMs: number;
  fits(line: string): boolean;
  /** How a word is written: upper case, masked. */
  spell(word: string): string;
  /** What is put before the words of a speaker who takes over, or speaks first; empty for nothing. */
  mark(turn: { readonly channel: number; readonly first: boolean }): string;
}

export interface ShownLine {
  readonly index: number;
  /** Text that stays as it is, and text that may still change. */
  readonly settled: string;
  readonly tail: string;
  /** A line that is complete never changes. */
  readonly complete: boolean;
}

export interface RollUpFrame {
  readonly lines: readonly ShownLine[];
  /** Index of the lowest row; grows only. */
  readonly bottom: number;
  readonly faded: boolean;
  /** Lines that wait for their time, and lines passed over because too many waited. */
  readonly waiting: number;
  readonly skipped: number;
  /** When to look again though nothing came, ms; undefined when nothing is due. */
  readonly nextMs: number | undefined;
}

/** How long a second speaker waits while the first goes on, ms. */
const TURN_WAIT_MS = 4_000;
/** A sentence that is not heard of for so long is taken as far as it came, ms: its end was lost. */
const LOST_MS = 15_000;
export const WAITING_LINES_MAX = 12;

type TakenPiece = Piece & { readonly of: PendingSentence; readonly end: number };

/**
 * A room's events in, lines out; time is an argument.
 * Invariant: a complete line never changes, the lowest row never goes back, and what is settled is only appended to.
 */
export class RollUp {
  readonly #options: RollUpOptions;
  readonly #text: PendingText;
  readonly #awaited: AwaitedForm | undefined;
  readonly #layout: LineLayout;
  readonly #pace: LinePacer;
  #lastSpeaker: string | undefined;
  /** The lines as they stood on the screen at the last look. */
  #seen = new Map<number, { readonly text: string; readonly atMs: number; readonly columns: number }>();
  #picture = '';
  #changedMs = Number.NEGATIVE_INFINITY;
  /** Lines up to this index have faded; once new ones come they are gone. */
  #fadedTo: number | undefined;
  #gone = -1;

  constructor(options: RollUpOptions) {
    this.#options = options;
    this.#text = new PendingText(options);
    this.#awaited = getAwaitedForm(options);
    this.#layout = new LineLayout(options.fits, options.lines + 2 * WAITING_LINES_MAX);
    this.#pace = new LinePacer({ rows: options.lines, speed: options.speed, waitingMax: WAITING_LINES_MAX });
  }

  read(event: TextEvent, nowMs: number): void {
    this.#text.read(event, nowMs);
    this.#settle(nowMs);
  }

  /** Sessions that are in the room now: what others left open is taken as far as it came. */
  present(sessions: readonly string[], nowMs: number): void {
    this.#text.present(sessions);
    this.#settle(nowMs);
  }

  /** What stands on the screen now. */
  show(nowMs: number): RollUpFrame {
    this.#settle(nowMs);
    const { settled, all } = this.#set();
    const lineOf = (of: LineLayout, index: number): string =>
      this.#layout.line(index) ?? of.line(index) ?? (index === of.count ? of.open : '');
    // Guesses never push out a line that is not complete: they may be taken back.
    const count = Math.min(all.open === '' ? all.count : all.count + 1, this.#layout.count + this.#options.lines);
    const waitingLines: LineTimings = {
      count,
      columns: (index) => countUnitColumns(lineOf(all, index)),
      changed: (index) => this.#changed(index, lineOf(all, index), nowMs),
    };
    this.#pace.advance(waitingLines, nowMs);
    const { bottom, skipped } = this.#pace;
    if (this.#fadedTo !== undefined && Math.min(bottom, count - 1) > this.#fadedTo) {
      // What had faded does not light up again beside the new words.
      this.#gone = this.#fadedTo;
      this.#fadedTo = undefined;
    }
    const lines: ShownLine[] = [];
    for (let index = Math.max(this.#gone + 1, bottom - this.#options.lines + 1); index <= bottom; index++) {
      const text = lineOf(all, index);
      const sure = lineOf(settled, index);
      const complete = index < this.#layout.count;
      if (text !== '') lines.push({ index, settled: sure, tail: text.slice(sure.length), complete });
    }
    this.#seen = new Map(
      lines.map(({ index, settled, tail }) => {
        const text = settled + tail;
        return [index, { text, ...this.#changed(index, text, nowMs) }];
      }),
    );
    this.#fade(lines, nowMs);
    const nextMs = earliest(this.#pace.nextMs(waitingLines), this.#dueMs(), this.#fadesAtMs());
    const faded = this.#fadedTo !== undefined;
    return { lines, bottom, faded, waiting: Math.max(0, count - 1 - bottom), skipped, nextMs };
  }

  #changed(index: number, text: string, nowMs: number): { readonly atMs: number; readonly columns: number } {
    const seen = this.#seen.get(index);
    // A line that was not seen yet is wholly new; one that has faded is not waited for.
    if (seen === undefined) return { atMs: nowMs, columns: index <= this.#gone ? 0 : countUnitColumns(text) };
    if (seen.text === text) return seen;
    let same = 0;
    while (same < text.length && text[same] === seen.text[same]) same++;
    // Words that were taken back are to be seen gone, too.
    return { atMs: nowMs, columns: Math.max(1, countUnitColumns(text.slice(same))) };
  }

  /** Takes into the lines what may stay there for good. */
  #settle(nowMs: number): void {
    for (;;) {
      const head = this.#text.sentences[0];
      if (head === undefined) return;
      if (this.#isInterrupted(head, nowMs)) continue;
      if (head.finalMs === undefined && nowMs - head.heardMs >= LOST_MS) {
        this.#take(this.#spoken(head, head.stable));
        this.#text.leave(head, false);
      } else if (head.finalMs === undefined) {
        if (this.#awaited === undefined) this.#take(this.#spoken(head, head.stable));
        break;
      } else if (head.revised !== undefined) {
        const units = computeRemainder(head.revised, head.stable, head.taken);
        this.#take(this.#pieces(head, units, this.#layout.open));
        this.#text.leave(head, true);
      } else if (this.#awaited === undefined || nowMs >= head.finalMs + this.#waitMs) {
        this.#take(this.#spoken(head, head.stable));
        this.#text.leave(head, true);
      } else break;
    }
    this.#takeCompleteLines();
  }

  /** Lets a speaker who has waited long enough have the word; what the other said so far stays. */
  #isInterrupted(head: PendingSentence, nowMs: number): boolean {
    const other = this.#text.sentences.find(
      ({ speaker, waitsMs }) => speaker !== head.speaker && nowMs - waitsMs >= TURN_WAIT_MS,
    );
    if (other === undefined || head.finalMs !== undefined) return false;
    if (this.#options.interim) this.#take(this.#spoken(head, head.stable));
    this.#text.first(other, nowMs);
    return true;
  }

  /** Words that wait for their cleaned form are taken as spoken once their line is full. */
  #takeCompleteLines(): void {
    if (!this.#options.interim || this.#options.translate !== '') return;
    const trial = this.#layout.continued();
    const pieces = this.#rest().filter(({ sure }) => sure);
    let whole = 0;
    for (const [i, { piece }] of pieces.entries()) {
      const before = trial.count;
      const wasOpen = trial.open !== '';
      trial.append(piece);
      if (wasOpen && trial.count > before) whole = i;
    }
    if (whole === 0) return;
    this.#take(pieces.slice(0, whole).map(({ piece }) => piece));
    this.#layout.complete();
  }

  #take(pieces: readonly TakenPiece[]): void {
    for (const piece of pieces) {
      this.#layout.append(piece);
      piece.of.taken = piece.end;
      this.#lastSpeaker = piece.of.speaker;
    }
  }

  /** What is shown behind the lines: the sentence that has the word, and what the same speaker said after it. */
  #rest(): { readonly piece: TakenPiece; readonly sure: boolean }[] {
    const { interim, translate } = this.#options;
    const head = this.#text.sentences[0];
    if (head === undefined || !interim || translate !== '') return [];
    const rest: { piece: TakenPiece; sure: boolean }[] = [];
    for (const sentence of this.#text.sentences) {
      if (sentence.speaker !== head.speaker) continue;
      const before = rest.at(-1)?.piece.text ?? this.#layout.open;
      const isNew = rest.length === 0;
      const pieces = this.#spoken(sentence, sentence.stable + sentence.tentative, { before, isNew });
      const sureEnd = sentence.stable.length;
      rest.push(...pieces.map((piece) => ({ piece, sure: piece.end <= sureEnd })));
      if (sentence.tentative !== '') break;
    }
    return rest;
  }

  /** A sentence's own words from where they were last taken. */
  #spoken(of: PendingSentence, text: string, place = { before: this.#layout.open, isNew: true }): TakenPiece[] {
    return this.#pieces(of, splitIntoUnits(text, of.taken), place.before, place.isNew);
  }

  #pieces(of: PendingSentence, units: readonly TextUnit[], before: string, isNew = true): TakenPiece[] {
    const first = this.#lastSpeaker === undefined;
    const takesOver = isNew && !first && this.#lastSpeaker !== of.speaker;
    const mark = takesOver || (isNew && first) ? this.#options.mark({ channel: of.channel, first }) : '';
    const pieces: TakenPiece[] = units.map(({ text, space, breakable, end }, i) => {
      const begins = i === 0 && of.taken === 0;
      const spaced = begins ? isSpaced(before, text) : space;
      return { of, text: this.#options.spell(text), space: spaced, breakable: begins || breakable, end };
    });
    const [head] = pieces;
    if (head === undefined || (!takesOver && mark === '')) return pieces;
    const text = mark === '' ? head.text : `${mark} ${head.text}`;
    return [{ ...head, text, fresh: true, space: false }, ...pieces.slice(1)];
  }

  /** The open line and what may follow it, once with all words and once with the settled ones only. */
  #set(): { readonly settled: LineLayout; readonly all: LineLayout } {
    const settled = this.#layout.continued();
    const all = this.#layout.continued();
    for (const { piece, sure } of this.#rest()) {
      all.append(piece);
      if (sure) settled.append(piece);
    }
    return { settled, all };
  }

  /** How long the end of a sentence waits for the wanted form, ms; then it stays as spoken. */
  get #waitMs(): number {
    return this.#awaited === undefined ? 0 : FORM_TIMEOUT_MS.screen[this.#awaited];
  }

  /** When the sentences themselves need another look. */
  #dueMs(): number | undefined {
    const { sentences } = this.#text;
    const [head] = sentences;
    if (head === undefined) return undefined;
    if (head.finalMs !== undefined) return head.finalMs + this.#waitMs;
    const others = sentences.filter(({ speaker }) => speaker !== head.speaker);
    return Math.min(head.heardMs + LOST_MS, ...others.map(({ waitsMs }) => waitsMs + TURN_WAIT_MS));
  }

  #fadesAtMs(): number | undefined {
    const { fadeMs } = this.#options;
    const isQuiet =
      fadeMs > 0 && this.#fadedTo === undefined && this.#text.sentences.length === 0 && this.#picture !== '';
    return isQuiet ? this.#changedMs + fadeMs : undefined;
  }

  #fade(lines: readonly ShownLine[], nowMs: number): void {
    const picture = lines.map(({ index, settled, tail }) => `${index}${settled}|${tail}`).join('\n');
    if (picture !== this.#picture) {
      this.#changedMs = nowMs;
      this.#picture = picture;
    }
    const fadesAt = this.#fadesAtMs();
    if (fadesAt === undefined || nowMs < fadesAt) return;
    this.#layout.complete();
    this.#fadedTo = this.#layout.count - 1;
  }
}

function earliest(...times: readonly (number | undefined)[]): number | undefined {
  const known = times.filter((time) => time !== undefined);
  return known.length === 0 ? undefined : Math.min(...known);
}
