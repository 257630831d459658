/** Keeps the screen on while a meeting is recorded: a machine that falls asleep hears nothing. */
export class ScreenWakeLock {
  #wanted = false;
  #lock: WakeLockSentinel | undefined;

  constructor() {
    // The browser takes the lock back whenever the page is out of sight.
    document.addEventListener('visibilitychange', () => {
      if (this.#wanted && document.visibilityState === 'visible') void this.#ask();
    });
  }

  want(wanted: boolean): void {
    if (wanted === this.#wanted) return;
    this.#wanted = wanted;
    if (wanted) void this.#ask();
    else void this.#lock?.release();
  }

  async #ask(): Promise<void> {
    // Browsers refuse when the battery is low, and some have no such lock: the recording goes on without.
    this.#lock = await navigator.wakeLock?.request('screen').catch(() => undefined);
    if (!this.#wanted) void this.#lock?.release();
  }
}
