import t from 'tap';
import { OutputQueue } from '../../../../server/core/session/output-queue.ts';
import type { SessionOutput } from '../../../../server/core/session/outputs.ts';
import { Revisions } from '../../../../server/core/session/revisions.ts';
import type { SessionSettings } from '../../../../server/core/session/settings.ts';
import { SETTINGS } from '../../../support/session-settings.ts';

const SENTENCE = { sentence: 1, channel: 0, text: 'um so we we go', language: 'en' };
const CLEANED: SessionSettings = { ...SETTINGS, cleanup: { mode: 'default', instruction: '' } };

function open() {
  const outputs = new OutputQueue();
  const revisions = new Revisions(outputs);
  const rewrite = (text: string, settings = CLEANED) =>
    revisions.readRewrite({ kind: 'rewrite', sentence: 1, text, model: 'm', tookMs: 7.4 }, settings);
  const events = () =>
    outputs.drain().flatMap((output: SessionOutput) => (output.kind === 'event' ? [output.event] : []));
  return { outputs, revisions, rewrite, events };
}

t.test('a sentence is sent to be cleaned with the finals before it', async (t) => {
  const { outputs, revisions } = open();
  revisions.begin(SENTENCE, ['Before.'], { ...CLEANED, cleanup: { mode: 'llm', instruction: 'British' } });
  t.match(outputs.drain(), [
    { kind: 'clean', sentence: 1, text: SENTENCE.text, context: ['Before.'], instruction: 'British', mode: 'llm' },
  ]);
  t.equal(revisions.pending, 1);
});

t.test('a rewrite that the guard accepts is published with its changes, once', async (t) => {
  const { revisions, rewrite, events } = open();
  revisions.begin(SENTENCE, [], CLEANED);
  events();
  rewrite('So we go.');
  rewrite('So we go!');
  const published = events();
  t.match(published, [{ type: 'cleaned', sentence: 1, text: 'So we go.', model: 'm', tookMs: 7 }]);
  t.equal(published.length, 1);
  t.equal(revisions.pending, 0);
});

t.test('a model’s spaces between Chinese characters are not kept', async (t) => {
  const { revisions, rewrite, events } = open();
  revisions.begin({ ...SENTENCE, text: '呃今天天气很好', language: 'zh' }, [], CLEANED);
  events();
  rewrite('今天 天气 很好。');
  t.match(events(), [{ type: 'cleaned', text: '今天天气很好。', model: 'm' }]);
});

t.test('one that says something else is refused, and the rules clean the sentence', async (t) => {
  const { revisions, rewrite, events } = open();
  revisions.begin(SENTENCE, [], CLEANED);
  events();
  rewrite('We go to Paris.');
  t.match(events(), [
    { type: 'notice', code: 'clean.refused', text: /not said/, sentence: 1 },
    { type: 'cleaned', text: 'So we go.', model: 'rules' },
  ]);
});

t.test('a hesitation that a model leaves goes by the rules, unless the user wants a style of their own', async (t) => {
  for (const [instruction, text] of [
    ['', 'So we go.'],
    ['Keep every um', 'Um so we go.'],
  ] as const) {
    const settings = { ...CLEANED, cleanup: { mode: 'default', instruction } } as const;
    const { revisions, rewrite, events } = open();
    revisions.begin(SENTENCE, [], settings);
    events();
    rewrite('Um so we go.', settings);
    t.match(events(), [{ type: 'cleaned', text }]);
  }
});

t.test('where no rewrite comes the rules clean; that there is no cleaner is no news', async (t) => {
  for (const [reason, notices] of [
    ['late', 1],
    ['failed', 1],
    ['absent', 0],
  ] as const) {
    const { revisions, events } = open();
    revisions.begin(SENTENCE, [], CLEANED);
    events();
    revisions.readRewrite({ kind: 'unwritten', sentence: 1, reason, tookMs: 5 }, CLEANED);
    const published = events();
    t.equal(published.filter(({ type }) => type === 'notice').length, notices, reason);
    t.match(published.at(-1), { type: 'cleaned', text: 'So we go.', model: 'rules' });
  }
});

t.test('a sentence is translated as it reads when cleaned, or as spoken where nothing is cleaned', async (t) => {
  const { outputs, revisions, rewrite } = open();
  const settings = { ...CLEANED, translations: ['de'] };
  revisions.begin(SENTENCE, [], settings);
  rewrite('So we go.', settings);
  t.match(outputs.drain().at(-1), { kind: 'translate', text: 'So we go.', to: ['de'] });
  revisions.begin({ ...SENTENCE, sentence: 2 }, [], { ...SETTINGS, translations: ['de'] });
  t.match(outputs.drain(), [{ kind: 'translate', sentence: 2, text: SENTENCE.text }]);
});

t.test(
  'a cleaning of the first words is void once they are revised, also where cleaning has been turned off',
  async (t) => {
    const { outputs, revisions, rewrite, events } = open();
    revisions.begin(SENTENCE, [], CLEANED);
    const off: SessionSettings = { ...SETTINGS, cleanup: { mode: 'off', instruction: '' }, translations: ['de'] };
    events();
    revisions.begin({ ...SENTENCE, text: 'So we go.', revised: true }, [], off);
    t.match(outputs.drain(), [{ kind: 'translate', text: 'So we go.', revised: true }]);
    rewrite('So we we go.', off);
    t.same(outputs.drain(), [], 'its translation would take the place of the one of the revised words');
    t.equal(revisions.pending, 1);
  },
);

t.test('a revision without words is cleaned without a model', async (t) => {
  const { outputs, revisions, rewrite } = open();
  revisions.begin(SENTENCE, [], CLEANED);
  outputs.drain();
  revisions.begin({ ...SENTENCE, text: '', revised: true }, [], CLEANED);
  t.match(outputs.drain(), [
    { event: { type: 'cleaned', sentence: 1, text: '', changes: [], revised: true, model: 'rules' } },
  ]);
  rewrite('So we go.');
  t.same(outputs.drain(), []);
  t.equal(revisions.pending, 0);
});

t.test('what was under way before a restart is asked for again', async (t) => {
  const before = open();
  before.revisions.begin(SENTENCE, [], CLEANED);
  const after = open();
  after.revisions.restore(JSON.parse(JSON.stringify(before.revisions.snapshot)), ['Before.'], CLEANED);
  t.match(after.outputs.drain(), [{ kind: 'clean', sentence: 1, context: ['Before.'] }]);
  t.equal(after.revisions.pending, 1);
});
