import t from 'tap';
import { estimateStreamCapacity, LoadGauge } from '../../../../server/core/schedule/load.ts';

const NONE = { partial: 0, final: 0 };

t.test('shares of the slots are measured by kind, also while a decode still runs', async (t) => {
  const gauge = new LoadGauge(2);
  gauge.recordStart('final', 0, 0);
  for (let nowMs = 400; nowMs <= 20_000; nowMs += 400) gauge.readLoad(NONE, nowMs);
  const load = gauge.readLoad(NONE, 20_400);
  t.ok(Math.abs(load.finalsBusy - 0.5) < 0.01, `one of two slots: ${load.finalsBusy}`);
  t.equal(load.partialsBusy, 0);
  gauge.recordEnd('final', 20_400, 'whole', 20_400);
  for (let nowMs = 20_800; nowMs <= 40_000; nowMs += 400) gauge.readLoad(NONE, nowMs);
  t.ok(gauge.readLoad(NONE, 40_400).finalsBusy < 0.01, 'and what is past is forgotten');
});

t.test('a job that waits and never starts is not overlooked', async (t) => {
  const gauge = new LoadGauge(1);
  t.equal(gauge.readLoad({ partial: 0, final: 5_000 }, 400).finalWaitMs, 5_000);
});

t.test('waits fade when nothing is asked for any more', async (t) => {
  const gauge = new LoadGauge(1);
  for (let i = 0; i < 20; i++) gauge.recordStart('final', 1_000, i);
  t.ok(gauge.readLoad(NONE, 400).finalWaitMs > 900);
  for (let nowMs = 800; nowMs <= 20_000; nowMs += 400) gauge.readLoad(NONE, nowMs);
  t.ok(gauge.readLoad(NONE, 20_400).finalWaitMs < 10);
});

t.test('what a partial costs is averaged over whole ones only', async (t) => {
  const gauge = new LoadGauge(1);
  for (let i = 0; i < 10; i++) {
    gauge.recordStart('partial', 0, i * 200);
    gauge.recordEnd('partial', 200, 'whole', i * 200 + 200);
    gauge.recordEnd('partial', 5, 'aborted', i * 200 + 200);
  }
  t.equal(gauge.readLoad(NONE, 4_000).partialMs, 200);
});

t.test('and so is what a final costs', async (t) => {
  const gauge = new LoadGauge(1);
  t.equal(gauge.readLoad(NONE, 0).finalMs, 0);
  gauge.recordStart('final', 0, 0);
  gauge.recordEnd('final', 900, 'whole', 900);
  t.match(gauge.readLoad(NONE, 1_000), { finalMs: 900, partialMs: 0 });
});

t.test('who has not asked for two seconds does not speak', async (t) => {
  const gauge = new LoadGauge(1);
  gauge.recordRequest('a', 0);
  gauge.recordRequest('b', 1_500);
  t.equal(gauge.readLoad(NONE, 1_600).speakers, 2);
  t.equal(gauge.readLoad(NONE, 2_400).speakers, 1);
  gauge.removeSession('b');
  t.equal(gauge.readLoad(NONE, 2_500).speakers, 0);
});

t.test('a machine carries at least one stream', async (t) => {
  t.equal(estimateStreamCapacity(5), 1);
  t.equal(estimateStreamCapacity(0.05), 10);
});
