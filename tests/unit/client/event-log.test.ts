import t from 'tap';
import { EventLog, HISTORY_EVENTS } from '../../../client/sdk/event-log.ts';
import type { ServerEvent } from '../../../client/sdk/index.ts';

const partial = (seq: number, sentence: number): ServerEvent => ({
  ...{ type: 'partial', seq, channel: 0, sentence, revision: seq, stable: '', tentative: `t${seq}`, words: [] },
  ...{ stableWords: 0, fromMs: 0, toMs: 0 },
});
const final = (seq: number, sentence: number): ServerEvent => ({
  ...{
    type: 'final',
    seq,
    channel: 0,
    sentence,
    text: `text ${sentence}`,
    words: [],
    fromMs: 0,
    toMs: 0,
    language: 'en',
  },
});
const ack = (seq: number): ServerEvent => ({ type: 'ack', seq, audioMs: seq, samples: seq });

/** A session of so many sentences: nine partials, an acknowledgement and a final each. */
function* sessionOf(sentences: number): Generator<ServerEvent> {
  let seq = 0;
  for (let sentence = 1; sentence <= sentences; sentence++) {
    for (let i = 0; i < 9; i++) yield partial(++seq, sentence);
    yield ack(++seq);
    yield final(++seq, sentence);
  }
}

function give(log: EventLog, events: Iterable<ServerEvent>): void {
  for (const event of events) log.push(event);
  log.wake();
}

async function collect(events: AsyncIterable<ServerEvent>): Promise<ServerEvent[]> {
  const all: ServerEvent[] = [];
  for await (const event of events) all.push(event);
  return all;
}

t.test('iterators see every event once and end with the session, whenever they begin', async (t) => {
  const log = new EventLog();
  const all = [...sessionOf(20)];
  const early = collect(log.read());
  give(log, all.slice(0, 50));
  const late = collect(log.read());
  for (const event of all.slice(50)) {
    give(log, [event]);
    await Promise.resolve();
  }
  log.end();
  t.same(await early, all);
  t.same(await late, all);
  t.same(await collect(log.read()), all, 'after the end, too');
});

t.test('a long session does not grow, whether nobody iterates or somebody who keeps up', async (t) => {
  const log = new EventLog();
  let most = 0;
  let seen = 0;
  const iterator = log.read();
  for (const event of sessionOf(10_000)) {
    give(log, [event]);
    if (event.seq === 1) t.equal((await iterator.next()).value, event);
    else if ((await iterator.next()).value.seq !== event.seq) t.fail(`event ${event.seq} is missing`);
    seen++;
    most = Math.max(most, log.size);
  }
  t.equal(seen, 110_000);
  t.ok(most <= 2 * HISTORY_EVENTS + 1, `${most} events held at most`);
  await iterator.return(undefined);
  const unread = new EventLog();
  give(unread, sessionOf(10_000));
  t.ok(unread.size <= 2 * HISTORY_EVENTS, `${unread.size} events held`);
  unread.end();
  const rest = await collect(unread.read());
  t.equal(rest.at(-1)?.seq, 110_000);
  t.ok(rest.length >= HISTORY_EVENTS);
});

t.test('an iterator that stands still loses superseded partials and nothing else', async (t) => {
  const log = new EventLog();
  const iterator = log.read();
  const first = iterator.next();
  give(log, [ack(1)]);
  t.equal((await first).value.type, 'ack');
  give(log, sessionOf(5_000));
  give(log, [partial(55_001, 5_001), partial(55_002, 5_001)]);
  t.ok(log.size < 5_000 + 5 * HISTORY_EVENTS, `${log.size} of 55,000 events held`);
  log.end();
  const rest = await collect(iterator);
  const finals = rest.filter(({ type }) => type === 'final');
  t.equal(finals.length, 5_000);
  t.equal(rest.at(-1)?.seq, 55_002, 'and the newest partial is there');
  t.ok(
    rest.every(({ seq }, i) => i === 0 || seq > rest[i - 1]!.seq),
    'in their order',
  );
});

t.test('an iterator that was left holds nothing', async (t) => {
  const log = new EventLog();
  give(log, sessionOf(10));
  for await (const event of log.read()) if (event.type === 'final') break;
  give(log, sessionOf(10));
  t.equal(log.size, 220);
});
