import assert from 'node:assert/strict';
import t from 'tap';
import { type ServerEvent, Transcript, type ViewerEvent } from '../../../client/sdk/index.ts';
import {
  createMeeting,
  getDisplayedText,
  type Meeting,
  reduceMeeting,
} from '../../../client/web/meeting/meeting-state.ts';
import { PendingText } from '../../../client/web/roll-up/pending-text.ts';
import { renderRoomText } from '../../../server/gateway/room-text.ts';
import {
  isTextEvent,
  SentenceFold,
  selectDisplayedText,
  TEXT_FORMS,
  type WantedForm,
} from '../../../transcript/index.ts';
import { joinSentences } from '../../../transcript/join-text.ts';
import fc from '../../support/fast-check.ts';
import { sessionEvents } from '../../support/sentence-events.ts';

/** What is known of a sentence, written down without the rules under test: the newest event of each kind counts. */
interface Known {
  readonly channel: number;
  readonly number: number;
  fromMs: number;
  spoken: string;
  final: boolean;
  revised?: string;
  /** Of `revised`, else of `spoken`. */
  cleaned?: string | undefined;
  lastCleaned?: string;
  translations: Record<string, string>;
}

function takeDown(events: readonly ServerEvent[]): Known[] {
  const known = new Map<string, Known>();
  for (const event of events) {
    if (event.type === 'notice' || !('sentence' in event)) continue;
    const { channel, sentence: number } = event;
    const key = `${channel}.${number}`;
    const each = known.get(key) ?? { channel, number, fromMs: 0, spoken: '', final: false, translations: {} };
    if (event.type === 'partial') Object.assign(each, { spoken: event.stable + event.tentative, fromMs: event.fromMs });
    if (event.type === 'final') Object.assign(each, { spoken: event.text, fromMs: event.fromMs, final: true });
    if (event.type === 'revised') Object.assign(each, { revised: event.text, cleaned: undefined });
    if (event.type === 'cleaned') Object.assign(each, { cleaned: event.text, lastCleaned: event.text });
    if (event.type === 'translated') each.translations[event.language] = event.text;
    known.set(key, each);
  }
  return [...known.values()];
}

/** The same events as a room tells them; its clock is that of the session. */
const toViewerEvents = (events: readonly ServerEvent[]): ViewerEvent[] =>
  events.flatMap((event, cursor): ViewerEvent[] => {
    if (event.type === 'final') return [{ ...event, session: 's', cursor, atMs: 1_700_000_000_000 + event.toMs }];
    if (isTextEvent(event)) return [{ ...event, session: 's', cursor }];
    return [];
  });

const byTime = (a: Known, b: Known): number => a.fromMs - b.fromMs || a.number - b.number;
const readAs = ({ spoken, revised, cleaned, translations }: Known, { text, translate = '' }: WantedForm): string =>
  translations[translate] ?? { raw: spoken, revised: revised ?? spoken, cleaned: cleaned ?? revised ?? spoken }[text];
const FORMS: readonly WantedForm[] = [...TEXT_FORMS.map((text) => ({ text })), { text: 'cleaned', translate: 'de' }];

/** Runs a check over all that may happen in a session, and over each beginning of it. */
function forEachSession(check: (events: readonly ServerEvent[], known: readonly Known[]) => void): void {
  fc.assert(
    fc.property(sessionEvents(2, 'cut'), fc.nat(60), (events, upTo) => {
      for (const some of [events, events.slice(0, upTo)]) check(some, takeDown(some));
    }),
    { numRuns: 200 },
  );
}

t.test('the SDK’s transcript is the text on screen', async () => {
  forEachSession((events, known) => {
    const transcript = new Transcript();
    for (const event of events) transcript.read(event);
    for (const text of TEXT_FORMS) {
      const texts = [...known].sort(byTime).map((each) => readAs(each, { text }));
      assert.equal(transcript.text({ text }), joinSentences(texts));
    }
    assert.equal(transcript.text({ raw: true }), transcript.text({ text: 'raw' }));
    assert.equal(transcript.text(), transcript.text({ text: 'cleaned' }));
  });
});

t.test('the captions page shows each sentence in the chosen form', async () => {
  forEachSession((events, known) => {
    const fold = new SentenceFold();
    for (const event of toViewerEvents(events)) fold.read(event);
    for (const wanted of FORMS)
      assert.deepEqual(
        [...fold.sentences].map((sentence) => selectDisplayedText(sentence, wanted)),
        known.map((each) => readAs(each, wanted)),
      );
  });
});

t.test('a room’s text consists of its finals', async () => {
  forEachSession((events, known) => {
    for (const wanted of FORMS) {
      const lines = renderRoomText(toViewerEvents(events), { format: 'txt', ...wanted }).split('\n');
      const texts = known.filter(({ final }) => final).map((each) => readAs(each, wanted));
      assert.deepEqual(lines.sort(), [...texts.filter((text) => text !== ''), ''].sort());
    }
  });
});

t.test('the meeting page has the finished and the open sentences', async () => {
  forEachSession((events, known) => {
    const read = (meeting: Meeting, event: ServerEvent): Meeting =>
      reduceMeeting(meeting, { type: 'eventReceived', event, at: { part: 1, fromMs: 5_000 } });
    const meeting = events.reduce(read, createMeeting('m', '', 't'));
    const keyOf = ({ channel, number }: Known): string => `1.${channel}.${number}`;
    const finals = known.filter(({ final }) => final);
    assert.deepEqual(
      Object.fromEntries(
        meeting.sentences.map((sentence) => [sentence.key, [getDisplayedText(sentence), sentence.fromMs]]),
      ),
      Object.fromEntries(finals.map((each) => [keyOf(each), [readAs(each, { text: 'cleaned' }), each.fromMs + 5_000]])),
    );
    assert.deepEqual(
      Object.fromEntries(meeting.open.map(({ key, stable, tentative }) => [key, stable + tentative])),
      Object.fromEntries(known.filter(({ final }) => !final).map((each) => [keyOf(each), each.spoken])),
    );
    assert.deepEqual(
      reduceMeeting(events.reduce(read, meeting), { type: 'sessionLost' }).sentences.length,
      [...finals, ...meeting.open.filter(({ stable, tentative }) => stable + tentative !== '')].length,
    );
  });
});

t.test('the overlay queues each sentence with its text and its form, never with what was heard again', async () => {
  forEachSession((events, known) => {
    const pending = new PendingText({ text: 'cleaned', interim: true });
    for (const event of toViewerEvents(events)) if (isTextEvent(event)) pending.read(event, 0);
    // Nothing has been taken into a line, so all that has text still waits.
    assert.deepEqual(
      pending.sentences
        .map(({ channel, stable, tentative, final, replacement }) => [channel, stable + tentative, final, replacement])
        .sort(),
      known
        .filter(({ spoken, final }) => final || spoken !== '')
        .map(({ channel, spoken, final, lastCleaned }) => [channel, spoken, final, lastCleaned])
        .sort(),
    );
  });
});
