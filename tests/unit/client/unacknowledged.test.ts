import t from 'tap';
import { computeBackOffMs } from '../../../client/sdk/back-off.ts';
import { type SentItem, Unacknowledged } from '../../../client/sdk/unacknowledged.ts';
import fc from '../../support/fast-check.ts';

/** A server that counts what reaches it: bytes of audio, of which torn samples are lost with the connection, and commands. */
class Counting {
  bytes: number[] = [];
  commands: string[] = [];
  readonly order: (number | string)[] = [];

  take(item: SentItem): void {
    if (typeof item === 'string') {
      this.commands.push(item);
      this.order.push(item);
    } else {
      this.bytes.push(...item);
      this.order.push(...item);
    }
  }

  tear(frameBytes: number): void {
    const torn = this.bytes.length % frameBytes;
    for (let i = 0; i < torn; i++) {
      this.bytes.pop();
      this.order.splice(
        this.order.findLastIndex((one) => typeof one === 'number'),
        1,
      );
    }
  }
}

const step = fc.oneof(
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('audio' as const), length: fc.integer({ min: 0, max: 23 }) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('command' as const) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('ack' as const), late: fc.nat(9) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('cut' as const), arrived: fc.nat(40) }) },
);

t.test('whatever is cut and acknowledged, every byte and command arrives once and in order', async (t) => {
  const property = fc.property(
    fc.array(step, { maxLength: 60 }),
    fc.integer({ min: 1, max: 6 }),
    (steps, frameBytes) => {
      const queue = new Unacknowledged(frameBytes, 1e6);
      const server = new Counting();
      /** On the wire, not there yet. */
      let wire: SentItem[] = [];
      let next = 0;
      const sent: (number | string)[] = [];
      const say = (item: SentItem): void => {
        queue.push(item);
        wire.push(item);
        if (typeof item === 'string') sent.push(item);
        else sent.push(...item);
      };
      const arrive = (count: number): void => {
        for (let left = count; left > 0 && wire.length > 0; left--) {
          const first = wire[0]!;
          if (typeof first === 'string' || first.length <= 1) server.take(wire.shift()!);
          else {
            server.take(first.subarray(0, 1));
            wire[0] = first.subarray(1);
          }
        }
      };
      const resume = (): void => {
        server.tear(frameBytes);
        wire = [...queue.resume(server.bytes.length / frameBytes, server.commands.length)];
      };
      for (const one of steps) {
        if (one.kind === 'audio') say(Uint8Array.from({ length: one.length }, () => next++ % 251));
        if (one.kind === 'command') say(`c${next++}`);
        if (one.kind === 'ack') {
          arrive(one.late);
          queue.acknowledge(Math.floor(server.bytes.length / frameBytes), undefined);
        }
        if (one.kind === 'cut') {
          arrive(one.arrived);
          resume();
        }
      }
      resume();
      arrive(Number.POSITIVE_INFINITY);
      const audio = (all: readonly (number | string)[]): (number | string)[] =>
        all.filter((x) => typeof x === 'number');
      t.same(audio(server.order), audio(sent));
      t.same(
        server.commands,
        sent.filter((x) => typeof x === 'string'),
      );
    },
  );
  t.doesNotThrow(() => fc.assert(property, { numRuns: 300 }));
});

t.test('at the bound the oldest whole samples go, and what is left follows on', async (t) => {
  const queue = new Unacknowledged(4, 20);
  for (let i = 0; i < 5; i++) queue.push(Uint8Array.from({ length: 6 }, (_, j) => i * 6 + j));
  t.equal(queue.bytes, 18);
  t.equal(queue.lostBytes, 12);
  t.same(queue.resume(1, 0).flatMap((item) => [...(item as Uint8Array)])[0], 12);
  queue.acknowledge(2, undefined);
  t.equal(queue.bytes, 14, 'the server counts on from where it stood');
});

t.test('waits grow, are spread, and stay below five seconds', async (t) => {
  t.same(
    [1, 2, 3, 9, 99].map((attempt) => computeBackOffMs(attempt, 1)),
    [100, 200, 400, 5_000, 5_000],
  );
  t.same(
    [1, 9].map((attempt) => computeBackOffMs(attempt, 0)),
    [50, 2_500],
  );
});
