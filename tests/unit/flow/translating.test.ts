import t from 'tap';
import { LIMITS } from '../../../protocol/index.ts';
import { FULL_SERVICE } from '../../../server/core/schedule/ladder.ts';
import type { SessionInput } from '../../../server/core/session/inputs.ts';
import { Translating } from '../../../server/flow/translating.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { type Reply, ScriptedAssistant } from '../../support/scripted-assistant.ts';

function open(reply: () => Reply, wished: readonly string[] = []) {
  const clock = new ManualClock();
  const assistant = new ScriptedAssistant(reply);
  const answers: SessionInput[] = [];
  const translating = new Translating({
    assistant,
    clock,
    wished: () => wished,
    answer: (input) => answers.push(input),
  });
  const begin = (sentence: number, text = `Sentence ${sentence}.`, told: readonly string[] = []): void =>
    translating.begin({ kind: 'translate', sentence, text, language: 'en', to: ['de'], told });
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
  const said = answers.flatMap((answer) => (answer.kind === 'translation' ? [answer.sentence] : []));
  t.same(
    said.sort((a, b) => a - b),
    [1, 2, 3, 4, 5, 6],
  );
  t.equal(clock.waiting, 0);
});

t.test('a server that is busy with speech translates nothing', async (t) => {
  const { assistant, translating, begin, reasons } = open(() => 'Ein Satz.');
  translating.load({ ...FULL_SERVICE, step: 'slow' });
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
