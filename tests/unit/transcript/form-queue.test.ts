import assert from 'node:assert/strict';
import t from 'tap';
import { FormQueue } from '../../../transcript/form-queue.ts';
import fc from '../../support/fast-check.ts';

const WAIT_MS = 1_000;

function texts(queue: FormQueue<string>, nowMs: number): string[] {
  return queue.take(nowMs).map(({ item, form }) => form ?? item);
}

t.test('a sentence waits for its form, and the sentences after it wait, too', async (t) => {
  const queue = new FormQueue<string>();
  queue.add({ key: '1', item: 'um one', untilMs: 1_000 });
  queue.add({ key: '2', item: 'two', untilMs: 1_010 });
  queue.deliver('2', 'Two.');
  t.same(texts(queue, 20), []);
  t.equal(queue.dueMs, 1_000);
  queue.deliver('1', 'One.');
  t.same(texts(queue, 20), ['One.', 'Two.']);
  t.equal(queue.dueMs, undefined);
});

t.test('a sentence whose wait is over is taken as spoken, and a later form is ignored', async (t) => {
  const queue = new FormQueue<string>();
  queue.add({ key: '1', item: 'um one', untilMs: 1_000 });
  t.same(texts(queue, 999), []);
  t.same(texts(queue, 1_000), ['um one']);
  queue.deliver('1', 'One.');
  t.same(texts(queue, Number.POSITIVE_INFINITY), []);
});

t.test('an empty form is a form', async (t) => {
  const queue = new FormQueue<string>();
  queue.add({ key: '1', item: 'um', untilMs: 1_000 });
  queue.deliver('1', '');
  t.same(queue.take(0), [{ item: 'um', form: '' }]);
});

t.test('a sentence that was given up is taken as spoken in its turn, even when its form arrives later', async (t) => {
  const queue = new FormQueue<string>();
  queue.add({ key: '1', item: 'um one', untilMs: Number.POSITIVE_INFINITY });
  queue.add({ key: '2', item: 'um two', untilMs: Number.POSITIVE_INFINITY });
  queue.giveUp('2');
  queue.deliver('2', 'Two.');
  t.same(texts(queue, 1e12), [], 'the one before it still waits');
  queue.deliver('1', 'One.');
  t.same(texts(queue, 0), ['One.', 'um two']);
});

t.test('an item that does not wait keeps its place, and uses a form that arrives while it is queued', async (t) => {
  const queue = new FormQueue<string>();
  queue.add({ key: '1', item: 'um one', untilMs: WAIT_MS });
  queue.add({ key: '2', item: 'um two', untilMs: undefined });
  queue.deliver('2', 'Two.');
  t.same(texts(queue, 0), []);
  t.same(texts(queue, WAIT_MS), ['um one', 'Two.']);
});

t.test(
  'sentences of a source that missed its forms stop waiting until one arrives; other sources still wait',
  async (t) => {
    const queue = new FormQueue<string>({ missesMax: 2 });
    for (const key of ['1', '2']) queue.add({ key, item: 'spoken', untilMs: WAIT_MS, source: 'a' });
    t.ok(queue.waitsFor('a'), 'a burst of sentences is no miss');
    queue.take(WAIT_MS);
    t.notOk(queue.waitsFor('a'));
    t.ok(queue.waitsFor('b'));
    queue.deliver('2', 'Late.', 'a');
    t.ok(queue.waitsFor('a'), 'its forms come after all');
    queue.add({ key: '3', item: 'spoken', untilMs: WAIT_MS, source: 'a' });
    queue.giveUp('3');
    queue.giveUp('3');
    t.ok(queue.waitsFor('a'), 'one sentence is one miss');
  },
);

t.test(
  'each sentence is taken once, in order, at the latest when its wait ends, and in its form if that arrived before',
  async () => {
    const step = fc.oneof(
      fc.record({ kind: fc.constant('add' as const), waitMs: fc.constantFrom(undefined, 0, 300, WAIT_MS) }),
      fc.record({ kind: fc.constant('deliver' as const), which: fc.nat(10) }),
      fc.record({ kind: fc.constant('giveUp' as const), which: fc.nat(10) }),
      fc.record({ kind: fc.constant('pass' as const), ms: fc.nat(700) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const queue = new FormQueue<number, string>();
        const taken: number[] = [];
        const fate = new Map<number, 'form' | 'spoken'>();
        const untilMs: (number | undefined)[] = [];
        let nowMs = 0;
        const take = (atMs: number): void => {
          for (const { item, form } of queue.take(atMs)) {
            taken.push(item);
            assert.equal(form, fate.get(item) === 'form' ? `form ${item}` : undefined);
          }
          const head = taken.length;
          if (head < untilMs.length)
            assert.ok(!fate.has(head) && nowMs < untilMs[head]!, 'the first that waits has a reason');
        };
        for (const each of steps) {
          if (each.kind === 'pass') nowMs += each.ms;
          else if (each.kind === 'add') {
            const dueMs = each.waitMs === undefined ? undefined : nowMs + each.waitMs;
            queue.add({ key: String(untilMs.length), item: untilMs.length, untilMs: dueMs });
            untilMs.push(dueMs ?? Number.NEGATIVE_INFINITY);
          } else {
            const which = each.which % Math.max(1, untilMs.length);
            const isThere = which >= taken.length && which < untilMs.length;
            if (each.kind === 'deliver') queue.deliver(String(which), `form ${which}`);
            else queue.giveUp(String(which));
            // What does not wait cannot be given up.
            const isOpen = isThere && !fate.has(which);
            if (isOpen && each.kind === 'deliver') fate.set(which, 'form');
            else if (isOpen && untilMs[which] !== Number.NEGATIVE_INFINITY) fate.set(which, 'spoken');
          }
          take(nowMs);
        }
        take(Number.POSITIVE_INFINITY);
        assert.deepEqual(
          taken,
          untilMs.map((_, i) => i),
        );
      }),
      { numRuns: 500 },
    );
  },
);
