import { chooseSeparator } from '../../../transcript/join-text.ts';
import type { TextEvent } from '../../../transcript/sentence.ts';
import { type AwaitedForm, FORM_TIMEOUT_MS, getAwaitedForm } from '../../../transcript/wanted-form.ts';
import { LineLayout, type Piece } from './line-layout.ts';
import { LinePacer, type LineTimings } from './line-pacer.ts';
import { type PendingSentence, PendingText } from './pending-text.ts';
import { computeRemainder } from './remainder.ts';
import { countUnitColumns, splitIntoUnits, type TextUnit } from './units.ts';

export interface RollUpOptions {
  /** Lines shown at once. */
  readonly lines: number;
  readonly text: 'cleaned' | 'raw';
  /** Language to show instead of the spoken one; empty for none. */
  readonly translate: string;
  /** Show words while a sentence is spoken. */
  readonly interim: boolean;
  /** Highest reading speed while lines are waiting, characters per second. */
  readonly speed: number;
  /** Time without new text after which the lines fade, ms; 0: never. */
  readonly fadeMs: number;
  fits(line: string): boolean;
  /** Spells a word for display: in upper case, masked. */
  spell(word: string): string;
  /** Text before the words of a speaker who takes over, or who speaks first; empty for none. */
  mark(turn: { readonly channel: number; readonly first: boolean }): string;
}

export interface ShownLine {
  readonly index: number;
  /** Text that no longer changes, and text that may still change. */
  readonly settled: string;
  readonly tail: string;
  /** A complete line never changes. */
  readonly complete: boolean;
}

export interface RollUpFrame {
  readonly lines: readonly ShownLine[];
  /** Index of the lowest row; it only grows. */
  readonly bottom: number;
  readonly faded: boolean;
  /** Lines that are waiting to be shown, and lines that were skipped because too many were waiting. */
  readonly waiting: number;
  readonly skipped: number;
  /** When to render again if no event arrives, ms; undefined when nothing is due. */
  readonly nextMs: number | undefined;
}

/** How long a second speaker waits while the first continues, ms. */
const TURN_WAIT_MS = 4_000;
/** Time without events after which an open sentence is taken as it is, ms: its end was lost. */
const LOST_MS = 15_000;
export const WAITING_LINES_MAX = 12;

type TakenPiece = Piece & { readonly of: PendingSentence; readonly end: number };

/**
 * Turns a room's events into lines of captions. Pure: the time is an argument.
 * Invariant: a complete line never changes, the lowest row never moves back, and settled text is only appended to.
 */
export class RollUp {
  readonly #options: RollUpOptions;
  readonly #text: PendingText;
  readonly #awaited: AwaitedForm | undefined;
  readonly #layout: LineLayout;
  readonly #pace: LinePacer;
  #lastSpeaker: string | undefined;
  /** The lines of the last frame. */
  #seen = new Map<number, { readonly text: string; readonly atMs: number; readonly columns: number }>();
  #picture = '';
  #changedMs = Number.NEGATIVE_INFINITY;
  /** Lines up to this index have faded; they disappear when new ones arrive. */
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

  /** Takes the sessions that are in the room now. Open sentences of other sessions are taken as they are. */
  present(sessions: readonly string[], nowMs: number): void {
    this.#text.present(sessions);
    this.#settle(nowMs);
  }

  /** What is on screen now. */
  show(nowMs: number): RollUpFrame {
    this.#settle(nowMs);
    const { settled, all } = this.#set();
    const lineOf = (of: LineLayout, index: number): string =>
      this.#layout.line(index) ?? of.line(index) ?? (index === of.count ? of.open : '');
    // Tentative words never push out an incomplete line, because they may be withdrawn.
    const count = Math.min(all.open === '' ? all.count : all.count + 1, this.#layout.count + this.#options.lines);
    const waitingLines: LineTimings = {
      count,
      columns: (index) => countUnitColumns(lineOf(all, index)),
      changed: (index) => this.#changed(index, lineOf(all, index), nowMs),
    };
    this.#pace.advance(waitingLines, nowMs);
    const { bottom, skipped } = this.#pace;
    if (this.#fadedTo !== undefined && Math.min(bottom, count - 1) > this.#fadedTo) {
      // Faded lines do not reappear beside the new words.
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
    // A line that was not in the last frame is completely new; one that has faded needs no reading time.
    if (seen === undefined) return { atMs: nowMs, columns: index <= this.#gone ? 0 : countUnitColumns(text) };
    if (seen.text === text) return seen;
    let same = 0;
    while (same < text.length && text[same] === seen.text[same]) same++;
    // Withdrawn words need time to be noticed, too.
    return { atMs: nowMs, columns: Math.max(1, countUnitColumns(text.slice(same))) };
  }

  /** Moves text that can no longer change into the lines. */
  #settle(nowMs: number): void {
    for (;;) {
      const head = this.#text.sentences[0];
      if (head === undefined) return;
      if (this.#isInterrupted(head, nowMs)) continue;
      if (head.finalMs === undefined && nowMs - head.receivedMs >= LOST_MS) {
        this.#take(this.#spoken(head, head.stable));
        this.#text.leave(head, false);
      } else if (head.finalMs === undefined) {
        if (this.#awaited === undefined) this.#take(this.#spoken(head, head.stable));
        break;
      } else if (head.replacement !== undefined) {
        const units = computeRemainder(head.replacement, head.stable, head.taken);
        this.#take(this.#pieces(head, units, this.#layout.open));
        this.#text.leave(head, true);
      } else if (this.#awaited === undefined || nowMs >= head.finalMs + this.#waitMs) {
        this.#take(this.#spoken(head, head.stable));
        this.#text.leave(head, true);
      } else break;
    }
    this.#takeCompleteLines();
  }

  /** Gives the turn to a speaker who has waited long enough; what the other one said so far stays. */
  #isInterrupted(head: PendingSentence, nowMs: number): boolean {
    const other = this.#text.sentences.find(
      ({ speaker, waitsMs }) => speaker !== head.speaker && nowMs - waitsMs >= TURN_WAIT_MS,
    );
    if (other === undefined || head.finalMs !== undefined) return false;
    if (this.#options.interim) this.#take(this.#spoken(head, head.stable));
    this.#text.first(other, nowMs);
    return true;
  }

  /** Takes words that wait for their cleaned form as spoken once they fill a line. */
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

  /** Text that follows the lines: the sentence whose turn it is, and what the same speaker said after it. */
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

  /** The spoken words of a sentence that are not in the lines yet. */
  #spoken(of: PendingSentence, text: string, place = { before: this.#layout.open, isNew: true }): TakenPiece[] {
    return this.#pieces(of, splitIntoUnits(text, of.taken), place.before, place.isNew);
  }

  #pieces(of: PendingSentence, units: readonly TextUnit[], before: string, isNew = true): TakenPiece[] {
    const first = this.#lastSpeaker === undefined;
    const takesOver = isNew && !first && this.#lastSpeaker !== of.speaker;
    const mark = takesOver || (isNew && first) ? this.#options.mark({ channel: of.channel, first }) : '';
    const pieces: TakenPiece[] = units.map(({ text, space, breakable, end }, i) => {
      const begins = i === 0 && of.taken === 0;
      const spaced = begins ? chooseSeparator(before, text) !== '' : space;
      return { of, text: this.#options.spell(text), space: spaced, breakable: begins || breakable, end };
    });
    const [head] = pieces;
    if (head === undefined || (!takesOver && mark === '')) return pieces;
    const text = mark === '' ? head.text : `${mark} ${head.text}`;
    return [{ ...head, text, fresh: true, space: false }, ...pieces.slice(1)];
  }

  /** The open line and the text after it, once with all words and once with the settled ones only. */
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

  /** When a sentence is due without a further event, ms. */
  #dueMs(): number | undefined {
    const { sentences } = this.#text;
    const [head] = sentences;
    if (head === undefined) return undefined;
    if (head.finalMs !== undefined) return head.finalMs + this.#waitMs;
    const others = sentences.filter(({ speaker }) => speaker !== head.speaker);
    return Math.min(head.receivedMs + LOST_MS, ...others.map(({ waitsMs }) => waitsMs + TURN_WAIT_MS));
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
