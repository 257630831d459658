import t from 'tap';
import type { EventBody } from '../../../../protocol/index.ts';
import { AudioRing } from '../../../../server/core/audio/ring.ts';
import type { Word } from '../../../../server/core/hypothesis.ts';
import { OutputQueue } from '../../../../server/core/session/output-queue.ts';
import { Sentences } from '../../../../server/core/session/sentences.ts';
import { PIPELINE, type SessionSettings } from '../../../../server/core/session/settings.ts';
import { Utterance } from '../../../../server/core/session/utterance.ts';
import { UtterancePublisher } from '../../../../server/core/session/utterance-publisher.ts';
import { WordGap } from '../../../../server/core/session/word-gap.ts';
import { VAD_WINDOW_SAMPLES, VadHistory } from '../../../../server/core/speech/vad-history.ts';
import { createAfterFinal } from '../../../support/after-final.ts';
import { SETTINGS } from '../../../support/session-settings.ts';
import { sureHypothesis } from '../../../support/sure-hypothesis.ts';

const STEP = 8_000;
const SECONDS = 20;
const wordsOf = (text: string, from = 0): Word[] =>
  text.split(' ').map((word, i) => ({
    text: word,
    space: true,
    from: from + i * STEP,
    to: from + (i + 1) * STEP - 800,
    confidence: 0.99,
  }));

/** Twenty seconds of a voice, and one utterance that began with it. */
function open(settings: Partial<SessionSettings> = {}, spare?: number) {
  const outputs = new OutputQueue();
  const ring = new AudioRing(PIPELINE.ringSeconds * 16_000);
  ring.write(new Float32Array(SECONDS * 16_000).fill(0.2));
  const history = new VadHistory(PIPELINE.ringSeconds * 16_000, PIPELINE.vad.close);
  for (let at = 0; at < SECONDS * 16_000; at += VAD_WINDOW_SAMPLES) history.push(0.98, 0.2);
  const sentences = new Sentences(outputs, createAfterFinal(outputs));
  const publisher = new UtterancePublisher({
    ...{ channel: 0, pipeline: PIPELINE, ring, history, outputs, sentences, spare, announced: undefined },
    gap: new WordGap(0, outputs, undefined),
  });
  const utterance = new Utterance(PIPELINE, 0);
  const all = { ...SETTINGS, ...settings };
  const grow = (text: string): boolean => {
    const words = wordsOf(text);
    const to = words.at(-1)!.to + STEP;
    utterance.move({ kind: 'requestPartial', job: 1 });
    utterance.move({ kind: 'startPartial', to, leftContext: undefined, findings: utterance.decode.findings });
    utterance.move({ kind: 'readPartial', findings: utterance.decode.findings });
    const left = words.filter(({ from }) => from >= utterance.sentenceStart - 800);
    return publisher.grow(utterance, sureHypothesis(left), { to, leftContext: undefined }, all);
  };
  const conclude = (text: string): void => {
    const words = text === '' ? [] : wordsOf(text, utterance.sentenceStart);
    const to = SECONDS * 16_000;
    const request = { job: 2, from: utterance.sentenceStart, to, language: 'en', leftContext: undefined };
    const { findings } = utterance.decode;
    utterance.move({ kind: 'requestFinal', request });
    utterance.move({ kind: 'startFinal', findings });
    utterance.move({ kind: 'readFinal', hypothesis: sureHypothesis(words), findings });
    utterance.move({ kind: 'end', end: { at: to, lastVoice: to }, audio: undefined });
    publisher.conclude(utterance, 'en', all);
  };
  const events = (): EventBody[] => outputs.drain().flatMap((each) => (each.kind === 'event' ? [each.event] : []));
  return { publisher, utterance, grow, conclude, events };
}

t.test('growing speech is shown, each time with a newer revision, and not again when nothing changed', async (t) => {
  const { grow, events } = open();
  grow('and so we went home');
  grow('and so we went home');
  grow('and so we went home again');
  const partials = events();
  t.ok(partials.length >= 2);
  const revisions = partials.map((event) => (event.type === 'partial' ? event.revision : 0));
  t.same(
    revisions,
    revisions.map((_, i) => i + 1),
  );
  t.ok(partials.every((event) => event.type === 'partial' && event.sentence === 1));
});

t.test('a sentence is final as soon as its end is stable, and what follows is another', async (t) => {
  const { publisher, grow, events } = open();
  let isFinal = false;
  for (let i = 0; i < 6 && !isFinal; i++) isFinal = grow('We went home at once. And then it began to rain');
  t.ok(isFinal);
  const published = events();
  t.match(
    published.find(({ type }) => type === 'final'),
    { text: 'We went home at once.', sentence: 1, fromMs: 0 },
  );
  t.match(publisher.leftContext, { from: 0, language: 'en', context: [] });
});

t.test('partials are as the client wants them', async (t) => {
  const off = open({ partials: { mode: 'off', everyMs: 200 } });
  off.grow('and so we went home');
  t.same(off.events(), []);
  const stable = open({ partials: { mode: 'stable', everyMs: 200 } });
  for (let i = 0; i < 4; i++) stable.grow('and so we went home again');
  const shown = stable.events();
  t.ok(shown.length > 0);
  for (const event of shown) t.match(event, { type: 'partial', tentative: '' });
});

t.test('the last decode of ended speech is published, sentence by sentence, after what is final already', async (t) => {
  const { conclude, events } = open();
  conclude('We went home. It rained.');
  t.match(events(), [
    { type: 'final', sentence: 1, text: 'We went home.' },
    { type: 'final', sentence: 2, text: 'It rained.' },
  ]);
});

t.test('a sentence that was translated is English, whatever was spoken', async (t) => {
  const { conclude, events } = open({ task: 'translate', language: 'de' });
  conclude('We went home.');
  t.match(events(), [{ type: 'final', language: 'en' }]);
});

t.test('what was shown and turned out to be nothing is cleared, and its number is the next sentence’s', async (t) => {
  const { publisher, grow, conclude, events } = open();
  grow('and so');
  t.match(events().at(-1), { type: 'partial', sentence: 1 });
  conclude('');
  const last = events().at(-1);
  if (last?.type === 'final') return t.match(last, { sentence: 1 }, 'its stable words are said');
  t.match(last, { type: 'partial', sentence: 1, stable: '', tentative: '', words: [] });
  t.equal(publisher.spare, 1);
});

t.test('a number that was free before a restart is used first', async (t) => {
  const { conclude, events } = open({}, 7);
  conclude('We went home. It rained.');
  t.match(events(), [{ sentence: 7 }, { sentence: 1 }]);
});

t.test('what was dropped is reported with when it was, and without its words', async (t) => {
  const { conclude, events } = open();
  conclude('yes [applause] [applause]');
  const notice = events().find(({ type }) => type === 'notice');
  t.match(notice, { type: 'notice', code: 'suppressed', text: /^\d+ words were dropped as / });
  t.notMatch(JSON.stringify(notice), 'applause');
});

t.test('audio that was set aside is left context of nothing', async (t) => {
  const { publisher, conclude } = open();
  conclude('We went home.');
  t.match(publisher.leftContext, { context: [] });
  publisher.forgetLeftContext();
  t.equal(publisher.leftContext, undefined);
});
