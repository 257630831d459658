/** Items that wait for delivery, in order. At the bound, the oldest is dropped. */
export class Backlog<T> {
  readonly #most: number;
  readonly #waiting: T[] = [];
  #left = 0;

  constructor(most: number) {
    this.#most = most;
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  get dropped(): number {
    return this.#left;
  }

  add(item: T): void {
    this.#waiting.push(item);
    if (this.#waiting.length <= this.#most) return;
    this.#waiting.shift();
    this.#left++;
  }

  next(): { readonly block: T; readonly atMs: number } | undefined {
    const block = this.#waiting[0];
    return block === undefined ? undefined : { block, atMs: 0 };
  }

  shown(item: T): void {
    this.drop(item);
  }

  drop(item: T): void {
    if (this.#waiting[0] === item) this.#waiting.shift();
  }
}
