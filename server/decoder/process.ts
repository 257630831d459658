import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { Fault } from '../../protocol/index.ts';
import type { FromChild, ToChild } from './wire.ts';

/** One answer takes milliseconds; what takes this long hangs, or was made to. */
const ANSWER_TIMEOUT_MS = 20_000;

export const DECODABLE = 'WAV, MP3, M4A, MP4, OGG, Opus, WebM, FLAC, AAC or AMR';

/** Runs beside this file in the sources as well as in `dist`. */
function ownChild(): string {
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
  return fileURLToPath(new URL(`./child/main.${extension}`, import.meta.url));
}

/** A decoding process: one question at a time, each answered once or with `audio.format`. */
export class DecodeProcess {
  readonly #child: ChildProcess;
  #waiting: { resolve(answer: FromChild): void; timer: NodeJS.Timeout } | undefined;
  #dead = false;

  constructor() {
    this.#child = fork(ownChild(), { serialization: 'advanced', stdio: ['ignore', 'ignore', 'ignore', 'ipc'] });
    this.#child.on('message', (message: FromChild) => this.#answer(message));
    this.#child.on('error', () => this.#died());
    this.#child.once('exit', () => this.#died());
  }

  get usable(): boolean {
    return !this.#dead && this.#waiting === undefined;
  }

  async ask(question: ToChild): Promise<Exclude<FromChild, { kind: 'failed' }>> {
    const answer = await new Promise<FromChild>((resolve) => {
      if (this.#dead) return resolve({ kind: 'failed', problem: 'the decoder ended' });
      const timer = setTimeout(() => this.kill(), ANSWER_TIMEOUT_MS);
      this.#waiting = { resolve, timer };
      this.#child.send(question, (error) => {
        if (error !== null) this.kill();
      });
    });
    if (answer.kind !== 'failed') return answer;
    throw new Fault('audio.format', { got: `that cannot be decoded (${answer.problem})`, want: DECODABLE });
  }

  /** The server may stop although this waits for work. */
  rest(): void {
    this.#child.unref();
    this.#child.channel?.unref();
  }

  wake(): void {
    this.#child.ref();
    this.#child.channel?.ref();
  }

  kill(): void {
    this.#child.kill('SIGKILL');
    this.#died();
  }

  #answer(answer: FromChild): void {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    clearTimeout(waiting?.timer);
    waiting?.resolve(answer);
  }

  #died(): void {
    this.#dead = true;
    this.#answer({ kind: 'failed', problem: 'the decoder ended' });
  }
}
