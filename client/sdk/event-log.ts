import type { ServerEvent } from '../../protocol/events.ts';

/** Newest events that are held for an iterator that begins late, at least: some minutes of speech. */
export const HISTORY_EVENTS = 1_000;

/**
 * The events of one session for its iterators. What it holds does not grow with the session: the newest events, for an iterator
 * that begins later, and for each iterator the events it has not read. Of an iterator that falls more than `HISTORY_EVENTS`
 * behind, partials and acknowledgements that a later event supersedes are left out; finals and everything else stay.
 */
export class EventLog {
  #history: ServerEvent[] = [];
  readonly #backlogs = new Set<Backlog>();
  readonly #wakes = new Set<() => void>();
  #hasEnded = false;

  /** The newest event. */
  get last(): ServerEvent | undefined {
    return this.#history.at(-1);
  }

  /** References to events, in the history and all backlogs. */
  get size(): number {
    return [...this.#backlogs].reduce((sum, { size }) => sum + size, this.#history.length);
  }

  /** Adds an event; `wake` hands it on, so that listeners can be called in between. */
  push(event: ServerEvent): void {
    this.#history.push(event);
    // Cut by half at a time, so that not every event copies the list.
    if (this.#history.length >= 2 * HISTORY_EVENTS) this.#history = this.#history.slice(-HISTORY_EVENTS);
    for (const backlog of this.#backlogs) backlog.push(event);
  }

  /** Lets iterators go on that wait for an event. */
  wake(): void {
    for (const wake of this.#wakes) wake();
    this.#wakes.clear();
  }

  /** No event follows: iterators end once they have read what is there. */
  end(): void {
    this.#hasEnded = true;
    this.wake();
  }

  /** Every event that is still held, then those that come, until the end. */
  async *read(): AsyncGenerator<ServerEvent> {
    const backlog = new Backlog(this.#history);
    this.#backlogs.add(backlog);
    try {
      for (;;) {
        for (let next = backlog.shift(); next !== undefined; next = backlog.shift()) yield next;
        if (this.#hasEnded) return;
        await new Promise<void>((resolve) => this.#wakes.add(resolve));
      }
    } finally {
      this.#backlogs.delete(backlog);
    }
  }
}

/** What one iterator has not read. */
class Backlog {
  #events: ServerEvent[];
  #thinAt = 2 * HISTORY_EVENTS;

  constructor(events: readonly ServerEvent[]) {
    this.#events = [...events];
  }

  get size(): number {
    return this.#events.length;
  }

  push(event: ServerEvent): void {
    this.#events.push(event);
    if (this.#events.length < this.#thinAt) return;
    this.#events = withoutSuperseded(this.#events);
    this.#thinAt = Math.max(2 * HISTORY_EVENTS, 2 * this.#events.length);
  }

  shift(): ServerEvent | undefined {
    return this.#events.shift();
  }
}

/** Leaves out partials before another one or the final of their sentence, and acknowledgements before another one. */
function withoutSuperseded(events: readonly ServerEvent[]): ServerEvent[] {
  const later = new Set<string>();
  const kept: ServerEvent[] = [];
  // Backwards, so that what comes later is known. No `toReversed`: some browsers are older than that.
  for (let at = events.length - 1; at >= 0; at--) {
    const event = events[at]!;
    const name = supersededBy(event);
    if ((event.type === 'partial' || event.type === 'ack') && later.has(name!)) continue;
    if (name !== undefined) later.add(name);
    kept.push(event);
  }
  return kept.reverse();
}

/** Events of one name supersede each other; undefined for those that supersede none. */
function supersededBy(event: ServerEvent): string | undefined {
  if (event.type === 'ack') return 'ack';
  return event.type === 'partial' || event.type === 'final' ? `${event.channel} ${event.sentence}` : undefined;
}
