import t from 'tap';
import { STREAMS_MAX, StreamSearch } from '../../../../server/core/capacity/stream-search.ts';

/** Searches on a machine that carries `capacity`; `isWrong` tells in which steps something disturbs. */
function search(capacity: number, guess: number, isWrong = (_step: number): boolean => false) {
  const search = new StreamSearch(guess);
  const tried: number[] = [];
  for (let next = search.next; next !== undefined; next = search.next) {
    const isCarried = next <= capacity && !isWrong(tried.length);
    tried.push(next);
    search.record(next, isCarried);
  }
  return { ...search.result, tried };
}

t.test('every capacity is found, from every guess, within fourteen steps', async (t) => {
  for (let capacity = 0; capacity < STREAMS_MAX; capacity++)
    for (const guess of [0, 1, 3, capacity / 2, capacity, capacity * 2]) {
      const { streams, isLeast, tried } = search(capacity, guess);
      if (streams !== capacity || isLeast || tried.length > 14)
        return t.fail(`${capacity} from ${guess}: ${streams}, ${isLeast}, ${tried.join()}`);
    }
  t.pass();
});

t.test('a machine that carries more than is tried says so', async (t) => {
  t.match(search(1_000, 8), { streams: STREAMS_MAX, isLeast: true });
});

t.test('a number is too many when it failed twice: something else may have had the machine once', async (t) => {
  for (let step = 0; step < 4; step++) {
    const { streams, tried } = search(20, 12, (n) => n === step);
    t.equal(streams, 20, `step ${step} disturbed: ${tried.join()}`);
  }
  t.match(
    search(5, 4, () => true),
    { streams: 0, tried: [4, 2, 1, 1] },
    'and a machine that never carries one ends soon',
  );
});

t.test('a search that was broken off knows what it has tried', async (t) => {
  const broken = new StreamSearch(4);
  broken.record(4, true);
  t.same(broken.result, { streams: 4, isLeast: true });
  t.equal(broken.next, 8);
});
