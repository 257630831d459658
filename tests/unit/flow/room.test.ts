import t from 'tap';
import type { ServerEvent, ViewerEvent } from '../../../protocol/index.ts';
import { Fault, LIMITS } from '../../../protocol/index.ts';
import { Rooms } from '../../../server/flow/rooms.ts';
import { silentMeter } from '../../../server/flow/silent-meter.ts';
import type { RoomEvent, RoomSubscriber, RoomSubscription } from '../../../server/ports/room.ts';
import fc from '../../support/fast-check.ts';
import { ManualClock } from '../../support/manual-clock.ts';

/** A viewer whose line holds what is not taken from it. */
class SlowViewer implements RoomSubscriber {
  readonly events: ViewerEvent[] = [];
  readonly made: RoomEvent[] = [];
  queued = 0;
  fault: Fault | undefined;
  reads = true;
  /** Whose rooms it may watch; undefined is every key's. */
  ofKey: string | undefined;

  queuedBytes(): number {
    return this.queued;
  }

  send(event: RoomEvent): void {
    this.events.push(event.body);
    this.made.push(event);
    if (!this.reads) this.queued += event.toJson('without').length;
  }

  findRefusal(owner: string): Fault | undefined {
    return this.ofKey === undefined || owner === this.ofKey ? undefined : new Fault('auth.denied', { got: 'A room' });
  }

  disconnect(fault: Fault): void {
    this.fault = fault;
  }
}

const SESSION = 'a';
const SPEAKING = { session: SESSION, key: '', language: 'en' };
const partial = (sentence: number, revision: number, text = 'x'): ServerEvent => ({
  ...{ type: 'partial', seq: 1, channel: 0, sentence, revision, stable: '', tentative: text },
  ...{ words: [], stableWords: 0, fromMs: 0, toMs: 1 },
});
const final = (sentence: number, text = `Sentence ${sentence}.`): ServerEvent => ({
  ...{ type: 'final', seq: sentence, channel: 0, sentence, text, words: [], fromMs: 0, toMs: 1, language: 'en' },
});

function place() {
  const clock = new ManualClock();
  const turns: (() => void)[] = [];
  let viewers = 0;
  let cut = 0;
  const meter = {
    ...silentMeter,
    viewers: (count: number) => {
      viewers = count;
    },
    viewerCut: () => {
      cut++;
    },
  };
  const rooms = new Rooms({ clock, meter, wallMs: () => 1_000 + clock.nowMs(), runLater: (run) => turns.push(run) });
  /** Lets everybody have their turn. */
  const settle = (): void => {
    for (let turn = turns.shift(); turn !== undefined; turn = turns.shift()) turn();
  };
  const watch = (subscription: RoomSubscription = { from: 'now' }) => {
    const viewer = new SlowViewer();
    return { viewer, seat: rooms.subscribe('stage', subscription, viewer) };
  };
  return { clock, turns, rooms, settle, watch, counts: () => ({ viewers, cut }) };
}

const finals = (events: readonly ViewerEvent[]) =>
  events.flatMap((each) => (each.type === 'final' ? [each.sentence] : []));

t.test('telling gives nothing to a viewer before the speaker has gone on', async (t) => {
  const { rooms, settle, watch } = place();
  const speaker = rooms.enter('stage', SPEAKING);
  const { viewer } = watch();
  settle();
  const before = viewer.events.length;
  speaker.publish([final(1)]);
  t.equal(viewer.events.length, before);
  settle();
  t.same(finals(viewer.events), [1]);
});

t.test('all viewers are given the same event, written once', async (t) => {
  const { rooms, settle, watch } = place();
  const speaker = rooms.enter('stage', SPEAKING);
  const viewers = Array.from({ length: 300 }, () => watch().viewer);
  speaker.publish([final(1)]);
  settle();
  const made = new Set(viewers.map((viewer) => viewer.made.find(({ body }) => body.type === 'final')));
  t.equal(made.size, 1);
});

t.test('a revision is kept for those who come later, with its words for those who ask', async (t) => {
  const { rooms, settle, watch } = place();
  const speaker = rooms.enter('stage', SPEAKING);
  const words = [{ text: 'Hi.', fromMs: 0, toMs: 1, confidence: 1 }];
  speaker.publish([final(1), { type: 'revised', seq: 2, channel: 0, sentence: 1, text: 'Hi.', words, model: 'm' }]);
  const { viewer } = watch({ from: 'start' });
  settle();
  const made = viewer.made.find(({ body }) => body.type === 'revised');
  t.match(made?.body, { session: SESSION, sentence: 1, text: 'Hi.' });
  t.match(JSON.parse(made!.toJson('with')), { words });
  t.notOk('words' in JSON.parse(made!.toJson('without')));
});

t.test('others have their turn while many viewers are served', async (t) => {
  const { rooms, turns, settle, watch } = place();
  const speaker = rooms.enter('stage', SPEAKING);
  const viewers = Array.from({ length: 1_000 }, () => watch().viewer);
  settle();
  speaker.publish([final(1)]);
  turns.shift()!();
  const served = viewers.filter(({ events }) => finals(events).length > 0).length;
  t.ok(served > 0 && served < 200, `${served} in one turn`);
  settle();
  t.ok(viewers.every(({ events }) => finals(events).length === 1));
});

t.test('a viewer that does not read gets the newest partial and every final when it reads again', async (t) => {
  const { rooms, settle, watch } = place();
  const speaker = rooms.enter('stage', SPEAKING);
  const { viewer, seat: subscription } = watch();
  const { viewer: quick } = watch();
  settle();
  viewer.queued = LIMITS.viewerBusyBytes + 1;
  for (let sentence = 1; sentence <= 3; sentence++) {
    for (let revision = 1; revision <= 9; revision++) speaker.publish([partial(sentence, revision)]);
    settle();
    if (sentence < 3) speaker.publish([final(sentence)]);
  }
  settle();
  t.same(finals(viewer.events), [], 'nothing is pushed at it');
  t.same(finals(quick.events), [1, 2], 'the others do not wait');
  viewer.queued = 0;
  settle();
  t.same(finals(viewer.events), [], 'nor before it has drained');
  subscription.drained();
  settle();
  t.same(
    viewer.events.flatMap((each) =>
      each.type === 'partial' || each.type === 'final' ? [`${each.type} ${each.sentence}`] : [],
    ),
    ['final 1', 'final 2', 'partial 3'],
  );
  t.equal(viewer.fault, undefined);
});

t.test('a viewer that takes nothing for too long is cut, and comes back to everything it missed', async (t) => {
  const { clock, rooms, settle, watch, counts } = place();
  const speaker = rooms.enter('stage', SPEAKING);
  const { viewer } = watch();
  speaker.publish([final(1)]);
  settle();
  const { cursor } = viewer.events.at(-1)!;
  viewer.queued = LIMITS.viewerBusyBytes + 1;
  for (let i = 2; viewer.fault === undefined && i < 1_000; i++) {
    speaker.publish([final(i)]);
    clock.pass(1_000);
    settle();
  }
  t.equal(viewer.fault?.code, 'client.slow');
  t.same(counts(), { viewers: 0, cut: 1 });
  const { viewer: again } = watch({ from: cursor });
  settle();
  t.equal(finals(again.events)[0], 2);
  t.equal((again.events[0] as { cut?: true }).cut, undefined);
});

t.test('a viewer that takes nothing for too long is cut also when nothing is said', async (t) => {
  const { clock, rooms, settle, watch } = place();
  const speaker = rooms.enter('stage', SPEAKING);
  const { viewer } = watch();
  settle();
  viewer.queued = LIMITS.viewerBusyBytes + 1;
  speaker.publish([final(1)]);
  settle();
  for (let ms = 0; ms < LIMITS.viewerStallMs; ms += LIMITS.viewerAliveEveryMs) {
    t.equal(viewer.fault, undefined);
    clock.pass(LIMITS.viewerAliveEveryMs);
    settle();
  }
  clock.pass(LIMITS.viewerAliveEveryMs);
  settle();
  t.equal(viewer.fault?.code, 'client.slow');
});

t.test('a viewer that has drained is served alone, and one that has left or misses nothing is not', async (t) => {
  const { turns, rooms, settle, watch } = place();
  const speaker = rooms.enter('stage', SPEAKING);
  const [behind, other, gone] = [watch(), watch(), watch()];
  settle();
  for (const { viewer } of [behind, other, gone]) viewer.queued = LIMITS.viewerBusyBytes + 1;
  speaker.publish([final(1)]);
  settle();
  for (const { viewer } of [behind, other, gone]) viewer.queued = 0;
  gone.seat[Symbol.dispose]();
  gone.seat.drained();
  t.equal(turns.length, 0);
  behind.seat.drained();
  t.same(finals(behind.viewer.events), [], 'not from inside the call');
  settle();
  t.same(
    [behind, other, gone].map(({ viewer }) => finals(viewer.events)),
    [[1], [], []],
  );
  behind.seat.drained();
  t.equal(turns.length, 0);
});

t.test('a viewer that has much to catch up on is served in many turns', async (t) => {
  const { turns, rooms, settle, watch } = place();
  const speaker = rooms.enter('stage', SPEAKING);
  speaker.publish(Array.from({ length: 500 }, (_, i) => final(i + 1)));
  settle();
  const { viewer } = watch({ from: 'start' });
  let most = 0;
  for (let turn = turns.shift(); turn !== undefined; turn = turns.shift()) {
    const before = viewer.events.length;
    turn();
    most = Math.max(most, viewer.events.length - before);
  }
  t.equal(finals(viewer.events).length, 500);
  t.ok(most > 0 && most <= 100, `${most} events in one turn`);
});

t.test('a slow viewer that keeps reading is not cut', async (t) => {
  const { clock, rooms, settle, watch } = place();
  const speaker = rooms.enter('stage', SPEAKING);
  const { viewer } = watch();
  viewer.reads = false;
  for (let i = 1; i < 200; i++) {
    speaker.publish([final(i, 'word '.repeat(100))]);
    clock.pass(1_000);
    viewer.queued = Math.max(0, viewer.queued - 300);
    settle();
  }
  t.equal(viewer.fault, undefined);
});

t.test('a room stores a bounded number of events, and a viewer who asks for older ones is notified', async (t) => {
  const { rooms, settle, watch } = place();
  const speaker = rooms.enter('stage', SPEAKING);
  const first = rooms.find('stage')!.events.at(-1)!.cursor;
  for (let i = 1; i <= 300; i++) speaker.publish([final(i, 'word '.repeat(1_000))]);
  t.ok(rooms.find('stage')!.bytes <= LIMITS.roomHistoryBytesMax);
  const { viewer } = watch({ from: first });
  settle();
  t.match(viewer.events[0], { type: 'room', cut: true });
  t.equal(finals(viewer.events).at(-1), 300);
  t.ok(finals(viewer.events).length > 100);
  const { viewer: whole } = watch({ from: 'start' });
  t.match(whole.events[0], { type: 'room', cut: true });
});

t.test('whoever joins in the middle of a sentence sees it at once', async (t) => {
  const { rooms, settle, watch } = place();
  const speaker = rooms.enter('stage', SPEAKING);
  speaker.publish([final(1), partial(2, 1), partial(2, 2)]);
  settle();
  const { viewer } = watch();
  settle();
  t.same(
    viewer.events.map(({ type }) => type),
    ['room', 'partial'],
  );
  t.match(viewer.events[1], { revision: 2 });
});

t.test('translations go to who asked for their language', async (t) => {
  const { rooms, watch } = place();
  rooms.enter('stage', SPEAKING);
  watch({ from: 'now', translate: 'de' });
  watch({ from: 'now', translate: 'fr' });
  watch();
  t.same([...rooms.find('stage')!.languages].sort(), ['de', 'fr']);
});

t.test('a room in which nothing happens says that it is alive', async (t) => {
  const { clock, settle, watch } = place();
  const { viewer } = watch();
  settle();
  for (let i = 0; i < 3; i++) {
    clock.pass(LIMITS.viewerAliveEveryMs);
    settle();
  }
  t.ok(viewer.events.filter(({ type }) => type === 'alive').length >= 2);
});

t.test('a room that everybody has left keeps its text for a while and is then forgotten', async (t) => {
  const { clock, rooms, watch } = place();
  const speaker = rooms.enter('stage', SPEAKING);
  const { seat: subscription } = watch();
  speaker.publish([final(1)]);
  speaker.leave();
  clock.pass(LIMITS.roomIdleMs * 2);
  t.ok(rooms.find('stage'), 'while somebody watches it stays');
  subscription[Symbol.dispose]();
  clock.pass(LIMITS.roomIdleMs - LIMITS.viewerAliveEveryMs);
  t.ok(rooms.find('stage'));
  clock.pass(LIMITS.viewerAliveEveryMs * 2);
  t.equal(rooms.find('stage'), undefined);
});

t.test('a room is not another key’s to speak in', async (t) => {
  const { rooms } = place();
  rooms.enter('stage', { ...SPEAKING, key: 'one' });
  t.throws(() => rooms.enter('stage', { ...SPEAKING, session: 'b', key: 'two' }), { code: 'auth.denied' });
  t.doesNotThrow(() => rooms.enter('stage', { ...SPEAKING, session: 'c', key: 'one' }));
});

t.test('however viewers come, go and dawdle, each reads every final once and in order', async (t) => {
  const step = fc.oneof(
    fc.record({ do: fc.constant('say' as const) }),
    fc.record({ do: fc.constant('turn' as const) }),
    fc.record({ do: fc.constant('stop' as const), who: fc.nat(3) }),
    fc.record({ do: fc.constant('go' as const), who: fc.nat(3) }),
    fc.record({ do: fc.constant('return' as const), who: fc.nat(3) }),
    fc.record({ do: fc.constant('wait' as const), ms: fc.nat(5_000) }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
      const { clock, turns, rooms, settle, watch } = place();
      const speaker = rooms.enter('stage', SPEAKING);
      const read = Array.from({ length: 4 }, (): number[] => []);
      const seats = read.map(() => watch({ from: 'start' }));
      const comeBack = (who: number): void => {
        const { viewer, seat: subscription } = seats[who]!;
        subscription[Symbol.dispose]();
        read[who]!.push(...finals(viewer.events));
        seats[who] = watch({ from: viewer.events.at(-1)!.cursor });
      };
      const drain = ({ viewer, seat: subscription }: ReturnType<typeof watch>): void => {
        viewer.queued = 0;
        subscription.drained();
      };
      let published = 0;
      for (const each of steps) {
        if (each.do === 'say') speaker.publish([partial(published + 1, 1), final(++published)]);
        if (each.do === 'turn') turns.shift()?.();
        if (each.do === 'stop') seats[each.who]!.viewer.queued = LIMITS.viewerBusyBytes + 1;
        if (each.do === 'go') drain(seats[each.who]!);
        if (each.do === 'return') comeBack(each.who);
        if (each.do === 'wait') clock.pass(each.ms);
        for (const [who, { viewer }] of seats.entries()) if (viewer.fault !== undefined) comeBack(who);
      }
      for (const each of seats) drain(each);
      settle();
      const want = Array.from({ length: published }, (_, i) => i + 1);
      for (const [who, { viewer }] of seats.entries()) t.strictSame([...read[who]!, ...finals(viewer.events)], want);
    }),
    { numRuns: 200 },
  );
});

t.test('a viewer whose connection breaks is served no more, and the others are served on', (t) => {
  const { turns, rooms, watch } = place();
  const speaker = rooms.enter('stage', SPEAKING);
  const [first, broken, last] = [watch(), watch(), watch()];
  broken.viewer.send = () => {
    throw new Error('the connection broke');
  };
  const thrown: unknown[] = [];
  const settle = (): void => {
    for (let turn = turns.shift(); turn !== undefined; turn = turns.shift()) {
      try {
        turn();
      } catch (error) {
        thrown.push(error);
      }
    }
  };
  settle();
  speaker.publish([final(1)]);
  settle();
  speaker.publish([final(2)]);
  settle();
  t.equal(thrown.length, 1, 'whoever runs the turns reports it');
  for (const { viewer } of [first, last]) t.same(finals(viewer.events), [1, 2]);
  t.end();
});
