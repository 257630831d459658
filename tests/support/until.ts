import { setTimeout as sleep } from 'node:timers/promises';

/** The longest that anything here should take, on a machine that does much else; below what the runner gives a file. */
const WITHIN_MS = 100_000;
const EVERY_MS = 5;

export interface UntilOptions {
  /** What is awaited, for the message; by default the text of the condition. */
  readonly what?: string;
  readonly withinMs?: number;
  /** Time between two looks, ms. */
  readonly everyMs?: number;
}

type Condition = () => boolean | Promise<boolean>;

/** Waits until a condition holds. Throws, and says what it waited for, when it does not in time; what the condition throws is thrown. */
export async function until(condition: Condition, options: UntilOptions = {}): Promise<void> {
  const { what = textOf(condition), withinMs = WITHIN_MS, everyMs = EVERY_MS } = options;
  // Made here, where the stack still names the test.
  const error = new Error(`Waited ${withinMs / 1_000} s in vain until ${what}`);
  const endMs = performance.now() + withinMs;
  while (!(await condition())) {
    if (performance.now() > endMs) throw error;
    await sleep(everyMs);
  }
}

/** Watches for a while that a condition holds, such as "nothing more has come". Throws as soon as it does not. */
export async function staysTrue(condition: Condition, forMs: number): Promise<void> {
  const error = new Error(`Within ${forMs} ms it was no longer true that ${textOf(condition)}`);
  const endMs = performance.now() + forMs;
  do {
    if (!(await condition())) throw error;
    await sleep(EVERY_MS);
  } while (performance.now() < endMs);
  if (!(await condition())) throw error;
}

/** Waits until a value has not changed for a while: for what comes in pieces, of which nobody says that one is the last. */
export async function untilSettled(value: () => unknown | Promise<unknown>, forMs: number): Promise<void> {
  let last = await value();
  let sinceMs = performance.now();
  const hasSettled = async (): Promise<boolean> => {
    const now = await value();
    if (now !== last) sinceMs = performance.now();
    last = now;
    return performance.now() - sinceMs >= forMs;
  };
  await until(hasSettled, { what: `nothing changes any more in ${textOf(value)}` });
}

/**
 * Lets time pass that belongs to what is simulated: the pace of audio, a client that is slow, a decode that takes long, a timer
 * that has to run out. Nothing is awaited by it: `until` does that.
 */
export const simulateDelay = (ms: number): Promise<void> => sleep(ms);

const textOf = (condition: () => unknown): string =>
  condition
    .toString()
    .replace(/^(async\s*)?\(\)\s*=>\s*/, '')
    .replace(/\s+/g, ' ');
