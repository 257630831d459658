import t from 'tap';
import { AudioRing } from '../../../../server/core/audio/ring.ts';

const ramp = (from: number, to: number): Float32Array => Float32Array.from({ length: to - from }, (_, i) => from + i);

t.test('a span is found by its absolute samples, also across the seam', async (t) => {
  const ring = new AudioRing(10);
  ring.write(ramp(0, 7));
  ring.write(ramp(7, 14));
  t.same([ring.start, ring.end], [4, 14]);
  t.same([...ring.read(8, 13)], [8, 9, 10, 11, 12]);
  t.same([...ring.read(4, 14)], [...ramp(4, 14)]);
});

t.test('what is read is a copy', async (t) => {
  const ring = new AudioRing(4);
  ring.write(ramp(0, 4));
  const read = ring.read(0, 4);
  ring.write(ramp(4, 8));
  t.same([...read], [0, 1, 2, 3]);
});

t.test('of a chunk that is longer than the ring the end is held', async (t) => {
  const ring = new AudioRing(5);
  ring.write(ramp(0, 3));
  ring.write(ramp(3, 20));
  t.same([ring.start, ring.end], [15, 20]);
  t.same([...ring.read(15, 20)], [15, 16, 17, 18, 19]);
});

t.test('a ring that goes on after a restart begins at its first sample', async (t) => {
  const ring = new AudioRing(10, 1_003);
  t.same([ring.start, ring.end], [1_003, 1_003]);
  ring.write(ramp(1_003, 1_006));
  t.equal(ring.start, 1_003, 'nothing before it was ever heard');
  t.same([...ring.read(1_003, 1_006)], [1_003, 1_004, 1_005]);
  ring.write(ramp(1_006, 1_020));
  t.same([...ring.read(1_010, 1_020)], [...ramp(1_010, 1_020)]);
});

t.test('a span of which a part is gone, or has not come, cannot be read', async (t) => {
  const ring = new AudioRing(5);
  ring.write(ramp(0, 8));
  for (const [from, to] of [
    [2, 6],
    [4, 9],
    [6, 5],
  ] as const)
    t.throws(() => ring.read(from, to), RangeError);
  t.same([...ring.read(8, 8)], [], 'an empty one can');
});

t.test('find gives what is there of a span whose beginning is held', async (t) => {
  const ring = new AudioRing(5);
  ring.write(ramp(0, 8));
  t.same([...ring.find(5, 100)!], [5, 6, 7]);
  t.equal(ring.find(2, 6), undefined, 'its beginning is gone');
  t.equal(ring.find(8, 12), undefined, 'nothing of it has come');
});
