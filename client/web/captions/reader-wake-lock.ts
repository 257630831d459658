/** Keeps the screen on while the page is visible, where the browser can. */
export class ReaderWakeLock {
  static readonly isSupported = 'wakeLock' in navigator;
  #isWanted = false;
  #lock: { release(): Promise<void> } | undefined;

  constructor() {
    // The browser releases the lock whenever the page is hidden.
    document.addEventListener('visibilitychange', () => void this.#request());
  }

  async setWanted(light: 'on' | 'off'): Promise<void> {
    this.#isWanted = light === 'on';
    if (this.#isWanted) return this.#request();
    await this.#lock?.release();
    this.#lock = undefined;
  }

  async #request(): Promise<void> {
    if (!this.#isWanted || !ReaderWakeLock.isSupported || document.visibilityState !== 'visible') return;
    try {
      this.#lock = await navigator.wakeLock.request('screen');
    } catch {
      // A low battery or a policy forbids it: the screen turns off as usual.
    }
  }
}
