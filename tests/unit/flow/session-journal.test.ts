import t from 'tap';
import type { ServerEvent } from '../../../protocol/index.ts';
import {
  type JournalSnapshot,
  readJournal,
  SessionJournal,
  type SessionRecord,
} from '../../../server/flow/session-journal.ts';
import { MemoryJournalStore } from '../../../server/store/memory-journal-store.ts';

const SESSION_RECORD: SessionRecord = {
  version: 1,
  ...{ session: 's', secretHash: 'h', key: 'k', address: '127.0.0.1' },
  audio: { encoding: 'pcm_s16le', sampleRate: 16_000, channels: 1, channelMode: 'mix' },
};
const SNAPSHOT = {
  driver: { fromFrame: 0 },
  commands: 0,
  finished: false,
  ending: false,
} as unknown as JournalSnapshot;

const final = (seq: number): ServerEvent =>
  ({ type: 'final', seq, text: `Sentence ${seq}.` }) as unknown as ServerEvent;

t.test('a journal that is written anew keeps what the transcript does not have, however old', async (t) => {
  const store = new MemoryJournalStore();
  const parts = { nowMs: () => 0, onWritten() {}, onFailure: (error: unknown) => t.error(error), onClosed() {} };
  const journal = new SessionJournal(store.create('s'), SESSION_RECORD, 2, parts);
  const unwritten = [final(1), final(2), final(4)];
  journal.setUnwrittenLookup(() => unwritten);
  // Its client can ask for no more than the events from 3 on.
  journal.write([final(4)], SNAPSHOT, () => [final(3), final(4)]);
  journal.write([final(5)], SNAPSHOT, () => []);
  journal.close();
  const [left] = [...store.listLeftovers()];
  const restored = readJournal(left!.readEntries(), () => 2)!;
  t.same(restored.unwritten, [final(1), final(2)], 'each once');
  t.same(restored.events, [final(3), final(4), final(5)]);
  const again = new SessionJournal(left!.journal, SESSION_RECORD, 2, parts);
  again.setUnwrittenLookup(() => [...restored.unwritten, ...restored.events]);
  again.restore(restored.audio, restored.snapshot, restored.events);
  t.same(
    readJournal([...store.listLeftovers()][0]!.readEntries(), () => 2)!.unwritten,
    [final(1), final(2)],
    'over a second restart, too',
  );
});
