import { type ChildProcess, fork } from 'node:child_process';
import { constants, setPriority } from 'node:os';
import { fileURLToPath } from 'node:url';
import { Fault } from '../../protocol/index.ts';
import type { Answer, FromChild, Question } from './wire.ts';

/** One answer takes milliseconds; what takes this long hangs, or was made to. */
const ANSWER_TIMEOUT_MS = 20_000;

const ENDED = 'the decoder ended';
export const DECODABLE = 'WAV, MP3, M4A, MP4, OGG, Opus, WebM, FLAC, AAC or AMR';

/** Runs beside this file in the sources as well as in `dist`. */
function ownChild(): string {
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
  return fileURLToPath(new URL(`./child/main.${extension}`, import.meta.url));
}

/** A decoding process. Each question is answered once, or with `audio.format`. */
export class DecodeProcess {
  readonly #child: ChildProcess;
  readonly #waiting = new Map<number, { resolve(answer: Answer): void; timer: NodeJS.Timeout }>();
  #asked = 0;
  #streams = 0;
  state: 'resting' | 'busy' = 'resting';
  #dead = false;

  readonly manner: 'file' | 'live';

  /** What comes in one piece can wait; what somebody says now cannot. */
  constructor(manner: 'file' | 'live') {
    this.manner = manner;
    this.#child = fork(ownChild(), { serialization: 'advanced', stdio: ['ignore', 'ignore', 'ignore', 'ipc'] });
    this.#child.on('message', ({ ask, ...answer }: FromChild) => this.#answer(ask, answer));
    this.#child.on('error', () => this.#died());
    this.#child.once('exit', () => this.#died());
    if (manner === 'file') standBack(this.#child.pid);
  }

  get dead(): boolean {
    return this.#dead;
  }

  nextStream(): number {
    return ++this.#streams;
  }

  async ask(stream: number, question: Question): Promise<Exclude<Answer, { kind: 'failed' }>> {
    const ask = ++this.#asked;
    const answer = await new Promise<Answer>((resolve) => {
      if (this.#dead) return resolve({ kind: 'failed', problem: ENDED });
      this.#waiting.set(ask, { resolve, timer: setTimeout(() => this.kill(), ANSWER_TIMEOUT_MS) });
      this.#child.send({ stream, ask, ...question }, (error) => {
        if (error !== null) this.kill();
      });
    });
    if (answer.kind !== 'failed') return answer;
    throw new Fault('audio.format', { got: `that cannot be decoded (${answer.problem})`, want: DECODABLE });
  }

  /** The server may stop although this waits for work. */
  rest(): void {
    this.state = 'resting';
    this.#child.unref();
    this.#child.channel?.unref();
  }

  wake(): void {
    this.state = 'busy';
    this.#child.ref();
    this.#child.channel?.ref();
  }

  kill(): void {
    this.#child.kill('SIGKILL');
    this.#died();
  }

  #answer(ask: number, answer: Answer): void {
    const waiting = this.#waiting.get(ask);
    this.#waiting.delete(ask);
    clearTimeout(waiting?.timer);
    waiting?.resolve(answer);
  }

  #died(): void {
    this.#dead = true;
    for (const ask of [...this.#waiting.keys()]) this.#answer(ask, { kind: 'failed', problem: ENDED });
  }
}

/** A favour to others: where the system does not grant it nothing is lost. */
function standBack(pid: number | undefined): void {
  try {
    if (pid !== undefined) setPriority(pid, constants.priority.PRIORITY_BELOW_NORMAL);
  } catch {}
}
