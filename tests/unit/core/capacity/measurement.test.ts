import t from 'tap';
import {
  findMeasurement,
  MEASUREMENTS_MAX,
  type Measurement,
  mergeMeasurement,
} from '../../../../server/core/capacity/measurement.ts';

const HERE = { machine: 'a processor, 2 cores', engine: 'native 1', options: '{}' };
const BASE: Measurement = { ...HERE, model: 'base', file: 'base.bin 1 1', decodeS: 0.2 };

t.test('what was measured counts for the same machine, engine, options and file alone', async (t) => {
  t.match(findMeasurement([BASE], HERE, BASE), { decodeS: 0.2 });
  for (const other of [{ machine: 'another' }, { engine: 'native 2' }, { options: '{"slots":1}' }])
    t.equal(findMeasurement([BASE], { ...HERE, ...other }, BASE), undefined, JSON.stringify(other));
  t.equal(findMeasurement([BASE], HERE, { ...BASE, file: 'base.bin 1 2' }), undefined);
  t.equal(findMeasurement([BASE], HERE, { ...BASE, model: 'tiny.en' }), undefined);
});

t.test('the shortest decode stays, and what is not measured again stays as it was', async (t) => {
  const counted = mergeMeasurement([BASE], { ...BASE, decodeS: undefined, streams: 4, isLeast: false });
  t.same(counted, [{ ...BASE, streams: 4, isLeast: false }]);
  t.match(mergeMeasurement(counted, { ...BASE, decodeS: 0.5 }), [{ decodeS: 0.2, streams: 4, isLeast: false }]);
  t.match(mergeMeasurement(counted, { ...BASE, decodeS: 0.1 }), [{ decodeS: 0.1, streams: 4 }]);
  t.match(mergeMeasurement(counted, { ...BASE, streams: 3, isLeast: true }), [{ streams: 3, isLeast: true }]);
});

t.test('an estimate gives way to a time of the model itself, whichever is shorter', async (t) => {
  const estimate = { ...BASE, decodeS: 0.1, isEstimate: true };
  for (const kept of [mergeMeasurement([estimate], BASE), mergeMeasurement([BASE], estimate)]) {
    t.equal(kept[0]!.decodeS, 0.2);
    t.notOk(kept[0]!.isEstimate);
  }
  t.match(mergeMeasurement([estimate], { ...estimate, decodeS: 0.3 }), [{ decodeS: 0.1, isEstimate: true }]);
  t.match(mergeMeasurement([estimate], { ...BASE, decodeS: undefined, streams: 2 }), [{ decodeS: 0.1, streams: 2 }]);
});

t.test('the oldest make room', async (t) => {
  let kept: readonly Measurement[] = [];
  for (let i = 0; i < MEASUREMENTS_MAX + 5; i++) kept = mergeMeasurement(kept, { ...BASE, file: `file ${i}` });
  t.equal(kept.length, MEASUREMENTS_MAX);
  t.match([kept[0], kept.at(-1)], [{ file: 'file 5' }, { file: `file ${MEASUREMENTS_MAX + 4}` }]);
});
