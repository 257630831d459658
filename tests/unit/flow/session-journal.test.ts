import t from 'tap';
import type { ServerEvent } from '../../../protocol/index.ts';
import {
  type JournalSnapshot,
  readJournal,
  SessionJournal,
  type SessionRecord,
} from '../../../server/flow/session-journal.ts';
import { MemoryJournalStore } from '../../../server/store/memory-journal-store.ts';

const BIRTH: SessionRecord = {
  version: 1,
  ...{ session: 's', secretHash: 'h', key: 'k', address: '127.0.0.1' },
  audio: { encoding: 'pcm_s16le', sampleRate: 16_000, channels: 1, channelMode: 'mix' },
};
const STANDING = {
  driver: { fromFrame: 0 },
  commands: 0,
  finished: false,
  ending: false,
} as unknown as JournalSnapshot;

const final = (seq: number): ServerEvent =>
  ({ type: 'final', seq, text: `Sentence ${seq}.` }) as unknown as ServerEvent;

t.test('a journal that is written anew keeps what the transcript does not have, however old', async (t) => {
  const store = new MemoryJournalStore();
  const told = { nowMs: () => 0, written() {}, failed: (error: unknown) => t.error(error), ended() {} };
  const journal = new SessionJournal(store.open('s'), BIRTH, 2, told);
  const unwritten = [final(1), final(2), final(4)];
  journal.keepsFor(() => unwritten);
  // Its client can ask for no more than the events from 3 on.
  journal.write([final(4)], STANDING, () => [final(3), final(4)]);
  journal.write([final(5)], STANDING, () => []);
  journal.leave();
  const [left] = [...store.left()];
  const recalled = readJournal(left!.begin(), () => 2)!;
  t.same(recalled.unwritten, [final(1), final(2)], 'each once');
  t.same(recalled.events, [final(3), final(4), final(5)]);
  const again = new SessionJournal(left!.journal, BIRTH, 2, told);
  again.keepsFor(() => [...recalled.unwritten, ...recalled.events]);
  again.recall(recalled.audio, recalled.standing, recalled.events);
  t.same(
    readJournal([...store.left()][0]!.begin(), () => 2)!.unwritten,
    [final(1), final(2)],
    'over a second restart, too',
  );
});
