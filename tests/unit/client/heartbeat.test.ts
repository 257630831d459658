import t from 'tap';
import { Heartbeat } from '../../../client/sdk/heartbeat.ts';
import { connect } from '../../../client/sdk/index.ts';
import { simulateDelay, staysTrue, until } from '../../support/until.ts';

/** A socket that opens at once and says what the test wants. */
class FakeSocket extends EventTarget {
  static readonly all: FakeSocket[] = [];
  binaryType = '';
  readonly bufferedAmount = 0;
  readyState = 0;
  readonly sent: string[] = [];
  closedWith: number | undefined;

  constructor() {
    super();
    FakeSocket.all.push(this);
    setImmediate(() => {
      this.readyState = 1;
      this.dispatchEvent(new Event('open'));
    });
  }

  send(data: string): void {
    this.sent.push(data);
  }

  /** The other end is out of reach: nothing answers. */
  close(code?: number): void {
    this.readyState = 2;
    this.closedWith = code;
  }

  say(event: object): void {
    this.dispatchEvent(Object.assign(new Event('message'), { data: JSON.stringify(event) }));
  }
}

const audio = { encoding: 'pcm_s16le', sampleRate: 16_000, channels: 1, channelMode: 'mix' };
const ready = { type: 'ready', seq: 1, session: 's', secret: 'x', resumeMs: 60_000, audio };
async function open(more: object) {
  FakeSocket.all.length = 0;
  const opening = connect({ url: 'http://127.0.0.1', WebSocket: FakeSocket as never });
  await until(() => FakeSocket.all[0]?.sent.length === 1);
  FakeSocket.all[0]!.say({ ...ready, ...more });
  const session = await opening;
  const states: string[] = [];
  session.onConnection(({ state }) => states.push(state));
  return { session, states };
}

t.test('a line on which the server falls silent is dead, and the client comes back over another', async (t) => {
  const { session, states } = await open({ aliveMs: 20 });
  await until(() => FakeSocket.all.length === 2 && FakeSocket.all[1]!.sent.length > 0);
  t.match(JSON.parse(FakeSocket.all[1]!.sent[0]!), {
    type: 'start',
    resume: { session: 's', secret: 'x', seq: 1, attempt: { number: 1 } },
  });
  t.equal(FakeSocket.all[0]!.closedWith, 4000, 'should it arrive after all, it is no goodbye');
  FakeSocket.all[1]!.say({ type: 'resumed', seq: 1, session: 's', audioMs: 0, samples: 0, commands: 0 });
  t.same(states, ['reconnecting', 'resumed']);
  session.close();
});

t.test('a server that says it is alive is not left, and its saying so is no event of the session', async (t) => {
  const { session, states } = await open({ aliveMs: 40 });
  const seen: string[] = [];
  session.on('alive', () => seen.push('alive'));
  for (let i = 0; i < 15; i++) {
    FakeSocket.all[0]!.say({ type: 'alive', seq: 1 });
    await simulateDelay(10);
  }
  t.same(states, []);
  t.same(seen, []);
  session.close();
});

t.test('of a server that promises nothing nothing is expected', async (t) => {
  const { session, states } = await open({});
  await staysTrue(() => states.length === 0, 100);
  t.same(states, []);
  session.close();
});

t.test('who was thought dead and was not is given more time', async (t) => {
  const deaths: number[] = [];
  const startMs = performance.now();
  const heartbeat = new Heartbeat(8, () => {
    deaths.push(performance.now() - startMs);
    return 'news';
  });
  await until(() => deaths.length === 4);
  heartbeat.close();
  for (const [i, least] of [20, 40, 80, 160].entries())
    t.ok(deaths[i]! - (deaths[i - 1] ?? 0) >= least, `${least} ms before the next verdict`);
});
