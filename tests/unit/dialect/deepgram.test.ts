import { readFileSync } from 'node:fs';
import t from 'tap';
import { isFault } from '../../../protocol/index.ts';
import { deepgramDialect } from '../../../server/dialect/deepgram.ts';
import type { DialectSession, Reading } from '../../../server/ports/dialect.ts';

const CONTEXT = { id: 'a0000000-0000-4000-8000-000000000000', nowMs: 0, model: 'base' };
const open = (url: string, context = CONTEXT): DialectSession => {
  const session = deepgramDialect.open({ url, headers: {}, subprotocols: [], remoteAddress: '' }, context);
  if (isFault(session)) throw session;
  return session;
};
const RAW = '/v1/listen?encoding=linear16&sample_rate=16000';

/** A line of a recorded conversation: what came in on either side, or what must come out of the other. */
type Line = Readonly<Partial<Record<'open' | 'client' | 'event' | 'command' | 'frame', never>>>;

t.test('the recorded conversation is translated both ways, line by line', async (t) => {
  const lines: Line[] = readFileSync(new URL('../../wire/deepgram/live.jsonl', import.meta.url), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  let session: DialectSession | undefined;
  const out: { kind: 'command' | 'frame'; value: unknown }[] = [];
  const took = ({ replies, commands }: Reading): void => {
    for (const reply of replies) out.push({ kind: 'frame', value: JSON.parse(String(reply)) });
    for (const command of commands) out.push({ kind: 'command', value: command });
  };
  for (const [at, line] of lines.entries()) {
    const kind = 'command' in line ? 'command' : 'frame' in line ? 'frame' : undefined;
    if (kind !== undefined) {
      const got = out.shift();
      t.equal(got?.kind, kind, `line ${at + 1}`);
      t.match(got?.value, line[kind]!, `line ${at + 1}`);
      continue;
    }
    t.same(out, [], `nothing more before line ${at + 1}`);
    if (line.open !== undefined) {
      session = open(line.open);
      took(session.greet());
    } else if (line.event !== undefined) {
      for (const frame of session!.write(line.event)) out.push({ kind: 'frame', value: JSON.parse(String(frame)) });
    } else {
      const { audioMs } = line.client as unknown as { audioMs?: number };
      took(session!.read(audioMs === undefined ? JSON.stringify(line.client) : new Uint8Array(audioMs * 32)));
    }
  }
  t.same(out, []);
});

t.test('a message sent as a binary frame is not heard as audio', async (t) => {
  const { commands } = open(RAW).read(new TextEncoder().encode('{"type":"KeepAlive"}'));
  t.same(commands, [{ type: 'keepalive' }]);
});

t.test('a broken message is a fault, one of an unknown type is nothing', async (t) => {
  const session = open(RAW);
  t.throws(() => session.read('{'), { code: 'command.unreadable' });
  t.same(session.read('{"type":"Dance"}'), { replies: [], commands: [] });
  t.same(session.read('null'), { replies: [], commands: [] });
});

t.test('faults end the stream with the statuses its clients know', async (t) => {
  t.match(open(RAW).end(1008, 'session.idle'), { status: 1011, reason: 'NET-0001' });
  t.match(open(RAW).end(1009, 'frame.size'), { status: 1008, reason: /^DATA-0000/ });
  t.match(open(RAW).end(1000, 'done'), { status: 1000 });
});

t.test('no speech_final without endpointing', async (t) => {
  const session = open(`${RAW}&endpointing=false`);
  session.write({ type: 'speech', seq: 1, channel: 0, state: 'end', atMs: 500 });
  const frames = session.write({
    type: 'final',
    seq: 2,
    channel: 0,
    sentence: 1,
    text: 'A.',
    words: [],
    fromMs: 0,
    toMs: 500,
    language: 'en',
  });
  t.match(JSON.parse(String(frames[0])), { is_final: true, speech_final: false });
});
