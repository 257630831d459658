import { writeFile } from 'node:fs/promises';
import { toPrintable, toPrintableLines } from '../../../protocol/index.ts';
import {
  type ExportFormat,
  formatClockTime,
  formatSentenceName,
  getSentenceText,
  type TextForm,
} from '../../../transcript/index.ts';
import { TranscriptError, Transcripts } from '../../sdk/index.ts';
import { describeError } from '../output/describe-error.ts';
import { printNote, printText } from '../output/terminal.ts';
import { UserError } from '../output/user-error.ts';
import { followRehearing, formatRevised, type RehearOptions } from './rehear.ts';

export interface TranscriptsCliOptions {
  readonly server: string;
  readonly key?: string;
}

/** Which form of sentences is printed. */
export interface FormOption {
  readonly text?: TextForm;
}

export interface ExportOptions extends FormOption {
  readonly format: ExportFormat;
  readonly output?: string;
}

/** `sotto transcripts …`: the stored transcripts of a running server. */
export class TranscriptsCli {
  readonly #transcripts: Transcripts;
  readonly #url: string;
  readonly #write: (text: string) => void;

  /** `write` receives the results; everything else goes to standard error. */
  constructor({ server, key }: TranscriptsCliOptions, write: (text: string) => void = printText) {
    if (!/^https?:\/\//.test(server) || !URL.canParse(server))
      throw new UserError(`--server ${server} is not an address; write it like http://127.0.0.1:8080.`);
    this.#url = server;
    this.#write = write;
    this.#transcripts = new Transcripts({ url: server, credential: key });
  }

  /** Prints the newest transcripts, or those that contain all words of a query. */
  async list(options: { readonly query?: string; readonly limit: number }): Promise<void> {
    let before: string | undefined;
    let shown = 0;
    do {
      const limit = Math.min(100, options.limit - shown);
      const page = await this.#try(() => this.#transcripts.list({ query: options.query, limit, before }));
      for (const { id, title, startedAt, durationMs, sentences, snippet } of page.transcripts) {
        this.#print(
          [id, startedAt.slice(0, 16).replace('T', ' '), formatClockTime(durationMs), `${sentences} sentences`, title]
            .map(toPrintable)
            .join('  '),
        );
        if (snippet !== undefined) this.#print(`    ${toPrintable(snippet)}`);
      }
      shown += page.transcripts.length;
      before = page.transcripts.length === 0 ? undefined : page.next;
    } while (before !== undefined && shown < options.limit);
    if (shown === 0) printNote(options.query === undefined ? 'Nothing is kept.' : 'Nothing was found.');
  }

  async show(id: string, { text: form }: FormOption = {}): Promise<void> {
    const { title, startedAt, durationMs, speakers, sentences, notes } = await this.#try(() =>
      this.#transcripts.read(id),
    );
    this.#print(
      `${toPrintable(title)}\n${toPrintable(startedAt.slice(0, 16)).replace('T', ' ')} UTC, ${formatClockTime(durationMs)}\n`,
    );
    const lines = [
      ...sentences.map((each) => {
        const speaker = speakers[each.channel];
        const mark = each.highlight ? '* ' : '';
        const text = `${mark}${speaker ? `${speaker}: ` : ''}${getSentenceText(each, form)}`;
        return {
          atMs: each.fromMs,
          line: `${formatClockTime(each.fromMs)}  ${toPrintable(formatSentenceName(each)).padEnd(8)}  ${toPrintable(text)}`,
        };
      }),
      ...notes.map(({ atMs, text }) => ({
        atMs,
        line: `${formatClockTime(atMs)}  note      ${toPrintableLines(text).replace(/\n/g, `\n${' '.repeat(20)}`)}`,
      })),
    ];
    for (const { line } of lines.sort((a, b) => a.atMs - b.atMs)) this.#print(line);
  }

  async export(id: string, { format, output, text: form }: ExportOptions): Promise<void> {
    const options = form === undefined ? {} : { text: form };
    const text = await this.#try(() => this.#transcripts.export(id, format, options));
    if (output === undefined) return this.#write(toPrintableLines(text));
    await writeFile(output, text).catch((error: Error) => {
      throw new UserError(`${output} cannot be written: ${error.message}`);
    });
  }

  async delete(ids: readonly string[]): Promise<void> {
    for (const id of ids) {
      await this.#try(() => this.#transcripts.delete(id));
      printNote(`${id} is deleted for good.`);
    }
  }

  async summarise(id: string): Promise<void> {
    printNote('This may take some minutes.');
    const { summary, decisions, actions, dropped } = await this.#try(() => this.#transcripts.summarise(id));
    const claims = (heading: string, lines: readonly string[]): void => {
      if (lines.length > 0) this.#print(`${heading}\n${lines.map((line) => `- ${line}`).join('\n')}\n`);
    };
    const line = ({ text, from }: { text: string; from: readonly string[] }): string =>
      `${toPrintable(text)} (${toPrintable(from.join(', '))})`;
    claims('Summary', summary.map(line));
    claims('Decisions', decisions.map(line));
    claims(
      'Action items',
      actions.map((each) => (each.owner === undefined ? '' : `${toPrintable(each.owner)}: `) + line(each)),
    );
    if (dropped > 0) printNote(`${dropped} claims are left out: no sentence bears them out.`);
  }

  /** Has a transcript heard again from its kept audio; when `signal` aborts, that is stopped. */
  async rehear(id: string, { model }: RehearOptions, signal: AbortSignal = abortOnInterrupt()): Promise<void> {
    const job = await this.#try(() => followRehearing(this.#transcripts, id, { model, signal }));
    printNote(`${formatRevised(job)} with ${toPrintable(job.model)}.`);
    if (job.revised === 0) return;
    const show = `sotto transcripts show ${id}`;
    printNote(`\`${show}\` shows the text as it is now, \`${show} --text raw\` the first version.`);
  }

  #print(line: string): void {
    this.#write(`${line}\n`);
  }

  async #try<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      if (error instanceof UserError) throw error;
      if (error instanceof TranscriptError) throw new UserError(toPrintable(describeError(error)));
      throw new UserError(
        `No server answers at ${this.#url}; start one with \`sotto serve\`, or name it with --server.`,
      );
    }
  }
}

/** Aborts at the first Ctrl-C; a second one exits at once. */
function abortOnInterrupt(): AbortSignal {
  const controller = new AbortController();
  process.once('SIGINT', () => controller.abort());
  return controller.signal;
}
