import t from 'tap';
import type { Word } from '../../../../server/core/hypothesis.ts';
import { EndAnnouncement } from '../../../../server/core/session/end-announcement.ts';
import { OutputQueue } from '../../../../server/core/session/output-queue.ts';

const split = (...sentences: readonly string[]): Word[][] =>
  sentences.map((text) =>
    text.split(' ').map((word) => ({ text: word, space: true, from: 1_600, to: 3_200, confidence: 0.9 })),
  );

function open(text?: string) {
  const outputs = new OutputQueue();
  const announcement = new EndAnnouncement(0, outputs, text);
  const announce = (job: number, ...sentences: readonly string[]): void =>
    announcement.announce({ job, sentences: split(...sentences), confidence: 0.5, lastVoice: 16_000 }, 20_000);
  const said = (): string[] =>
    outputs.drain().map((each) => {
      if (each.kind !== 'event' || each.event.type !== 'turn') throw new Error(`unexpected ${each.kind}`);
      return each.event.state === 'eager' ? each.event.text! : each.event.state;
    });
  return { announcement, announce, said, outputs };
}

t.test('the end is announced with its text, words, confidence and place', async (t) => {
  const { announce, outputs } = open();
  announce(1, 'Hello there.', 'How are you?');
  const word = { fromMs: 100, toMs: 200, confidence: 0.9 };
  t.match(outputs.drain(), [
    {
      event: {
        ...{ type: 'turn', channel: 0, state: 'eager', atMs: 1_000, confidence: 0.5 },
        text: 'Hello there. How are you?',
        words: ['Hello', 'there.', 'How', 'are', 'you?'].map((text) => ({ ...word, text })),
      },
    },
  ]);
});

t.test('finals that are as announced withdraw nothing, others do so before they come', async (t) => {
  const { announcement, announce, said } = open();
  announce(1, 'Hello there.');
  t.ok(announcement.isOf(1));
  announcement.settle(split('Hello there.'), 30_000);
  t.same(said(), ['Hello there.']);
  announce(2, 'One.');
  announcement.settle(split('One.', 'Two.'), 30_000);
  announcement.settle(split('Three.'), 30_000);
  t.same(said(), ['One.', 'resumed']);
  announce(3, 'One.');
  announcement.settle([], 30_000);
  t.same(said(), ['One.', 'resumed'], 'nothing at all was said');
});

t.test('the speaker may go on, once', async (t) => {
  const { announcement, announce, said } = open();
  announcement.withdraw(1);
  announce(1, 'One.');
  announcement.withdraw(2);
  announcement.withdraw(3);
  t.same(said(), ['One.', 'resumed']);
});

t.test('nothing without words is announced, and after a restart nothing twice', async (t) => {
  const { announcement, announce, said } = open('One.');
  announce(1, 'One.');
  t.same(said(), []);
  announce(2, 'Two.');
  t.same(said(), ['resumed', 'Two.']);
  announce(3);
  t.same(said(), ['resumed']);
  t.equal(announcement.text, undefined);
});
