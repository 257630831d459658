import t from 'tap';
import type { SessionSettings } from '../../../../server/core/session/settings.ts';
import { SAMPLE_RATE } from '../../../../server/core/time.ts';
import { Talk } from '../../../support/talk.ts';

/** Three seconds of speech, whose first sentence is final. */
function begun(settings: Partial<SessionSettings> = {}): Talk {
  const talk = new Talk(settings);
  talk.hear(2.5, true);
  talk.answer('I saw a cat.', 0, { languageProbability: 0.99 });
  talk.hear(0.5, true);
  talk.answer('I saw a cat. It ran', 0);
  talk.hear(0.5, true);
  talk.answer('I saw a cat. It ran away', 0);
  t.same(talk.finals, ['I saw a cat.']);
  talk.hear(0.5, true);
  return talk;
}

t.test('the open sentence is decoded with the one before, whose words are sent once', async (t) => {
  const talk = begun();
  const span = talk.answer('I saw the cat, it ran away from', 0);
  t.equal(span.fromSample, 0, 'from the start of the sentence before');
  t.equal(span.prompt, '', 'which is in the audio and need not be in the prompt');
  talk.hear(1, false);
  talk.answer('I saw the cat, it ran away from us.', 0);
  t.same(talk.finals, ['I saw a cat.', 'It ran away from us.']);
});

t.test('a decode that hears nothing behind the sentence before is made again without it', async (t) => {
  const talk = begun();
  talk.answer('I saw a cat. It ran away from', 0);
  talk.hear(0.3, false);
  talk.answer('I saw a cat.', 0);
  t.ok(talk.asked, 'it is asked again');
  const again = talk.answer('It ran away from us.', 2);
  t.ok(again.fromSample > SAMPLE_RATE, 'from where the open sentence starts');
  t.equal(again.prompt, 'I saw a cat.');
  talk.hear(1, false);
  t.same(talk.finals, ['I saw a cat.', 'It ran away from us.']);
});

t.test(
  'while the language is to be detected the sentence before is left out; once it is sure, it is not',
  async (t) => {
    const talk = begun({ language: 'auto' });
    const first = talk.answer('It ran away from', 2, {
      languageProbability: 0.99,
      languageProbabilities: { en: 0.99, de: 0.01 },
    });
    t.ok(first.language === 'auto' && first.fromSample > SAMPLE_RATE, 'a new sentence may be in another language');
    talk.hear(0.5, true);
    const second = talk.answer('I saw a cat. It ran away from us', 0);
    t.ok(second.language === 'en' && second.fromSample === 0, 'this one is not');
  },
);

t.test('a translation does not lead', async (t) => {
  const talk = begun({ task: 'translate' });
  t.ok(talk.answer('It ran away from', 2).fromSample > SAMPLE_RATE);
});

t.test('speech that goes on behind a long sentence is decoded with the last words of it', async (t) => {
  const talk = new Talk();
  const sentence = 'I saw a cat that sat on the mat of my old aunt.';
  talk.hear(6, true);
  talk.hear(0.3, false);
  talk.answer(sentence, 0);
  talk.hear(0.5, false);
  t.same(talk.finals, [sentence]);
  talk.hear(1, true);
  const span = talk.answer('my old aunt. It slept', 4.5);
  t.equal(span.fromSample, 4 * SAMPLE_RATE, 'from a word within 2.5 s on');
  t.equal(span.prompt, 'I saw a cat that sat on the', 'the words before it are prompted');
});
