import t from 'tap';
import { type EventBody, LIMITS, type ServerEvent } from '../../../protocol/index.ts';
import { Outbox } from '../../../server/flow/outbox.ts';
import fc from '../../support/fast-check.ts';

const partial = (sentence: number, text: string): EventBody => ({
  ...{ type: 'partial', channel: 0, sentence, revision: 1, stable: '', tentative: text, words: [], stableWords: 0 },
  ...{ fromMs: 0, toMs: 0 },
});
const final = (sentence: number, text = ''): EventBody => ({
  ...{ type: 'final', channel: 0, sentence, text, words: [], fromMs: 0, toMs: 0, language: 'en' },
});

t.test('over any cuts a client gets every number once, and no partial after its final', async (t) => {
  const step = fc.oneof(
    fc.record({ kind: fc.constant('partial' as const) }),
    fc.record({ kind: fc.constant('final' as const) }),
    fc.record({ kind: fc.constant('cut' as const), unread: fc.nat(5) }),
    fc.record({ kind: fc.constant('back' as const) }),
    fc.record({ kind: fc.constant('busy' as const), busy: fc.boolean() }),
  );
  const property = fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
    const outbox = new Outbox('replay');
    let got: ServerEvent[] = [];
    let busy = false;
    let sentence = 1;
    const sink = { queuedBytes: () => (busy ? 1e6 : 0), send: (event: ServerEvent) => void got.push(event) };
    const back = (): void => {
      outbox.detach();
      outbox.attach(sink);
      outbox.replay(got.at(-1)?.seq ?? 0);
    };
    back();
    for (const one of steps) {
      if (one.kind === 'partial') outbox.send(partial(sentence, 'x'));
      if (one.kind === 'final') outbox.send(final(sentence++));
      if (one.kind === 'busy') busy = one.busy;
      if (one.kind === 'back') back();
      if (one.kind === 'cut') {
        outbox.detach();
        got = got.slice(0, Math.max(0, got.length - one.unread));
      }
    }
    busy = false;
    back();
    const numbers = got.map(({ seq }) => seq);
    if (numbers.some((seq, i) => seq !== i + 1)) throw new Error(`numbers ${numbers}`);
    const finals = new Set<number>();
    for (const event of got) {
      if (event.type === 'final') finals.add(event.sentence);
      if (event.type === 'partial' && finals.has(event.sentence)) throw new Error('a partial after its final');
    }
    if (finals.size !== sentence - 1) throw new Error('a final is missing');
  });
  t.doesNotThrow(() => fc.assert(property, { numRuns: 500 }));
});

t.test('beyond the bound the oldest events are gone, and it says so', async (t) => {
  const outbox = new Outbox('replay');
  const long = 'x'.repeat(LIMITS.replayBytesMax / 4);
  for (let i = 1; i <= 6; i++) outbox.send(final(i, long));
  t.notOk(outbox.canReplay(0));
  t.notOk(outbox.canReplay(2));
  t.ok(outbox.canReplay(4));
  t.ok(outbox.canReplay(6));
  t.notOk(outbox.canReplay(7), 'nobody has read what was not written');
});

t.test('a partial waits only when the connection will tell that it has drained', async (t) => {
  for (const queuedBytes of [LIMITS.queuedBytesLow, LIMITS.queuedBytesLow + 1, 65_536, 65_537]) {
    const outbox = new Outbox('replay');
    outbox.attach({ queuedBytes: () => queuedBytes, send: () => {} });
    outbox.send(partial(1, 'x'));
    t.equal(outbox.seq, queuedBytes > 65_536 ? 0 : 1, `${queuedBytes} bytes`);
  }
  t.ok(LIMITS.viewerBusyBytes >= LIMITS.queuedBytesLow, 'nor does a viewer of a room');
});
