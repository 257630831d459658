import t from 'tap';
import type { ServerEvent } from '../../../../client/sdk/index.ts';
import {
  createMeeting,
  getDisplayedText,
  getDuration,
  type Meeting,
  type MeetingAction,
  reduceMeeting,
} from '../../../../client/web/meeting/meeting-state.ts';
import { findSentenceAt, groupNotesBySentence, isNearSentence } from '../../../../client/web/meeting/note-links.ts';
import fc from '../../../support/fast-check.ts';

const AT = { part: 1, fromMs: 0 };
const EMPTY = createMeeting('m', '2026-01-02T03:04:05.000Z', 'Plans');

const final = (sentence: number, channel: number, text: string, fromMs: number, toMs: number): ServerEvent => ({
  ...{ type: 'final', seq: sentence, channel, sentence, text, words: [], fromMs, toMs, language: 'en' },
});
const partial = (sentence: number, stable: string, tentative: string): ServerEvent => ({
  ...{ type: 'partial', seq: 1, channel: 0, sentence, revision: 1, stable, tentative, words: [], stableWords: 0 },
  ...{ fromMs: 0, toMs: 500 },
});
const cleaned = (sentence: number, text: string): ServerEvent => ({
  ...{ type: 'cleaned', seq: 9, channel: 0, sentence, text, changes: [], model: 'rules', tookMs: 1 },
});
const hear = (event: ServerEvent, at = AT): MeetingAction => ({ type: 'eventReceived', event, at });
const run = (actions: readonly MeetingAction[], meeting: Meeting = EMPTY): Meeting =>
  actions.reduce(reduceMeeting, meeting);
const texts = (meeting: Meeting): string[] => meeting.sentences.map(getDisplayedText);

t.test('a sentence grows, is finished once and is cleaned beside what was heard', async (t) => {
  const growing = run([hear(partial(1, 'so', ' we')), hear(partial(1, 'so we', ' um'))]);
  t.match(growing.open, [{ stable: 'so we', tentative: ' um' }]);
  const done = run([hear(final(1, 0, 'so we um go', 0, 900)), hear(cleaned(1, 'So we go.'))], growing);
  t.equal(done.open.length, 0);
  t.match(done.sentences, [{ key: '1.0.1', text: 'so we um go', cleaned: 'So we go.' }]);
  t.same(run([hear(final(1, 0, 'so we um go', 0, 900)), hear(partial(1, 'so', ''))], done), done, 'received again');
});

t.test('who began first stands first, whoever ended first', async (t) => {
  const meeting = run([hear(final(2, 1, 'Yes.', 1_500, 1_800)), hear(final(1, 0, 'Do we all agree?', 0, 3_000))]);
  t.same(texts(meeting), ['Do we all agree?', 'Yes.']);
});

t.test('a second session goes on behind the first, under keys of its own', async (t) => {
  const meeting = run([
    hear(final(1, 0, 'One.', 0, 900)),
    { type: 'sessionStarted', part: 2, transcript: 'T' },
    hear(final(1, 0, 'Two.', 100, 800), { part: 2, fromMs: 1_000 }),
  ]);
  t.match(meeting.sentences, [{ key: '1.0.1' }, { key: '2.0.1', fromMs: 1_100, toMs: 1_800 }]);
  t.equal(meeting.transcript, 'T');
  t.equal(getDuration(meeting), 1_800);
  const ended = run(
    [hear({ type: 'done', seq: 9, audioMs: 4_000, sentences: 1 }, { part: 2, fromMs: 1_000 })],
    meeting,
  );
  t.equal(getDuration(ended), 5_000, 'a recording is as long as its sound, however long the last silence was');
});

t.test('a session that is cut leaves what was on screen', async (t) => {
  const meeting = run([hear(partial(1, 'and then', ' we')), hear(partial(2, '', '')), { type: 'sessionLost' }]);
  t.same(texts(meeting), ['and then we']);
  t.equal(meeting.open.length, 0);
});

t.test('a correction can be taken back, and the words as heard stay', async (t) => {
  const before = run([hear(final(1, 0, 'i scream', 0, 900))]);
  const corrected = reduceMeeting(before, { type: 'sentenceCorrected', key: '1.0.1', correction: ' Ice cream. ' });
  t.match(corrected.sentences[0], { text: 'i scream', correction: 'Ice cream.' });
  t.same(
    reduceMeeting(corrected, { type: 'sentenceCorrected', key: '1.0.1', correction: undefined }).sentences,
    before.sentences,
  );
  t.notOk(
    'correction' in
      reduceMeeting(corrected, { type: 'sentenceCorrected', key: '1.0.1', correction: 'i scream' }).sentences[0]!,
  );
});

t.test('names, titles and consent: blank ones change nothing, the first consent counts', async (t) => {
  const named = reduceMeeting(EMPTY, { type: 'speakerRenamed', channel: 1, name: ' Ada ' });
  t.equal(named.speakers[1], 'Ada');
  t.equal(reduceMeeting(named, { type: 'speakerRenamed', channel: 1, name: '  ' }), named);
  t.equal(reduceMeeting(named, { type: 'titleChanged', title: '' }), named);
  const agreed = reduceMeeting(named, { type: 'consentGiven', at: 'first', isAudioKept: false });
  t.equal(reduceMeeting(agreed, { type: 'consentGiven', at: 'second', isAudioKept: false }), agreed);
  t.notOk('audioConsentAt' in agreed, 'nobody agreed to a recording');
  const recorded = reduceMeeting(agreed, { type: 'consentGiven', at: 'second', isAudioKept: true });
  t.match(recorded, { consentAt: 'first', audioConsentAt: 'second' });
});

t.test('a note hangs on what was being said, or on what was said last', async (t) => {
  const meeting = run([
    hear(final(1, 0, 'One.', 1_000, 2_000)),
    hear(final(2, 1, 'Two.', 5_000, 6_000)),
    { type: 'noteSaved', note: { id: 'late', atMs: 60_000, text: 'later' } },
    { type: 'noteSaved', note: { id: 'one', atMs: 3_000, text: 'about one' } },
    { type: 'noteSaved', note: { id: 'early', atMs: 500, text: 'before' } },
  ]);
  t.same(
    meeting.notes.map(({ id }) => id),
    ['early', 'one', 'late'],
  );
  t.same(
    [...groupNotesBySentence(meeting)].map(([key, notes]) => [key, notes.map(({ id }) => id)]),
    [
      ['1.0.1', ['one']],
      ['1.1.2', ['late']],
    ],
  );
  t.equal(findSentenceAt(meeting.sentences, 500), undefined);
  t.ok(isNearSentence(meeting.sentences[0]!, meeting.notes[1]!));
  t.notOk(isNearSentence(meeting.sentences[1]!, meeting.notes[2]!));
  t.equal(reduceMeeting(meeting, { type: 'noteDeleted', id: 'one' }).notes.length, 2);
});

t.test('repeated events change nothing, and the order is that of the voices', async () => {
  const event = fc.record({
    sentence: fc.integer({ min: 1, max: 8 }),
    kind: fc.constantFrom('partial', 'final', 'cleaned'),
  });
  fc.assert(
    fc.property(fc.array(event, { maxLength: 40 }), fc.nat(40), (list, from) => {
      const actions = list.map(({ sentence, kind }) => {
        if (kind === 'final') return hear(final(sentence, 0, `text ${sentence}`, (sentence * 97) % 8, 100));
        return hear(kind === 'partial' ? partial(sentence, 'text', '') : cleaned(sentence, `clean ${sentence}`));
      });
      const once = run(actions);
      const again = run(actions.slice(Math.min(from, actions.length)), once);
      const finals = new Set(list.filter(({ kind }) => kind === 'final').map(({ sentence }) => `1.0.${sentence}`));
      const texts = once.sentences.map(({ key, text }) => `${key} ${text}`);
      const ordered = once.sentences.every(({ fromMs }, i) => i === 0 || fromMs >= once.sentences[i - 1]!.fromMs);
      return (
        ordered &&
        texts.length === finals.size &&
        once.sentences.every(({ key }) => finals.has(key)) &&
        texts.join() === again.sentences.map(({ key, text }) => `${key} ${text}`).join() &&
        once.open.every(({ key }) => !finals.has(key))
      );
    }),
    { numRuns: 200 },
  );
});
