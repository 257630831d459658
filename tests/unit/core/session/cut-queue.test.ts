import t from 'tap';
import { CutQueue } from '../../../../server/core/session/cut-queue.ts';
import type { Utterance } from '../../../../server/core/session/utterance.ts';

/** An utterance, as far as cuts look at it. */
const speech = () => {
  const state = { isPublished: false };
  return { state, utterance: state as unknown as Utterance };
};
const cut = (at: number, id?: string) => ({ at, answer: true, id });

t.test('a cut waits until the VAD has judged that far, and then for its speech', async (t) => {
  const queue = new CutQueue([], () => []);
  const { state, utterance } = speech();
  queue.add(cut(1_000, 'a'));
  queue.carryOut(
    (at) => at <= 500,
    () => t.fail('too early') as never,
  );
  t.same(queue.takeDone(), []);
  queue.carryOut(
    (at) => at <= 1_500,
    () => [utterance],
  );
  t.same(queue.takeDone(), [], 'its speech is not published yet');
  state.isPublished = true;
  t.match(queue.takeDone(), [{ id: 'a' }]);
  t.ok(queue.isEmpty);
});

t.test('a cut is made once', async (t) => {
  const queue = new CutQueue([], () => []);
  const { utterance } = speech();
  queue.add(cut(1));
  let made = 0;
  for (let i = 0; i < 3; i++)
    queue.carryOut(
      () => true,
      () => {
        made++;
        return [utterance];
      },
    );
  t.equal(made, 1);
});

t.test('cuts are answered in the order they were asked for, also when a later one is done first', async (t) => {
  const queue = new CutQueue([], () => []);
  const first = speech();
  for (const id of ['a', 'b']) queue.add(cut(1, id));
  const waits = [[first.utterance], []];
  queue.carryOut(
    () => true,
    () => waits.shift()!,
  );
  t.same(queue.takeDone(), []);
  first.state.isPublished = true;
  t.same(
    queue.takeDone().map(({ id }) => id),
    ['a', 'b'],
  );
});

t.test('after a restart cuts go on: those not made, and those that were and wait', async (t) => {
  const before = new CutQueue([], () => []);
  before.add(cut(1, 'made'));
  before.carryOut(
    () => true,
    () => [speech().utterance],
  );
  before.add(cut(2, 'open'));
  const { snapshot } = before;
  t.match(snapshot, [
    { at: 1, id: 'made', carriedOut: true },
    { at: 2, id: 'open', carriedOut: false },
  ]);
  const asked: number[] = [];
  const { state, utterance } = speech();
  const after = new CutQueue(JSON.parse(JSON.stringify(snapshot)), (at) => {
    asked.push(at);
    return [utterance];
  });
  t.same(asked, [1]);
  state.isPublished = true;
  t.same(
    after.takeDone().map(({ id }) => id),
    ['made'],
  );
  t.notOk(after.isEmpty);
});
