import { type EventBody, Fault, LIMITS, type ServerEvent } from '../../protocol/index.ts';

/** Bytes the transport may hold before partials wait here. */
const BUSY_BYTES = 65_536;

/** Where numbered events go. */
export interface Sink {
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
  #sink: Sink | undefined;
  #waiting: EventBody[] = [];
  #sent: Sent[] = [];
  #sentBytes = 0;
  #seq = 0;
  readonly #keep: boolean;

  constructor(keep: 'replay' | 'nothing') {
    this.#keep = keep === 'replay';
  }

  /** Number of the newest event. */
  get seq(): number {
    return this.#seq;
  }

  /** Whether every event after `seq` is still here. */
  canReplay(seq: number): boolean {
    return seq <= this.#seq && seq >= (this.#sent[0]?.event.seq ?? this.#seq + 1) - 1;
  }

  /** From now on events go to `sink`. Call `flush` when it may be used. */
  attach(sink: Sink): void {
    this.#sink = sink;
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
  put(event: EventBody): void {
    if (event.type === 'partial' || event.type === 'final') {
      const { channel, sentence } = event;
      this.#waiting = this.#waiting.filter(
        (old) => old.type !== 'partial' || old.channel !== channel || old.sentence !== sentence,
      );
    }
    this.#waiting.push(event);
    this.flush();
    const bytes = this.#sink?.queuedBytes() ?? 0;
    if (bytes > LIMITS.outboxBytesMax) throw new Fault('client.slow', { bytes, limit: LIMITS.outboxBytesMax });
  }

  /** Sends what may go now; called again when the transport has drained. */
  flush(): void {
    while (this.#waiting.length > 0) {
      const busy = (this.#sink?.queuedBytes() ?? Number.POSITIVE_INFINITY) > BUSY_BYTES;
      const at = busy ? this.#waiting.findIndex((event) => event.type !== 'partial') : 0;
      if (at < 0) return;
      const [body] = this.#waiting.splice(at, 1);
      const event = { ...body!, seq: ++this.#seq } as ServerEvent;
      if (this.#keep) this.#remember(event);
      this.#sink?.send(event);
    }
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
