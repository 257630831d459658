/** Keeps the screen on while the page is visible, where the browser can. */
export class ReaderWakeLock {
  static readonly isThere = 'wakeLock' in navigator;
  #wanted = false;
  #lock: { release(): Promise<void> } | undefined;

  constructor() {
    // The browser releases the lock whenever the page is hidden.
    document.addEventListener('visibilitychange', () => void this.#ask());
  }

  async keep(light: 'on' | 'off'): Promise<void> {
    this.#wanted = light === 'on';
    if (this.#wanted) return this.#ask();
    await this.#lock?.release();
    this.#lock = undefined;
  }

  async #ask(): Promise<void> {
    if (!this.#wanted || !ReaderWakeLock.isThere || document.visibilityState !== 'visible') return;
    try {
      this.#lock = await navigator.wakeLock.request('screen');
    } catch {
      // A low battery or a policy forbids it: the screen turns off as usual.
    }
  }
}
