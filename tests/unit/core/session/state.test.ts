import t from 'tap';
import { type SessionState, transition } from '../../../../server/core/session/state.ts';

const STATES: readonly SessionState[] = ['streaming', 'draining', 'closed'];
const ALLOWED = ['streaming draining', 'streaming closed', 'draining closed'];

t.test('a session only goes forward, and from closed nowhere', async (t) => {
  for (const from of STATES)
    for (const to of STATES)
      if (ALLOWED.includes(`${from} ${to}`)) t.equal(transition(from, to), to);
      else t.throws(() => transition(from, to), { message: `A session cannot go from ${from} to ${to}.` });
});
