import { toPrintable, toPrintableJson } from '../../../protocol/printable.ts';
import { FormQueue } from '../../../transcript/form-queue.ts';
import {
  getDisplayedText,
  type Sentence,
  type ServerEvent,
  Transcript,
  toSrt,
  toText,
  toVtt,
} from '../../sdk/index.ts';
import { EMPTY_SCREEN, renderScreen } from './screen.ts';

export type OutputFormat = 'text' | 'jsonl' | 'srt' | 'vtt';

export interface Output {
  write(text: string): void;
  readonly isTTY: boolean;
  readonly columns: number;
}

/**
 * Prints events in the chosen format, in the order in which things were said. A line of text is printed once, when its sentence is
 * cleaned: what a second hearing hears later is in `jsonl`, and in the subtitles, which are printed at the end.
 */
export class Printer {
  readonly #format: OutputFormat;
  readonly #raw: boolean;
  readonly #output: Output;
  readonly #transcript = new Transcript();
  /** Finals that are not printed: each waits for its cleaning, to the end of the session, unless raw text is wanted. */
  readonly #due = new FormQueue<Sentence>();
  #screen = EMPTY_SCREEN;
  #startedMs: number | undefined;

  constructor(format: OutputFormat, raw: boolean, output: Output) {
    this.#format = format;
    this.#raw = raw;
    this.#output = output;
  }

  /** Starts the clock of `arrivedMs`, when the first audio is sent. */
  started(nowMs: number): void {
    this.#startedMs ??= nowMs;
  }

  read(event: ServerEvent, nowMs: number): void {
    const sentence = this.#transcript.read(event);
    if (this.#format === 'jsonl') {
      const arrivedMs = Math.max(0, Math.round(nowMs - (this.#startedMs ?? nowMs)));
      this.#output.write(`${toPrintableJson({ arrivedMs, ...event })}\n`);
      return;
    }
    if (this.#format !== 'text') return;
    if (event.type === 'final') {
      const untilMs = this.#raw ? undefined : Number.POSITIVE_INFINITY;
      this.#due.add({ key: String(event.sentence), item: sentence!, untilMs });
    }
    if (event.type === 'cleaned') this.#due.deliver(String(event.sentence), event.text);
    if (sentence !== undefined) this.#refresh(false);
  }

  /** Prints what is left: everything for subtitles; for text, the sentences that were never cleaned. */
  end(): void {
    if (this.#format === 'text') this.#refresh(true);
    const options = { raw: this.#raw };
    if (this.#format === 'srt') this.#output.write(toSrt(this.#transcript.sentences, options));
    if (this.#format === 'vtt') this.#output.write(toVtt(this.#transcript.sentences, options));
  }

  /** The text so far. */
  get text(): string {
    return toText(this.#transcript.sentences, { raw: this.#raw });
  }

  #refresh(last: boolean): void {
    const lines: string[] = [];
    for (const { item } of this.#due.take(last ? Number.POSITIVE_INFINITY : 0)) {
      const line = toPrintable(getDisplayedText(item, this.#raw));
      if (line !== '') lines.push(line);
    }
    if (!this.#output.isTTY) {
      for (const line of lines) this.#output.write(`${line}\n`);
      return;
    }
    // A final that waits for its cleaning stays on screen as spoken.
    const open = last ? undefined : (this.#due.first ?? this.#transcript.sentences.find((sentence) => !sentence.final));
    const { bytes, screen } = renderScreen(this.#screen, lines, open, this.#output.columns);
    this.#screen = screen;
    this.#output.write(bytes);
  }
}
