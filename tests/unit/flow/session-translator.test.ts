import t from 'tap';
import { LIMITS } from '../../../protocol/index.ts';
import { FULL_SERVICE_LEVEL } from '../../../server/core/schedule/load-shedder.ts';
import type { SessionInput } from '../../../server/core/session/inputs.ts';
import type { DecodeSpan } from '../../../server/core/session/outputs.ts';
import { SessionTranslator } from '../../../server/flow/session-translator.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { type Reply, ScriptedAssistant } from '../../support/scripted-assistant.ts';

const broken = (error: unknown): never => {
  throw error;
};

function open(reply: () => Reply, requested: readonly string[] = []) {
  const clock = new ManualClock();
  const assistant = new ScriptedAssistant(reply);
  const answers: SessionInput[] = [];
  const translating = new SessionTranslator({
    assistant,
    clock,
    getRequestedLanguages: () => requested,
    onResult: (input) => answers.push(input),
    onError: broken,
  });
  const begin = (sentence: number, text = `Sentence ${sentence}.`, told: readonly string[] = []): void =>
    translating.translate({ kind: 'translate', sentence, channel: 0, text, language: 'en', to: ['de'], told });
  const reasons = () =>
    answers.flatMap((answer) => (answer.kind === 'untranslated' ? [[answer.sentence, answer.reason]] : []));
  return { clock, assistant, answers, translating, begin, reasons };
}

/** Lets promises that are settled be noticed. */
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

t.test('what is late is given up, and says so', async (t) => {
  const { clock, assistant, begin, reasons } = open(() => undefined);
  begin(1);
  await settled();
  clock.pass(LIMITS.translationTimeoutMs - 1);
  t.same(reasons(), []);
  clock.pass(1);
  t.same(reasons(), [[1, 'late']]);
  await settled();
  t.equal(assistant.aborted, 1);
  t.same(reasons().length, 1, 'once');
  t.equal(clock.waiting, 0);
});

t.test('two are asked at a time; past the bound the oldest that waits is left out', async (t) => {
  const { assistant, begin, reasons } = open(() => undefined);
  for (let i = 1; i <= LIMITS.translationsWaitingMax + 4; i++) begin(i);
  await settled();
  t.equal(assistant.asked.length, 2);
  t.same(reasons(), [
    [3, 'full'],
    [4, 'full'],
  ]);
});

t.test('all that wait are asked one after the other', async (t) => {
  const { clock, answers, begin } = open(() => 'Ein Satz.');
  for (let i = 1; i <= 6; i++) begin(i);
  await settled();
  const translated = answers.flatMap((answer) => (answer.kind === 'translation' ? [answer.sentence] : []));
  t.same(
    translated.sort((a, b) => a - b),
    [1, 2, 3, 4, 5, 6],
  );
  t.equal(clock.waiting, 0);
});

t.test('a server that is busy with speech translates nothing', async (t) => {
  const { assistant, translating, begin, reasons } = open(() => 'Ein Satz.');
  translating.setServiceLevel({ ...FULL_SERVICE_LEVEL, step: 'slow' });
  begin(1);
  await settled();
  t.same(reasons(), [[1, 'busy']]);
  t.equal(assistant.asked.length, 0);
});

t.test('viewers add languages up to the limit, never the one that is spoken nor one that is none', async (t) => {
  const { answers, begin } = open(() => 'Ein Satz.', ['en', 'fr', 'zz', 'de', 'es', 'it', 'pl']);
  begin(1);
  begin(2, 'Sentence 2.', ['de', 'fr']);
  await settled();
  const languages = answers.flatMap((answer) => (answer.kind === 'translating' ? [answer.to] : []));
  t.same(languages, [
    ['de', 'fr', 'es', 'it'],
    ['es', 'it'],
  ]);
});

t.test('nothing is answered after the end, and what was asked is given up', async (t) => {
  const { clock, assistant, answers, translating, begin } = open(() => undefined);
  for (let i = 1; i <= 4; i++) begin(i);
  await settled();
  const before = answers.length;
  translating.close();
  await settled();
  clock.pass(LIMITS.translationTimeoutMs);
  t.equal(answers.length, before);
  t.equal(assistant.aborted, 2);
  t.equal(clock.waiting, 0);
});

/** Hears `seconds` of sound for each sentence, and never answers. */
const hearing = (seconds: number | undefined) => ({
  model: 'base',
  buildSpan: () =>
    seconds === undefined ? undefined : ({ samples: new Float32Array(seconds * 16_000) } as unknown as DecodeSpan),
  translate: () => new Promise<string>(() => {}),
});

function openEnglish(seconds: number | undefined) {
  const clock = new ManualClock();
  const answers: SessionInput[] = [];
  const answer = (input: SessionInput) => answers.push(input);
  const english = hearing(seconds);
  const translating = new SessionTranslator({
    assistant: undefined,
    whisper: english,
    clock,
    getRequestedLanguages: () => ['de', 'en'],
    onResult: answer,
    onError: broken,
  });
  const begin = (sentence: number) =>
    translating.translate({ kind: 'translate', sentence, channel: 0, text: 'Ja.', language: 'fr', to: [], told: [] });
  const reasons = () =>
    answers.flatMap((given) =>
      given.kind === 'untranslated' ? [`${given.sentence} ${given.to} ${given.reason}`] : [],
    );
  return { clock, answers, translating, begin, reasons };
}

t.test('a minute of sound is held for English; beyond, the oldest that waits is left out', async (t) => {
  const { clock, answers, translating, begin, reasons } = openEnglish(25);
  for (let sentence = 1; sentence <= 4; sentence++) begin(sentence);
  await settled();
  t.same(answers[0], { kind: 'translating', sentence: 1, to: ['en'] }, 'nobody here translates into German');
  t.same(reasons(), ['3 en full', '4 en full']);
  translating.close();
  t.equal(clock.waiting, 0);
});

t.test('a sentence whose sound is gone is not translated into English', async (t) => {
  const { begin, reasons } = openEnglish(undefined);
  begin(1);
  await settled();
  t.same(reasons(), ['1 en gone']);
});

t.test('a text that was heard again takes the place of the one before', async (t) => {
  const { assistant, answers, translating, begin } = open(() => undefined);
  begin(1, 'Sentence one.');
  await settled();
  const text = 'Sentence won.';
  const request = { kind: 'translate', sentence: 1, channel: 0, language: 'en', to: ['de'], told: [] } as const;
  translating.translate({ ...request, text, revised: true });
  await settled();
  t.equal(assistant.aborted, 1, 'of which no translation comes');
  t.equal(assistant.asked.length, 2);
  t.match(answers, [{ kind: 'translating' }, { kind: 'translating', revised: true, to: ['de'] }]);
  t.equal(answers.length, 2);
});

t.test('audio that is being decoded as English is not decoded again for other words', async (t) => {
  const { clock, answers, translating, begin, reasons } = openEnglish(25);
  begin(1);
  await settled();
  const request = {
    kind: 'translate',
    channel: 0,
    text: 'Oui.',
    language: 'fr',
    to: [],
    told: [],
    revised: true,
  } as const;
  translating.translate({ ...request, sentence: 1 });
  translating.translate({ ...request, sentence: 2 });
  await settled();
  t.match(answers.slice(1), [
    { kind: 'translating', sentence: 1, revised: true, to: ['en'] },
    { kind: 'translating', sentence: 2, revised: true, to: [] },
  ]);
  clock.pass(LIMITS.translationTimeoutMs);
  t.same(reasons(), ['1 en late']);
  t.match(answers.at(-1), { revised: true });
});
