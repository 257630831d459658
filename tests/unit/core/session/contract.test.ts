import t from 'tap';
import { DECODE_TABLE } from '../../../../server/core/session/decode-state.ts';
import fc from '../../../support/fast-check.ts';
import { step } from '../../../support/random-session-steps.ts';
import { Harness } from '../../../support/random-sessions.ts';

const unmade = new Set<string>();
for (const [phase, moves] of Object.entries(DECODE_TABLE) as [string, Record<string, (...given: never[]) => unknown>][])
  for (const [move, step] of Object.entries(moves)) {
    // Legal in every phase and so of no interest, and rare in some.
    if (move !== 'forgetLanguage') unmade.add(`${phase} ${move}`);
    moves[move] = (...given) => {
      unmade.delete(`${phase} ${move}`);
      return step(...given);
    };
  }

const RUNS = [
  ['trust', 'fast'],
  ['trust', 'slow'],
  ['agreement', 'slow'],
  ['edge', 'fast'],
  ['plain', 'fast'],
] as const;

for (const [policy, pace] of RUNS) {
  t.test(`stable text never changes and is a prefix of a final that is sent once (${policy}, ${pace})`, async (t) => {
    let steps = 0;
    let finals = 0;
    let restarts = 0;
    let revisions = 0;
    let turnEnds = 0;
    let announcedEnds = 0;
    let gaps = 0;
    fc.assert(
      fc.property(fc.array(step, { minLength: 40, maxLength: 160 }), (script) => {
        const harness = new Harness(policy, pace);
        for (const one of script) harness.run(one);
        harness.end();
        steps += harness.steps;
        restarts += harness.restarts;
        turnEnds += harness.turnEnds;
        announcedEnds += harness.announcedEnds;
        gaps += harness.events.filter((event) => event.type === 'gap').length;
        finals += harness.events.filter((event) => event.type === 'final').length;
        revisions += harness.events.filter((event) => event.type === 'revised').length;
      }),
      { numRuns: 640, endOnFailure: false },
    );
    t.comment(
      `${steps} steps, ${finals} finals, ${revisions} revisions, ${restarts} restarts, ${turnEnds} ends by the turn detector, ${announcedEnds} as announced, ${gaps} gaps`,
    );
    t.ok(announcedEnds > 20, 'speech ended as announced often enough');
    t.ok(gaps > 20, 'and so did it with a gap');
    t.ok(turnEnds > 20, 'the turn detector ended speech often enough');
    t.ok(restarts > 1_000, 'the property saw enough restarts');
    t.ok(steps > 34_000, 'the property saw enough steps');
    t.ok(finals > 1_000, 'and enough finals');
    t.ok(revisions > 300, 'and enough revisions');
  });
}

t.test('those sessions made every legal move of the decode state', async (t) => {
  // And no other: it would have thrown.
  t.same([...unmade], []);
});
