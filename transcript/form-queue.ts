/** A final sentence that waits for its form. */
export interface Queued<Item> {
  /** Names the sentence; `deliver` finds it by this. */
  readonly key: string;
  readonly item: Item;
  /** When the wait is over, in the time of `take`, ms: Infinity for never, undefined for an item that does not wait. */
  readonly untilMs: number | undefined;
  /** Whoever forms are missed from, such as a session. Default: all of the queue are one. */
  readonly source?: string | undefined;
}

/** An item that left the queue, with its form when that came in time. */
export interface Taken<Item, Form> {
  readonly item: Item;
  readonly form: Form | undefined;
}

interface Waiting<Item, Form> extends Queued<Item> {
  form: Form | undefined;
  hasForm: boolean;
  hasGivenUp: boolean;
}

/** Sources whose misses are remembered. */
const SOURCES_MAX = 64;

/**
 * Final sentences in order, each until its cleaned or translated form is there, or its wait is over: then it goes as spoken.
 * No item overtakes another. Pure: the time is an argument, from any clock.
 *
 * After `missesMax` sentences of a source in a row whose form did not come in time, the source is taken for one that has no
 * such form, and `waitsFor` is false until one comes.
 */
export class FormQueue<Item, Form = string> {
  readonly #missesMax: number;
  readonly #waiting: Waiting<Item, Form>[] = [];
  readonly #misses = new Map<string, number>();

  /** Default: sentences wait however often a form was missed. */
  constructor({ missesMax = Number.POSITIVE_INFINITY }: { readonly missesMax?: number } = {}) {
    this.#missesMax = missesMax;
  }

  /** When `take` has something at the latest; undefined when nothing waits. */
  get dueMs(): number | undefined {
    const [first] = this.#waiting;
    return first && (first.untilMs ?? Number.NEGATIVE_INFINITY);
  }

  /** The item that goes next, if it still waits. */
  get first(): Item | undefined {
    return this.#waiting[0]?.item;
  }

  /** The newest item. */
  get last(): Item | undefined {
    return this.#waiting.at(-1)?.item;
  }

  /** Whether it makes sense to wait for a form from this source. */
  waitsFor(source = ''): boolean {
    return (this.#misses.get(source) ?? 0) < this.#missesMax;
  }

  add(queued: Queued<Item>): void {
    this.#waiting.push({ ...queued, form: undefined, hasForm: false, hasGivenUp: false });
  }

  /** Takes back the newest item. */
  dropLast(): void {
    this.#waiting.pop();
  }

  /** The form of a sentence has come. One that comes too late still tells that its source has forms. */
  deliver(key: string, form: Form, source = ''): void {
    this.#misses.delete(source);
    const waiting = this.#waiting.find((each) => each.key === key);
    if (waiting === undefined || waiting.hasGivenUp) return;
    waiting.form = form;
    waiting.hasForm = true;
  }

  /** No form of this sentence comes, or not in time: it goes as spoken once it is its turn. */
  giveUp(key: string): void {
    const waiting = this.#waiting.find((each) => each.key === key);
    if (waiting === undefined || !isOpen(waiting)) return;
    waiting.hasGivenUp = true;
    this.#miss(waiting);
  }

  /** The items whose turn it is, in order. With Infinity everything that is left. */
  take(nowMs: number): Taken<Item, Form>[] {
    const taken: Taken<Item, Form>[] = [];
    for (let first = this.#waiting[0]; first !== undefined; first = this.#waiting[0]) {
      if (isOpen(first)) {
        if (nowMs < first.untilMs!) break;
        this.#miss(first);
      }
      this.#waiting.shift();
      taken.push({ item: first.item, form: first.form });
    }
    return taken;
  }

  #miss({ source = '' }: Queued<Item>): void {
    const misses = (this.#misses.get(source) ?? 0) + 1;
    this.#misses.delete(source);
    this.#misses.set(source, misses);
    if (this.#misses.size > SOURCES_MAX) this.#misses.delete(this.#misses.keys().next().value!);
  }
}

const isOpen = ({ untilMs, hasForm, hasGivenUp }: Waiting<unknown, unknown>): boolean =>
  untilMs !== undefined && !hasForm && !hasGivenUp;
