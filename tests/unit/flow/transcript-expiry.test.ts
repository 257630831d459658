import t from 'tap';
import { TranscriptExpiry } from '../../../server/flow/transcript-expiry.ts';
import { MemoryTranscripts } from '../../../server/store/memory-transcripts.ts';
import { begin } from '../../contract/transcripts.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { promiseCalls } from '../../support/memory-recorder.ts';
import { silentLog } from '../../support/scripted-server.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** A server whose wall clock begins at day 1000, and its transcripts. */
function place() {
  const wall = { aheadMs: 1_000 * DAY_MS };
  let clock = new ManualClock();
  let startedMs = 0;
  const nowMs = (): number => wall.aheadMs + startedMs + clock.nowMs();
  const transcripts = new MemoryTranscripts(nowMs);
  const open = (): TranscriptExpiry =>
    new TranscriptExpiry({ store: promiseCalls(transcripts), keepDays: 30, nowMs, clock, log: silentLog });
  let expiry = open();
  const titles = () => transcripts.list('key-a', { words: [], limit: 9 }).transcripts.map(({ title }) => title);
  const pass = async (ms: number): Promise<void> => {
    for (let left = ms; left > 0; left -= HOUR_MS) {
      clock.pass(Math.min(left, HOUR_MS));
      for (let i = 0; i < 8; i++) await new Promise((resolve) => setImmediate(resolve));
    }
  };
  /** The process ends, and the next begins; its monotonic clock begins anew. */
  const restart = async (): Promise<void> => {
    expiry.close();
    startedMs += clock.nowMs();
    clock = new ManualClock();
    expiry = open();
    await pass(1);
  };
  return { wall, transcripts, titles, pass, restart, close: () => expiry.close(), waiting: () => clock.waiting };
}

t.test('a transcript goes a day after it has become too old, and not before', async (t) => {
  const { transcripts, titles, pass, close, waiting } = place();
  begin(transcripts, 'Old');
  await pass(30 * DAY_MS + 7 * HOUR_MS);
  t.same(titles(), ['Old']);
  await pass(30 * HOUR_MS);
  t.same(titles(), []);
  close();
  t.equal(waiting(), 0);
});

t.test('a clock that jumps by years, and back within a day, deletes nothing', async (t) => {
  const { transcripts, titles, pass, wall } = place();
  begin(transcripts, 'Kept');
  for (let i = 0; i < 5; i++) {
    wall.aheadMs += 3_650 * DAY_MS;
    await pass(20 * HOUR_MS);
    wall.aheadMs -= 3_650 * DAY_MS;
    await pass(7 * HOUR_MS);
  }
  t.same(titles(), ['Kept']);
});

t.test('a server that is started again every day gets there, too', async (t) => {
  const { transcripts, titles, pass, restart } = place();
  begin(transcripts, 'Old');
  for (let day = 0; day < 30; day++) {
    await pass(DAY_MS);
    await restart();
  }
  await pass(8 * HOUR_MS);
  await restart();
  t.same(titles(), ['Old']);
  for (let day = 0; day < 4; day++) {
    await pass(13 * HOUR_MS);
    await restart();
  }
  t.same(titles(), []);
});

t.test('records that somebody has changed delete nothing and stop nothing', async (t) => {
  const { transcripts, titles, pass, restart } = place();
  begin(transcripts, 'Old');
  for (const records of ['nonsense', '[null,7]', '{}', '[{"id":7}]']) {
    transcripts.writeSetting('this server', 'overdue', records);
    await restart();
  }
  t.same(titles(), ['Old']);
  await pass(32 * DAY_MS);
  t.same(titles(), []);
});
