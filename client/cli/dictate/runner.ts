import { spawn } from 'node:child_process';
import { isInstalled } from '../audio/microphone.ts';
import { buildProgramEnvironment } from '../programs/program-environment.ts';

export interface RunResult {
  /** Exit status; -1 when it could not be started or was killed after the timeout. */
  readonly code: number;
  readonly out: Buffer;
  readonly stderr: string;
}

export interface RunOptions {
  readonly input?: string | Buffer;
  /** `none` for programs that stay in the background to serve a selection: they must not keep our pipes open. */
  readonly output?: 'read' | 'none';
  readonly timeoutMs?: number;
}

/** A program that runs until it is ended. */
export interface RunningProgram {
  /** Number of lines on its standard error so far. */
  readonly lines: number;
  /** Waits until there are more lines than `count`, the program ends or the time is over. Resolves with whether there are more. */
  waitForLines(count: number, timeoutMs: number): Promise<boolean>;
  readonly isRunning: boolean;
  end(): void;
}

/** Starts other programs; nothing else in dictation does. */
export interface Runner {
  has(command: string): boolean;
  run(command: string, args: readonly string[], options?: RunOptions): Promise<RunResult>;
  hold(command: string, args: readonly string[], input: string | Buffer): RunningProgram;
}

const TIMEOUT_MS = 5_000;
const STDERR_CHARS_MAX = 2_000;
const STDOUT_BYTES_MAX = 64_000_000;

/** Programs get text in UTF-8, which xdotool and others drop under a locale without it, as where a desktop starts us without `LANG`. */
export function buildTextEnvironment(
  environment: Readonly<Record<string, string>> = buildProgramEnvironment(),
): Record<string, string> {
  const locale = environment['LC_ALL'] || environment['LC_CTYPE'] || environment['LANG'] || '';
  const isText = process.platform !== 'linux' || /utf-?8/i.test(locale);
  return isText ? { ...environment } : { ...environment, LC_ALL: 'C.UTF-8' };
}

export class SystemRunner implements Runner {
  readonly #found = new Map<string, boolean>();

  has(command: string): boolean {
    const known = this.#found.get(command) ?? isInstalled(command);
    this.#found.set(command, known);
    return known;
  }

  run(
    command: string,
    args: readonly string[],
    { input, output = 'read', timeoutMs = TIMEOUT_MS }: RunOptions = {},
  ): Promise<RunResult> {
    const pipe = output === 'read' ? 'pipe' : 'ignore';
    const child = spawn(command, args, {
      stdio: ['pipe', pipe, pipe],
      windowsHide: true,
      env: buildTextEnvironment(),
    });
    const chunks: Buffer[] = [];
    let size = 0;
    let errorText = '';
    child.stdout?.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size <= STDOUT_BYTES_MAX) chunks.push(chunk);
    });
    child.stderr?.on('data', (chunk: Buffer) => {
      errorText = (errorText + String(chunk)).slice(-STDERR_CHARS_MAX);
    });
    child.stdin?.on('error', () => {});
    child.stdin?.end(input ?? '');
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        errorText += `${command} took longer than ${timeoutMs / 1_000} s`;
        child.kill('SIGKILL');
        done(-1);
      }, timeoutMs);
      const done = (code: number | null): void => {
        clearTimeout(timer);
        resolve({ code: code ?? -1, out: Buffer.concat(chunks), stderr: errorText.trim() });
      };
      child.once('error', (error) => {
        errorText += error.message;
        done(-1);
      });
      // A program that stays in the background never closes the pipes it inherited; the exit of its parent is enough.
      child.once(output === 'read' ? 'close' : 'exit', done);
    });
  }

  hold(command: string, args: readonly string[], input: string | Buffer): RunningProgram {
    return new HeldProgram(command, args, input);
  }
}

class HeldProgram implements RunningProgram {
  readonly #child;
  readonly #waiting = new Set<() => void>();
  lines = 0;
  isRunning = true;

  constructor(command: string, args: readonly string[], input: string | Buffer) {
    this.#child = spawn(command, args, {
      stdio: ['pipe', 'ignore', 'pipe'],
      windowsHide: true,
      env: buildTextEnvironment(),
    });
    this.#child.stdin.on('error', () => {});
    this.#child.stdin.end(input);
    this.#child.stderr.on('data', (chunk: Buffer) => {
      this.lines += String(chunk).split('\n').length - 1;
      this.#wake();
    });
    const ended = (): void => {
      this.isRunning = false;
      this.#wake();
    };
    this.#child.once('error', ended);
    this.#child.once('close', ended);
  }

  waitForLines(count: number, timeoutMs: number): Promise<boolean> {
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        this.#waiting.delete(look);
        resolve(this.lines > count);
      };
      const look = (): void => {
        if (this.lines > count || !this.isRunning) done();
      };
      const timer = setTimeout(done, timeoutMs);
      this.#waiting.add(look);
      look();
    });
  }

  end(): void {
    this.#child.kill();
  }

  #wake(): void {
    for (const look of [...this.#waiting]) look();
  }
}
