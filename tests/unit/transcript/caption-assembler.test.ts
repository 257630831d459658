import assert from 'node:assert/strict';
import t from 'tap';
import type { ViewerEvent } from '../../../protocol/index.ts';
import { CaptionAssembler } from '../../../transcript/index.ts';
import fc from '../../support/fast-check.ts';
import { viewerCleaned, viewerFinal, viewerTranslated } from '../../support/viewer-events.ts';

const cleaned = { text: 'cleaned', waitMs: 1_000 } as const;

function texts(sentences: CaptionAssembler, nowMs: number): string[] {
  return sentences.take(nowMs).map(({ text }) => text);
}

t.test('a sentence waits for its cleaning, and the sentences after it wait, too', async (t) => {
  const sentences = new CaptionAssembler(cleaned);
  sentences.read(viewerFinal(1, 'um one'), 0);
  sentences.read(viewerFinal(2, 'two'), 10);
  sentences.read(viewerCleaned(2, 'Two.'), 20);
  t.same(texts(sentences, 20), []);
  sentences.read(viewerCleaned(1, 'One.'), 30);
  t.same(texts(sentences, 30), ['One.', 'Two.']);
});

t.test('a sentence whose cleaning is late goes out as spoken, and the late cleaning is ignored', async (t) => {
  const sentences = new CaptionAssembler(cleaned);
  sentences.read(viewerFinal(1, 'um one'), 0);
  t.equal(sentences.dueMs, 1_000);
  t.same(texts(sentences, 1_000), ['um one']);
  sentences.read(viewerCleaned(1, 'One.'), 1_100);
  t.same(texts(sentences, 9_000), []);
});

t.test('sentences of a session that is never cleaned stop waiting', async (t) => {
  const sentences = new CaptionAssembler(cleaned);
  for (const sentence of [1, 2, 3]) sentences.read(viewerFinal(sentence, 'spoken'), 0);
  sentences.take(1_000);
  sentences.read(viewerFinal(4, 'at once'), 2_000);
  t.same(texts(sentences, 2_000), ['at once']);
  sentences.read(viewerCleaned(4, 'Late.'), 2_100);
  sentences.read(viewerFinal(5, 'spoken'), 3_000);
  t.same(texts(sentences, 3_000), [], 'its cleanings come after all');
});

t.test('a sentence whose cleaned form is empty gives no caption', async (t) => {
  const sentences = new CaptionAssembler(cleaned);
  sentences.read(viewerFinal(1, 'um'), 0);
  sentences.read(viewerCleaned(1, ''), 10);
  t.same(texts(sentences, 9_000), []);
});

t.test('only a translation into the requested language counts', async (t) => {
  const sentences = new CaptionAssembler({ ...cleaned, translate: 'de' });
  sentences.read(viewerFinal(1, 'One.'), 0);
  sentences.read(viewerCleaned(1, 'One!'), 1);
  sentences.read(viewerTranslated(1, 'Un.', 'fr'), 2);
  t.same(texts(sentences, 3), []);
  sentences.read(viewerTranslated(1, 'Eins.', 'de'), 4);
  t.match(sentences.take(4), [{ text: 'Eins.', language: 'de' }]);
  sentences.read(viewerFinal(2, 'Zwei.', { language: 'de' }), 5);
  t.same(texts(sentences, 5), ['Zwei.'], 'what is spoken in it needs none');
});

t.test('what is heard again changes no caption, unless every sentence waits for it', async (t) => {
  const revised = (sentence: number, text: string): ViewerEvent => ({
    ...viewerCleaned(sentence, text),
    type: 'revised',
  });
  for (const text of ['cleaned', 'raw'] as const) {
    const sentences = new CaptionAssembler({ text, waitMs: 1_000 });
    sentences.read(viewerFinal(1, 'wun'), 0);
    sentences.read(revised(1, 'One.'), 10);
    t.same(texts(sentences, 1_000), ['wun'], text);
  }
  const sentences = new CaptionAssembler({ text: 'revised', waitMs: 40_000 });
  for (const sentence of [1, 2, 3, 4]) sentences.read(viewerFinal(sentence, 'heard well'), 0);
  t.equal(texts(sentences, 40_000).length, 4);
  sentences.read(viewerFinal(5, 'wun'), 41_000);
  t.same(texts(sentences, 50_000), [], 'sentences that were not revised do not end the waiting');
  sentences.read(viewerCleaned(5, 'Clean.'), 51_000);
  sentences.read(revised(5, 'One.'), 60_000);
  t.same(texts(sentences, 60_000), ['One.']);
});

t.test('each sentence gives one caption, in the order of the finals, even when events repeat', async () => {
  const step = fc.record({
    sentence: fc.integer({ min: 1, max: 12 }),
    kind: fc.constantFrom('final', 'cleaned', 'wait'),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
      const sentences = new CaptionAssembler(cleaned);
      const given: number[] = [];
      const came: number[] = [];
      let nowMs = 0;
      for (const { sentence, kind } of steps) {
        const events: readonly ViewerEvent[] =
          kind === 'final'
            ? [viewerFinal(sentence, 'x')]
            : kind === 'cleaned' && came.includes(sentence)
              ? [viewerCleaned(sentence, 'y')]
              : [];
        if (kind === 'wait') nowMs += 700;
        for (const event of events) sentences.read(event, nowMs);
        if (kind === 'final' && !came.includes(sentence)) came.push(sentence);
        given.push(...sentences.take(nowMs).map((caption) => caption.sentence));
      }
      given.push(...sentences.take(Number.POSITIVE_INFINITY).map((caption) => caption.sentence));
      assert.deepEqual(given, came);
    }),
    { numRuns: 300 },
  );
});
