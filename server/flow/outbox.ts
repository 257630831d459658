import { type EventBody, Fault, LIMITS, type ServerEvent } from '../../protocol/index.ts';

/** Bytes the transport may hold before partials wait here. */
const BUSY_BYTES = 65_536;

/** Where numbered events go. */
export interface EventSink {
  /** Bytes accepted and not yet handed to the kernel. */
  queuedBytes(): number;
  send(event: ServerEvent): void;
}

interface Sent {
  readonly event: ServerEvent;
  readonly bytes: number;
}

/**
 * Events on their way to one client. A slow client gets fewer partials: of each open sentence only the newest waits.
 * Finals always wait their turn. Numbers are given at the door, so there is no gap whatever was left out.
 *
 * What was sent is kept for a client that comes back over a new connection, up to `replayBytesMax`; then the oldest
 * goes. Without a sink, events are numbered and kept, and partials wait.
 */
export class Outbox {
  #sink: EventSink | undefined;
  #waiting: EventBody[] = [];
  #sent: Sent[] = [];
  #sentBytes = 0;
  #seq: number;
  /** What a client can have seen at most, until one has come since a restart. */
  #seenMax: number | undefined;
  readonly #keep: boolean;
  readonly #record: (events: readonly ServerEvent[]) => void;

  /** `record` is given what has been numbered before it is sent; `sent` is what was sent before a restart. */
  constructor(
    keep: 'replay' | 'nothing',
    record: (events: readonly ServerEvent[]) => void = () => {},
    sent: readonly ServerEvent[] = [],
  ) {
    this.#keep = keep === 'replay';
    this.#record = record;
    this.#seenMax = sent.at(-1)?.seq;
    this.#seq = this.#seenMax ?? 0;
    for (const event of sent) this.#remember(event);
  }

  /** Number of the newest event. */
  get seq(): number {
    return this.#seq;
  }

  /** What a client that comes back may ask for, oldest first. */
  get kept(): readonly ServerEvent[] {
    return this.#sent.map(({ event }) => event);
  }

  /** Whether every event after `seq` is still here. */
  canReplay(seq: number): boolean {
    return seq <= (this.#seenMax ?? this.#seq) && seq >= (this.#sent[0]?.event.seq ?? this.#seq + 1) - 1;
  }

  /** From now on events go to `sink`. Call `flush` when it may be used. */
  attach(sink: EventSink): void {
    this.#sink = sink;
    this.#seenMax = undefined;
  }

  detach(): void {
    this.#sink = undefined;
  }

  /** Sends again what was numbered after `seq`, then what waits. */
  replay(seq: number): void {
    for (const { event } of this.#sent) if (event.seq > seq) this.#sink?.send(event);
    this.flush();
  }

  /** Throws `client.slow` when more waits than a client may leave unread. */
  put(...events: readonly EventBody[]): void {
    for (const event of events) this.#queue(event);
    this.flush();
    const bytes = this.#sink?.queuedBytes() ?? 0;
    if (bytes > LIMITS.outboxBytesMax) throw new Fault('client.slow', { bytes, limit: LIMITS.outboxBytesMax });
  }

  #queue(event: EventBody): void {
    if (event.type === 'partial' || event.type === 'final') {
      const { channel, sentence } = event;
      this.#waiting = this.#waiting.filter(
        (old) => old.type !== 'partial' || old.channel !== channel || old.sentence !== sentence,
      );
    }
    this.#waiting.push(event);
  }

  /** Sends what may go now; called again when the transport has drained. */
  flush(): void {
    const busy = (this.#sink?.queuedBytes() ?? Number.POSITIVE_INFINITY) > BUSY_BYTES;
    const going = busy ? this.#waiting.filter((event) => event.type !== 'partial') : this.#waiting;
    if (going.length === 0) return;
    this.#waiting = busy ? this.#waiting.filter((event) => event.type === 'partial') : [];
    const events = going.map((body) => ({ ...body, seq: ++this.#seq }) as ServerEvent);
    if (this.#keep) for (const event of events) this.#remember(event);
    this.#record(events);
    for (const event of events) this.#sink?.send(event);
  }

  #remember(event: ServerEvent): void {
    const bytes = JSON.stringify(event).length;
    this.#sent.push({ event, bytes });
    this.#sentBytes += bytes;
    let dropped = 0;
    while (this.#sentBytes > LIMITS.replayBytesMax && dropped < this.#sent.length - 1) {
      this.#sentBytes -= this.#sent[dropped++]!.bytes;
    }
    if (dropped > 0) this.#sent = this.#sent.slice(dropped);
  }
}
