const BARS_DEFAULT = 28;

/** Draws the loudness of the last second as bars, in the warning colour where the microphone clips. */
export class MeterView {
  readonly #canvas: HTMLCanvasElement;
  readonly #bars: number;
  #peaks: number[] = [];

  constructor(canvas: HTMLCanvasElement, bars = BARS_DEFAULT) {
    this.#canvas = canvas;
    this.#bars = bars;
    this.draw();
  }

  push(peak: number): void {
    this.#peaks.push(peak);
    if (this.#peaks.length > this.#bars) this.#peaks.shift();
    this.draw();
  }

  clear(): void {
    this.#peaks = [];
    this.draw();
  }

  draw(): void {
    const { width, height } = this.#canvas;
    const paint = this.#canvas.getContext('2d');
    if (paint === null) return;
    const style = getComputedStyle(this.#canvas);
    paint.clearRect(0, 0, width, height);
    const step = width / this.#bars;
    for (let i = 0; i < this.#bars; i++) {
      const peak = this.#peaks[this.#peaks.length - this.#bars + i] ?? 0;
      // A logarithmic scale, as hearing is; -54 dB is the bottom.
      const level = Math.max(0, 1 + Math.log10(Math.max(peak, 0.002)) / 2.7);
      const bar = Math.max(3, level * height);
      paint.fillStyle = peak >= 0.99 ? style.getPropertyValue('--live') || 'red' : style.color;
      paint.globalAlpha = 0.25 + 0.75 * level;
      paint.beginPath();
      paint.roundRect(i * step + step * 0.2, (height - bar) / 2, step * 0.6, bar, step * 0.3);
      paint.fill();
    }
    paint.globalAlpha = 1;
  }
}
