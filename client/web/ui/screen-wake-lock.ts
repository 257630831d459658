/** Keeps the screen on during a recording: a machine that goes to sleep records nothing. */
export class ScreenWakeLock {
  #wanted = false;
  #lock: WakeLockSentinel | undefined;

  constructor() {
    // The browser releases the lock whenever the page is hidden.
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
    // Browsers refuse when the battery is low, and some have no wake lock: the recording continues without one.
    this.#lock = await navigator.wakeLock?.request('screen').catch(() => undefined);
    if (!this.#wanted) void this.#lock?.release();
  }
}
