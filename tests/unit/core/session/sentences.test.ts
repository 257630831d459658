import t from 'tap';
import type { Word } from '../../../../server/core/hypothesis.ts';
import { OutputQueue } from '../../../../server/core/session/output-queue.ts';
import { Sentences } from '../../../../server/core/session/sentences.ts';
import { createAfterFinal } from '../../../support/after-final.ts';
import { SETTINGS } from '../../../support/session-settings.ts';

const word = (text: string, at: number): Word => ({ text, space: true, from: at, to: at + 1_600, confidence: 0.98765 });
const WORDS = [word('So', 16_000), word('it', 17_600), word('is.', 19_200)];

function open(snapshot?: ConstructorParameters<typeof Sentences>[2]) {
  const outputs = new OutputQueue();
  const sentences = new Sentences(outputs, createAfterFinal(outputs), snapshot);
  const final = (text: string) =>
    sentences.publishFinal(
      { channel: 0, sentence: sentences.nextNumber(), from: 0, words: [word(text, 0)], language: 'en' },
      SETTINGS,
    );
  return { outputs, sentences, final };
}

t.test('sentences are numbered from 1, over all channels, and on after a restart', async (t) => {
  const { sentences } = open();
  t.same([sentences.nextNumber(), sentences.nextNumber()], [1, 2]);
  t.equal(open(sentences.snapshot).sentences.nextNumber(), 3);
});

t.test('a partial shows stable and tentative words as one text', async (t) => {
  const { outputs, sentences } = open();
  sentences.publishPartial({
    ...{ channel: 0, sentence: 1, revision: 4, hanging: ',' },
    ...{ stable: WORDS.slice(0, 1), tentative: WORDS.slice(1) },
  });
  t.match(outputs.drain(), [
    {
      kind: 'event',
      event: {
        ...{ type: 'partial', stable: 'So', tentative: ', it is.', stableWords: 1, fromMs: 1_000, toMs: 1_300 },
        words: [{ text: 'So', fromMs: 1_000, toMs: 1_100, confidence: 0.988 }, { text: 'it' }, { text: 'is.' }],
      },
    },
  ]);
});

t.test('tentative words that begin a sentence have no space before them', async (t) => {
  const { outputs, sentences } = open();
  const none = { channel: 0, sentence: 1, revision: 1, hanging: '', stable: [] };
  sentences.publishPartial({ ...none, tentative: WORDS });
  t.match(outputs.drain(), [{ event: { tentative: 'So it is.', stable: '' } }]);
  sentences.publishPartial({ ...none, tentative: [] });
  t.match(outputs.drain(), [{ event: { tentative: '', words: [], fromMs: 0, toMs: 0 } }]);
});

t.test('a final is published with its words and times, and then cleaned', async (t) => {
  const { outputs, sentences } = open();
  sentences.publishFinal(
    { channel: 1, sentence: 7, from: 0, words: WORDS, language: 'en' },
    { ...SETTINGS, cleanup: { mode: 'default', instruction: '' } },
  );
  t.match(outputs.drain(), [
    {
      event: { type: 'final', channel: 1, sentence: 7, text: 'So it is.', fromMs: 1_000, toMs: 1_300, language: 'en' },
    },
    { kind: 'clean', sentence: 7, text: 'So it is.', context: [] },
  ]);
  t.equal(sentences.finals, 1);
});

t.test('the last three finals are context, and the sentence itself is not', async (t) => {
  const { sentences, final } = open();
  for (const text of ['a.', 'b.', 'c.', 'd.']) final(text);
  t.same(sentences.textsIn('en'), ['b.', 'c.', 'd.']);
  const { sentences: after } = open(JSON.parse(JSON.stringify(sentences.snapshot)));
  t.same(after.textsIn('en'), ['b.', 'c.', 'd.']);
  t.equal(after.finals, 4);
});

t.test('Chinese keeps the script of the first sentence that shows one, also after a restart', async (t) => {
  const { sentences } = open();
  const final = (text: string): void =>
    sentences.publishFinal(
      { channel: 0, sentence: sentences.nextNumber(), from: 0, words: [word(text, 0)], language: 'zh' },
      SETTINGS,
    );
  final('你好。');
  t.equal(sentences.script, undefined, 'characters that both scripts have');
  final('橋下。');
  final('桥下。');
  t.equal(sentences.script, 'Hant');
  t.equal(open(JSON.parse(JSON.stringify(sentences.snapshot))).sentences.script, 'Hant');
});
