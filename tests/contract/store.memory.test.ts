import { MemoryJournalStore } from '../../server/store/memory-journal-store.ts';
import { storeContract } from './store.ts';

storeContract('memory', () => {
  const store = new MemoryJournalStore();
  return { store, reopen: () => store, remove: () => {} };
});
