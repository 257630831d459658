import t from 'tap';
import { deepgramDialect } from '../../../server/dialect/deepgram.ts';
import type { DialectSession } from '../../../server/ports/dialect.ts';
import { openSession, replay } from '../../support/conversation.ts';

const open = (url: string): DialectSession => openSession(deepgramDialect, url);
const RAW = '/v1/listen?encoding=linear16&sample_rate=16000';

t.test('the recorded conversation is translated both ways, line by line', async (t) => {
  replay(t, deepgramDialect, 'deepgram/live.jsonl');
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
