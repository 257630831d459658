import type { Runner, RunningProgram, RunOptions, RunResult } from '../../client/cli/dictate/runner.ts';

/** What a program answers: its output, or its exit status with its stderr. */
export type Reply = string | { readonly code: number; readonly stderr: string };

/** Programs that answer from a script, and what they were asked. */
export class ScriptedRunner implements Runner {
  /** `command args` of every call, with ` < input` where there was some. */
  readonly calls: string[] = [];
  readonly #installed: ReadonlySet<string>;
  readonly #replies: readonly (readonly [call: RegExp, reply: Reply])[];
  readonly held: ScriptedHeld[] = [];
  /** Whether a selection that is held is read when it is pasted. */
  readsPastes = true;

  /** The first reply whose pattern fits a call is given; without one the program succeeds and says nothing. */
  constructor(installed: string, replies: readonly (readonly [call: RegExp, reply: Reply])[] = []) {
    this.#installed = new Set(installed.split(' '));
    this.#replies = replies;
  }

  has(command: string): boolean {
    return this.#installed.has(command);
  }

  async run(command: string, args: readonly string[], { input }: RunOptions = {}): Promise<RunResult> {
    const call = [command, ...args].join(' ');
    this.calls.push(input === undefined || input.length === 0 ? call : `${call} < ${input}`);
    if (/ ctrl\+(shift\+)?v$/.test(call) && this.readsPastes) this.held.at(-1)?.read();
    const [, reply = ''] = this.#replies.find(([pattern]) => pattern.test(call)) ?? [];
    if (typeof reply === 'string') return { code: 0, out: Buffer.from(reply), stderr: '' };
    return { code: reply.code, out: Buffer.alloc(0), stderr: reply.stderr };
  }

  hold(command: string, args: readonly string[], input: string | Buffer): RunningProgram {
    this.calls.push(`hold ${[command, ...args].join(' ')} < ${input}`);
    for (const each of this.held) each.isRunning = false;
    const held = new ScriptedHeld();
    this.held.push(held);
    return held;
  }
}

class ScriptedHeld implements RunningProgram {
  lines = 5;
  isRunning = true;

  read(): void {
    this.lines++;
  }

  async waitForLines(count: number): Promise<boolean> {
    return this.lines > count;
  }

  end(): void {
    this.isRunning = false;
  }
}
