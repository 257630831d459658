/** Keeps the screen on during a recording: a machine that goes to sleep records nothing. */
export class ScreenWakeLock {
  #isWanted = false;
  #lock: WakeLockSentinel | undefined;

  constructor() {
    // The browser releases the lock whenever the page is hidden.
    document.addEventListener('visibilitychange', () => {
      if (this.#isWanted && document.visibilityState === 'visible') void this.#request();
    });
  }

  setWanted(wanted: boolean): void {
    if (wanted === this.#isWanted) return;
    this.#isWanted = wanted;
    if (wanted) void this.#request();
    else void this.#lock?.release();
  }

  async #request(): Promise<void> {
    // Browsers refuse when the battery is low, and some have no wake lock: the recording continues without one.
    this.#lock = await navigator.wakeLock?.request('screen').catch(() => undefined);
    if (!this.#isWanted) void this.#lock?.release();
  }
}
