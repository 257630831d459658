import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import type { ServerEvent } from '../../../client/sdk/index.ts';
import { exportMeeting } from '../../../client/web/meeting/export-meeting.ts';
import {
  createMeeting,
  type Meeting,
  type MeetingAction,
  reduceMeeting,
} from '../../../client/web/meeting/meeting-state.ts';
import { toAddition } from '../../../server/flow/transcript-addition.ts';
import type { TranscriptCalls } from '../../../server/ports/transcripts.ts';
import { MemoryTranscripts } from '../../../server/store/memory-transcripts.ts';
import { openDatabase } from '../../../server/store/open-database.ts';
import { SqliteTranscripts } from '../../../server/store/sqlite-transcripts.ts';
import { buildFileName, EXPORT_FORMATS, TEXT_FORMS } from '../../../transcript/index.ts';
import fc from '../../support/fast-check.ts';
import { sessionEvents } from '../../support/sentence-events.ts';

const OWNER = 'key';
const STARTED_AT = '2026-11-25T17:44:00.123Z';

/** One meeting: its sessions, and what the reader does with it. */
interface Script {
  readonly sessions: readonly (readonly ServerEvent[])[];
  readonly actions: readonly MeetingAction[];
}

/** Tells the store what the reader did, as the page tells the server. */
function deliver({ title, speakers, sentences, notes }: Meeting, store: TranscriptCalls, id: string): void {
  store.update(OWNER, id, { title, speakers: { ...speakers } });
  for (const { key, correction = null, highlight } of sentences)
    if (highlight || correction !== null) store.updateSentence(OWNER, id, key, { correction, highlight });
  for (const note of notes) store.saveNote(OWNER, id, note.id, { atMs: Math.round(note.atMs), text: note.text });
}

/** Feeds a meeting through the page and through a server's store, and compares the files; returns how many. */
function compareFiles(store: TranscriptCalls, { sessions, actions }: Script): number {
  const title = 'Budget <2027> & ‮more';
  let page = createMeeting('of-the-page', STARTED_AT, title);
  const act = (each: MeetingAction): void => {
    page = reduceMeeting(page, each);
  };
  const made = store.create(OWNER, { title, startedMs: Date.parse(STARTED_AT) });
  if (typeof made === 'string') throw new Error(made);
  const { id } = made;
  for (const events of sessions) {
    const place = store.join(OWNER, id, 'session');
    if (typeof place === 'string') throw new Error(place);
    act({ type: 'sessionStarted', part: place.part, transcript: id });
    for (const event of events) {
      act({ type: 'eventReceived', event, at: { part: place.part, fromMs: place.atMs } });
      const addition = toAddition(event, place.atMs);
      if (addition !== undefined) store.add(place, [addition]);
    }
  }
  for (const action of actions) act(action);
  deliver(page, store, id);
  const files = EXPORT_FORMATS.flatMap((format) => TEXT_FORMS.map((form) => ({ format, form })));
  for (const { format, form } of files) {
    const file = store.export(OWNER, id, format, form)!;
    const own = exportMeeting(page, format, form);
    if (!Buffer.from(own).equals(file.bytes))
      throw new Error(`The page's .${format}:\n${own}\nThe server's:\n${Buffer.from(file.bytes).toString('utf8')}`);
    if (buildFileName(page, format) !== file.name) throw new Error(`${file.name} has another name on the page.`);
  }
  store.remove(OWNER, id);
  return files.length;
}

const key = fc
  .tuple(fc.constantFrom(1, 2), fc.constantFrom(0, 1), fc.integer({ min: 1, max: 6 }))
  .map((each) => each.join('.'));
const action: fc.Arbitrary<MeetingAction> = fc.oneof(
  fc.record({ type: fc.constant('titleChanged' as const), title: fc.constantFrom('Plans', ' 予算 ', '<b>Q&A</b>') }),
  fc.record({
    type: fc.constant('speakerRenamed' as const),
    channel: fc.constantFrom(0, 1),
    name: fc.constantFrom('Ada', 'שרה *'),
  }),
  fc.record({
    type: fc.constant('sentenceCorrected' as const),
    key,
    correction: fc.constantFrom(undefined, ' We go. ', '# no heading', 'line\nbreak'),
  }),
  fc.record({ type: fc.constant('sentenceHighlighted' as const), key, highlight: fc.boolean() }),
  fc.record({
    type: fc.constant('noteSaved' as const),
    note: fc.record({
      id: fc.constantFrom('a', 'b', 'c'),
      atMs: fc.double({ min: 0, max: 20_000, noNaN: true }),
      text: fc.constantFrom('Ask **Ada**', '- one\r\n- two', '<script>'),
    }),
  }),
  fc.record({ type: fc.constant('noteDeleted' as const), id: fc.constantFrom('a', 'b') }),
);
const script: fc.Arbitrary<Script> = fc.record({
  sessions: fc.array(sessionEvents(2), { minLength: 1, maxLength: 2 }),
  actions: fc.array(action, { maxLength: 8 }),
});

t.test('a meeting is the same file from the page and from the server, in every format and form', async () => {
  const store = new MemoryTranscripts(() => 0);
  fc.assert(
    fc.property(script, (meeting) => compareFiles(store, meeting) === EXPORT_FORMATS.length * TEXT_FORMS.length),
    { numRuns: 200 },
  );
});

t.test('and from the database in which a server stores it', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'sotto-same-file-'));
  const nowMs = (): number => 0;
  const database = openDatabase({ folder, sync: 'never', nowMs, onBrokenFile: () => {} });
  const store = new SqliteTranscripts(database, { nowMs });
  t.teardown(() => {
    store.close();
    rmSync(folder, { recursive: true, force: true });
  });
  fc.assert(
    fc.property(script, (meeting) => compareFiles(store, meeting) === EXPORT_FORMATS.length * TEXT_FORMS.length),
    { numRuns: 30 },
  );
});
