import t from 'tap';
import { FairShares } from '../../../../server/core/schedule/fair-shares.ts';
import { pickNextJob, type WaitingJob, yieldsToLive } from '../../../../server/core/schedule/job-order.ts';
import fc from '../../../support/fast-check.ts';

const job = (id: number, session: string, final: boolean, sinceMs: number): WaitingJob => ({
  id,
  session,
  final,
  sinceMs,
});

t.test('finals come before partials, the longest waiting first', async (t) => {
  const waiting = [job(1, 'a', false, 0), job(2, 'b', true, 20), job(3, 'c', true, 10)];
  t.equal(pickNextJob(waiting, new FairShares(), 100)?.id, 3);
  t.equal(pickNextJob([waiting[0]!], new FairShares(), 100)?.id, 1);
  t.equal(pickNextJob([], new FairShares(), 100), undefined);
});

t.test('a session that was given much lately waits for one that was given little', async (t) => {
  const shares = new FairShares();
  shares.recordStart('file', 0);
  shares.recordUse('file', 6_000, 1_000);
  const waiting = [job(1, 'file', true, 500), job(2, 'speaker', true, 900)];
  t.equal(pickNextJob(waiting, shares, 1_000)?.session, 'speaker');
  t.equal(pickNextJob(waiting, shares, 130_000)?.session, 'file', 'what was given long ago is forgotten');
});

t.test('of partials the session that was served longest ago is next, and one never served is before all', async (t) => {
  const shares = new FairShares();
  shares.recordStart('a', 20);
  shares.recordStart('b', 10);
  const waiting = [job(1, 'a', false, 1), job(2, 'b', false, 2)];
  t.equal(pickNextJob(waiting, shares, 100)?.session, 'b');
  t.equal(pickNextJob([...waiting, job(3, 'c', false, 3)], shares, 100)?.session, 'c');
});

/** One slot, finals of 300 ms; every session posts as its gaps say. Returns the waits of each session. */
function waits(gaps: Readonly<Record<string, number>>, untilMs: number): Map<string, number[]> {
  const shares = new FairShares();
  const waited = new Map<string, number[]>();
  const due = new Map(Object.keys(gaps).map((session) => [session, 0]));
  let waiting: WaitingJob[] = [];
  let freeMs = 0;
  let ids = 0;
  for (let nowMs = 0; nowMs < untilMs; nowMs += 10) {
    for (const [session, gap] of Object.entries(gaps)) {
      const asked = waiting.filter((each) => each.session === session).length;
      if (nowMs < due.get(session)! || asked >= 5) continue;
      waiting.push(job(++ids, session, true, nowMs));
      due.set(session, nowMs + gap);
    }
    const chosen = nowMs >= freeMs ? pickNextJob(waiting, shares, nowMs) : undefined;
    if (chosen === undefined) continue;
    waiting = waiting.filter((each) => each !== chosen);
    waited.set(chosen.session, [...(waited.get(chosen.session) ?? []), nowMs - chosen.sinceMs]);
    shares.recordStart(chosen.session, nowMs);
    shares.recordUse(chosen.session, 300, nowMs + 300);
    freeMs = nowMs + 300;
  }
  for (const { session, sinceMs } of waiting) waited.set(session, [...(waited.get(session) ?? []), untilMs - sinceMs]);
  return waited;
}

t.test('a file sent as fast as it goes does not hold up somebody who speaks', async (t) => {
  const waited = waits({ file: 10, speaker: 3_000 }, 60_000);
  t.ok(Math.max(...waited.get('speaker')!.slice(1)) <= 700, `${Math.max(...waited.get('speaker')!)} ms`);
  t.ok(waited.get('file')!.length > 100, 'and the file is decoded in between');
});

t.test('no final starves, whoever else asks for how much', async (t) => {
  const gap = fc.integer({ min: 10, max: 6_000 });
  fc.assert(
    fc.property(fc.array(gap, { minLength: 2, maxLength: 6 }), (gaps) => {
      const waited = waits(Object.fromEntries(gaps.map((each, i) => [`s${i}`, each])), 40_000);
      // At most five finals of each are waiting, and each takes 300 ms.
      const bound = gaps.length * 5 * 300 * 4;
      for (const [session, all] of waited) {
        if (Math.max(...all) > bound)
          throw new Error(`${session} waited ${Math.max(...all)} ms; ${bound} are the bound`);
      }
    }),
    { numRuns: 40 },
  );
  t.pass('every final began within the bound');
});

t.test('a decode of a recording comes after all live ones and before translations, but not for ever', async (t) => {
  const recording = { ...job(1, 'file', true, 0), background: 'recording' as const };
  const waiting = [recording, job(2, 'a', false, 50), { ...job(3, 'b', false, 0), background: 'translation' as const }];
  t.equal(pickNextJob(waiting, new FairShares(), 100)?.id, 2);
  t.equal(pickNextJob([waiting[0]!, waiting[2]!], new FairShares(), 100)?.id, 1);
  t.equal(pickNextJob(waiting, new FairShares(), 10_000)?.id, 1);
  t.ok(yieldsToLive(recording, 9_999));
  t.notOk(yieldsToLive(recording, 10_000));
  t.notOk(yieldsToLive(job(4, 'a', true, 0), 0));
});
