import t from 'tap';
import type { JournalEntry, JournalStore, LeftoverJournal } from '../../server/ports/journal-store.ts';

const ONE = '00000000-0000-4000-8000-000000000001';
const TWO = '00000000-0000-4000-8000-000000000002';
const entry = (n: number, bytes = 3): JournalEntry => ({
  record: { n, text: 'ä' },
  audio: new Uint8Array(bytes).fill(n),
});
const plain = ({ record, audio }: JournalEntry): object => ({ record, audio: [...audio] });
const leftIn = (store: JournalStore): Record<string, object[]> =>
  Object.fromEntries([...store.listLeftovers()].map((left) => [left.session, left.readEntries().map(plain)]));

/** What every store keeps. `reopen` gives what the next process would find. */
export function storeContract(
  name: string,
  open: () => { readonly store: JournalStore; reopen(): JournalStore; remove(): void },
): void {
  t.test(`${name}: the next process finds what was written, in order`, async (t) => {
    const { store, reopen, remove } = open();
    t.teardown(remove);
    const one = store.create(ONE);
    const two = store.create(TWO);
    one.append(entry(1));
    two.append(entry(9, 0));
    one.append(entry(2, 70_000));
    t.same(leftIn(reopen()), {
      [ONE]: [entry(1), entry(2, 70_000)].map(plain),
      [TWO]: [plain(entry(9, 0))],
    });
    t.equal(store.bytes, one.bytes + two.bytes);
  });

  t.test(`${name}: a replaced journal goes on behind its new beginning, and a removed one is gone`, async (t) => {
    const { store, reopen, remove } = open();
    t.teardown(remove);
    const one = store.create(ONE);
    const two = store.create(TWO);
    for (let n = 0; n < 5; n++) one.append(entry(n));
    two.append(entry(1));
    two.remove();
    const before = one.bytes;
    one.replace([entry(7)]);
    t.ok(one.bytes < before);
    one.append(entry(8));
    const next = reopen();
    const left = [...next.listLeftovers()] as LeftoverJournal[];
    t.same(
      left.map((each) => [each.session, each.readEntries().map(plain)]),
      [[ONE, [entry(7), entry(8)].map(plain)]],
    );
    t.equal(next.bytes, left[0]!.journal.bytes);
    left[0]!.journal.append(entry(9));
    left[0]!.journal.remove();
    t.equal(next.bytes, 0);
    t.same(leftIn(next), {});
  });

  t.test(
    `${name}: what processes die of is counted until one stands, and found no more once it is set aside`,
    async (t) => {
      const { store, reopen, remove } = open();
      t.teardown(remove);
      store.create(ONE).append(entry(1));
      const take = (): LeftoverJournal => [...reopen().listLeftovers()][0]!;
      for (const tries of [0, 1, 2]) {
        const left = take();
        t.equal(left.tries, tries);
        t.same(left.readEntries().map(plain), [plain(entry(1))]);
      }
      take().markStable();
      t.equal(take().tries, 0);
      const next = reopen();
      [...next.listLeftovers()][0]!.setAside();
      t.equal(next.bytes, 0);
      t.same(leftIn(next), {});
    },
  );
}
