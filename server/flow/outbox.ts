import { type EventBody, Fault, LIMITS, type ServerEvent } from '../../protocol/index.ts';

/** Bytes the transport may hold before partials wait here. */
const BUSY_BYTES = 65_536;

/** Where numbered events go. */
export interface Sink {
  /** Bytes accepted and not yet handed to the kernel. */
  queuedBytes(): number;
  send(event: ServerEvent): void;
}

/**
 * Events on their way to one client. A slow client gets fewer partials: of each open sentence only the newest waits.
 * Finals always wait their turn. Numbers are given at the door, so there is no gap whatever was left out.
 */
export class Outbox {
  readonly #sink: Sink;
  #waiting: EventBody[] = [];
  #seq = 0;

  constructor(sink: Sink) {
    this.#sink = sink;
  }

  /** Throws `client.slow` when more waits than a client may leave unread. */
  put(event: EventBody): void {
    if (event.type === 'partial') {
      const { channel, sentence } = event;
      this.#waiting = this.#waiting.filter(
        (old) => old.type !== 'partial' || old.channel !== channel || old.sentence !== sentence,
      );
    }
    this.#waiting.push(event);
    this.flush();
    const bytes = this.#sink.queuedBytes();
    if (bytes > LIMITS.outboxBytesMax) throw new Fault('client.slow', { bytes, limit: LIMITS.outboxBytesMax });
  }

  /** Sends what may go now; called again when the transport has drained. */
  flush(): void {
    while (this.#waiting.length > 0) {
      const at =
        this.#sink.queuedBytes() > BUSY_BYTES ? this.#waiting.findIndex((event) => event.type !== 'partial') : 0;
      if (at < 0) return;
      const [event] = this.#waiting.splice(at, 1);
      this.#sink.send({ ...event!, seq: ++this.#seq } as ServerEvent);
    }
  }
}
