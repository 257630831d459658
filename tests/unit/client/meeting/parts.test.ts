import t from 'tap';
import { designResampler } from '../../../../client/web/audio/resample.ts';
import { ChangeSender } from '../../../../client/web/meeting/change-sender.ts';
import { ChannelInterleaver, type InterleavedBlock } from '../../../../client/web/meeting/channel-interleaver.ts';
import { exportMeeting } from '../../../../client/web/meeting/export-meeting.ts';
import {
  createMeeting,
  type Meeting,
  type MeetingAction,
  reduceMeeting,
} from '../../../../client/web/meeting/meeting-state.ts';
import { PendingChanges, type TranscriptChange } from '../../../../client/web/meeting/pending-changes.ts';
import { SILENCE_WARNING_MS, SilenceTimeout } from '../../../../client/web/meeting/silence-timeout.ts';

const MINUTE = 60_000;

t.test('a meeting that everybody left is warned, then over; words and a key begin the wait anew', async (t) => {
  const watch = new SilenceTimeout(10 * MINUTE, 0);
  t.same(watch.check(8 * MINUTE), { state: 'lively' });
  t.same(watch.check(9.5 * MINUTE), { state: 'warned', leftMs: MINUTE / 2 });
  watch.noteActivity(9.5 * MINUTE);
  t.same(watch.check(10 * MINUTE), { state: 'lively' });
  t.same(watch.check(19.5 * MINUTE), { state: 'over' });
});

t.test('a silence that may last for ever is never over, and the shortest leaves time to be warned', async (t) => {
  t.same(new SilenceTimeout(0, 0).check(1e9), { state: 'lively' });
  t.same(new SilenceTimeout(1, 0).check(SILENCE_WARNING_MS - 1), { state: 'lively' });
});

function pairOf(rate: number, me: (i: number) => number, them: ((i: number) => number) | undefined, seconds: number) {
  const pair = new ChannelInterleaver(designResampler(rate));
  const blocks: InterleavedBlock[] = [];
  for (let at = 0; at < rate * seconds; at += 128) {
    const quantum = (sound: (i: number) => number): Float32Array =>
      Float32Array.from({ length: 128 }, (_, i) => sound(at + i));
    blocks.push(...pair.push(quantum(me), them && quantum(them)));
  }
  return blocks;
}
const channel = (blocks: readonly InterleavedBlock[], which: 0 | 1): number[] =>
  blocks.flatMap(({ pcm }) => [...pcm].filter((_, i) => i % 2 === which));

t.test('two sources stay in step: the same sound on both gives the same samples on both', async (t) => {
  const tone = (i: number): number => 0.5 * Math.sin(i / 17);
  const blocks = pairOf(44_100, tone, tone, 1);
  t.ok(blocks.length >= 33);
  t.same(channel(blocks, 0), channel(blocks, 1));
  t.ok(Math.max(...channel(blocks, 0)) > 15_000);
});

t.test('a source that is not there is silence of the same length', async (t) => {
  const blocks = pairOf(48_000, (i) => Math.sin(i / 20), undefined, 1);
  t.ok(channel(blocks, 1).every((value) => value === 0));
  t.equal(channel(blocks, 0).length, channel(blocks, 1).length);
  t.ok(blocks[3]!.peaks[0] > 0.9 && blocks[3]!.peaks[1] === 0);
});

const BASE = createMeeting('m', '2026-01-02T03:04:05.000Z', 'Plans <& more>');
const createSentence = (key: string, channel: number, text: string, fromMs: number): Meeting['sentences'][number] => ({
  ...{ key, channel, text, fromMs, toMs: fromMs + 900, highlight: false, language: 'en' },
});
const MEETING: Meeting = {
  ...BASE,
  sentences: [
    createSentence('1.0.1', 0, 'we ship on friday', 0),
    createSentence('1.1.2', 1, 'Good.', 2_000),
    createSentence('1.1.3', 1, 'Next.', 4_000),
  ],
  notes: [{ id: 'n', atMs: 2_500, text: '- check <b>\n- again' }],
};

t.test('a meeting no server keeps is written in every format', async (t) => {
  const meeting = [
    { type: 'sentenceCorrected', key: '1.0.1', correction: 'We ship on Friday.' },
    { type: 'sentenceHighlighted', key: '1.1.2', highlight: true },
  ].reduce((all, action) => reduceMeeting(all, action as MeetingAction), MEETING);
  const md = exportMeeting(meeting, 'md');
  t.match(md, /### Me\n\n\*\*00:00:00\*\* We ship on Friday\.\n/);
  t.match(md, /==Good\.==\n\n> \*\*Note, 00:00:02\*\*\n>\n> - check <b>\n> - again\n\n\*\*00:00:04\*\* Next\./);
  const html = exportMeeting(meeting, 'html');
  t.match(html, /<h1>Plans &lt;&amp; more&gt;<\/h1>/);
  t.match(html, /<mark[^>]*>Good\.<\/mark>/);
  t.notMatch(html, /<script/);
  t.match(exportMeeting(meeting, 'txt'), '[00:00:00] Me: We ship on Friday.\n[00:00:02] * Them: Good.\n');
  t.match(exportMeeting(meeting, 'srt'), /^1\n00:00:00,000 --> /);
  t.match(exportMeeting(meeting, 'vtt'), /^WEBVTT\n\n00:00:00\.000 --> /);
  t.match(JSON.parse(exportMeeting(meeting, 'json')), {
    sentences: [{ part: 1, sentence: 1, text: 'we ship on friday' }],
  });
});

t.test('changes that version 0.1.0 left in the browser are still sent', async (t) => {
  const meeting = createMeeting('m', '2026-11-25T17:44:00.000Z', 'A title');
  const pending = new PendingChanges(
    () => meeting,
    ['head', 'gone:n1', 'said:0.0.1'],
    () => {},
  );
  t.same(pending.unsent, ['details', 'noteDeletion:n1', 'sentence:0.0.1']);
  t.match(pending.toChange('details'), { kind: 'details', title: 'A title' });
  t.same(pending.toChange('noteDeletion:n1'), { kind: 'noteDeletion', id: 'n1' });
});

t.test('the server gets the last state of each item once, and again when it changed meanwhile', async (t) => {
  let meeting = MEETING;
  const outgoing = new PendingChanges(
    () => meeting,
    [],
    () => {},
  );
  const act = (action: MeetingAction): void => {
    meeting = reduceMeeting(meeting, action);
    outgoing.record(action);
  };
  act({ type: 'sentenceHighlighted', key: '1.1.2', highlight: true });
  act({ type: 'sentenceHighlighted', key: '1.1.2', highlight: false });
  act({ type: 'noteDeleted', id: 'n' });
  t.same(outgoing.unsent, ['sentence:1.1.2', 'noteDeletion:n']);
  const change = outgoing.toChange('sentence:1.1.2');
  t.match(change, { highlight: false, correction: null });
  act({ type: 'sentenceHighlighted', key: '1.1.2', highlight: true });
  t.notOk(outgoing.confirm('sentence:1.1.2', change));
  t.ok(outgoing.confirm('sentence:1.1.2', outgoing.toChange('sentence:1.1.2')));
  t.same(outgoing.unsent, ['noteDeletion:n']);
});

function openQueue(unsent: readonly string[], sendChange: (change: TranscriptChange) => void) {
  const pending = new PendingChanges(
    () => MEETING,
    unsent,
    () => {},
  );
  const refused: unknown[] = [];
  const queue = new ChangeSender({
    sendChange: async (_, change) => sendChange(change),
    pending: () => pending,
    transcript: () => 'T',
    refused: (error) => refused.push(error === undefined ? 'accepted' : (error as Error).message),
  });
  return { pending, refused, queue };
}
const withStatus = (status: number): Error => Object.assign(new Error(`status ${status}`), { status });

t.test('a change to something that the server does not know does not hold up the rest', async (t) => {
  const delivered: TranscriptChange[] = [];
  const { pending, refused, queue } = openQueue(['sentence:1.0.1', 'note:n', 'sentence:9.9.9'], (change) => {
    if (change.kind === 'sentence') throw withStatus(404);
    delivered.push(change);
  });
  for (let i = 0; i < 5; i++) await queue.send();
  t.match(delivered, [{ kind: 'note', id: 'n' }]);
  t.same(pending.unsent, []);
  t.same(refused, [], 'and is not reported');
  queue.close();
});

t.test('a change that the server refuses is reported once and stays pending', async (t) => {
  const delivered: TranscriptChange[] = [];
  const { pending, refused, queue } = openQueue(['sentence:1.0.1', 'note:n'], (change) => {
    if (change.kind === 'sentence') throw withStatus(409);
    delivered.push(change);
  });
  for (let i = 0; i < 8; i++) await queue.send();
  t.match(delivered, [{ kind: 'note', id: 'n' }], 'it does not hold up the rest');
  t.same(pending.unsent, ['sentence:1.0.1']);
  t.same(refused, ['status 409']);
  queue.close();
});

t.test('changes that a full server refuses are sent when it has space again', async (t) => {
  let isFull = true;
  const delivered: TranscriptChange[] = [];
  const { pending, refused, queue } = openQueue(['note:n'], (change) => {
    if (isFull) throw withStatus(507);
    delivered.push(change);
  });
  for (let i = 0; i < 8; i++) await queue.send();
  t.same(pending.unsent, ['note:n']);
  isFull = false;
  await queue.send();
  t.match(delivered, [{ kind: 'note', id: 'n' }]);
  t.same(pending.unsent, []);
  t.same(refused, ['status 507', 'accepted']);
  queue.close();
});

t.test('a server that cannot be reached, or is busy, refuses nothing', async (t) => {
  for (const error of [new Error('unreachable'), withStatus(503)]) {
    const { pending, refused, queue } = openQueue(['note:n'], () => {
      throw error;
    });
    for (let i = 0; i < 8; i++) await queue.send();
    t.same(pending.unsent, ['note:n'], error.message);
    t.same(refused, [], error.message);
    queue.close();
  }
});
