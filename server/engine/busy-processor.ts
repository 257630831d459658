import { cpus } from 'node:os';

/** Tells how busy all cores were since the last question, whatever used them. */
export class BusyProcessor {
  #before = readTimes();

  /** Share of the time of all cores since the last call, or since the start, that was not idle, 0-1; 0 where nobody knows. */
  readShare(): number {
    const now = readTimes();
    const whole = now.whole - this.#before.whole;
    const idle = now.idle - this.#before.idle;
    this.#before = now;
    return whole > 0 ? 1 - idle / whole : 0;
  }
}

function readTimes(): { readonly whole: number; readonly idle: number } {
  const times = cpus().map((each) => each.times);
  return {
    whole: times.reduce((sum, { user, nice, sys, idle, irq }) => sum + user + nice + sys + idle + irq, 0),
    idle: times.reduce((sum, { idle }) => sum + idle, 0),
  };
}
