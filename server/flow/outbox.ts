import { type EventBody, Fault, LIMITS, type ServerEvent } from '../../protocol/index.ts';

/** With more bytes than this in the transport, partials wait here until it has drained. */
const BUSY_BYTES = 65_536;

/** Receives numbered events. */
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
 * Events on their way to one client. A slow client gets fewer partials: only the newest of each open sentence waits.
 * Finals always wait their turn. Events are numbered when they are sent, so there is no gap whatever was left out.
 *
 * Sent events are kept for a client that reconnects, up to `replayBytesMax`; then the oldest is dropped. Without a
 * sink, events are numbered and kept, and partials wait.
 */
export class Outbox {
  #sink: EventSink | undefined;
  #waiting: EventBody[] = [];
  #sent: Sent[] = [];
  #sentBytes = 0;
  #seq: number;
  /** The newest event a client can have seen; set after a restart until the client is back. */
  #seenMax: number | undefined;
  readonly #canReplaySent: boolean;
  readonly #onNumbered: (events: readonly ServerEvent[]) => void;

  /** `onNumbered` gets numbered events before they are sent; `sent` are events sent before a restart. */
  constructor(
    retention: 'replay' | 'nothing',
    onNumbered: (events: readonly ServerEvent[]) => void = () => {},
    sent: readonly ServerEvent[] = [],
  ) {
    this.#canReplaySent = retention === 'replay';
    this.#onNumbered = onNumbered;
    this.#seenMax = sent.at(-1)?.seq;
    this.#seq = this.#seenMax ?? 0;
    for (const event of sent) this.#remember(event);
  }

  /** Number of the newest event. */
  get seq(): number {
    return this.#seq;
  }

  /** Events a reconnecting client may request, oldest first. */
  get replayable(): readonly ServerEvent[] {
    return this.#sent.map(({ event }) => event);
  }

  /** Whether every event after `seq` is still available. */
  canReplay(seq: number): boolean {
    return seq <= (this.#seenMax ?? this.#seq) && seq >= (this.#sent[0]?.event.seq ?? this.#seq + 1) - 1;
  }

  /** Sends events to `sink` from now on. Call `flush` when it is ready. */
  attach(sink: EventSink): void {
    this.#sink = sink;
    this.#seenMax = undefined;
  }

  detach(): void {
    this.#sink = undefined;
  }

  /** Sends the events after `seq` again, then those that wait. */
  replay(seq: number): void {
    for (const { event } of this.#sent) if (event.seq > seq) this.#sink?.send(event);
    this.flush();
  }

  /** Throws `client.slow` when more bytes wait than a client may leave unread. */
  send(...events: readonly EventBody[]): void {
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

  /** Sends what may be sent now. Must be called again when the transport has drained. */
  flush(): void {
    const isBusy = (this.#sink?.queuedBytes() ?? Number.POSITIVE_INFINITY) > BUSY_BYTES;
    const sendable = isBusy ? this.#waiting.filter((event) => event.type !== 'partial') : this.#waiting;
    if (sendable.length === 0) return;
    this.#waiting = isBusy ? this.#waiting.filter((event) => event.type === 'partial') : [];
    const events = sendable.map((body) => ({ ...body, seq: ++this.#seq }) as ServerEvent);
    if (this.#canReplaySent) for (const event of events) this.#remember(event);
    this.#onNumbered(events);
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
