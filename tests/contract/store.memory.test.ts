import { MemoryStore } from '../../server/store/memory-store.ts';
import { storeContract } from './store.ts';

storeContract('memory', () => {
  const store = new MemoryStore();
  return { store, reopen: () => store, remove: () => {} };
});
