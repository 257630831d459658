import t from 'tap';
import { ArrivalTimes } from '../../../server/flow/arrival-times.ts';

t.test('a moment of the stream was here when the frame that holds it had come', async (t) => {
  const arrivals = new ArrivalTimes();
  t.equal(arrivals.findArrivalMs(0), undefined);
  arrivals.add(100, 1_000);
  arrivals.add(200, 1_050);
  arrivals.add(300, 1_900);
  t.same(
    [0, 100, 101, 200, 300, 301].map((ms) => arrivals.findArrivalMs(ms)),
    [1_000, 1_000, 1_050, 1_050, 1_900, undefined],
  );
});

t.test('of a long stream the newest part is remembered', async (t) => {
  const arrivals = new ArrivalTimes();
  for (let i = 1; i <= 100_000; i++) arrivals.add(i * 20, i);
  t.equal(arrivals.findArrivalMs(1_999_990), 100_000);
  t.ok(arrivals.findArrivalMs(0)! > 90_000, 'what is older counts from the oldest that is known');
});
