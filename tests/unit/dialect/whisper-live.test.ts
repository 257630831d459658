import t from 'tap';
import { Fault } from '../../../protocol/index.ts';
import { barePathDialect } from '../../../server/dialect/bare-path.ts';
import { whisperLiveDialect } from '../../../server/dialect/whisper-live.ts';
import { CONTEXT, openSession, replay } from '../../support/conversation.ts';

const HELLO = '{"uid":"me","language":"en","task":"transcribe","model":"small","use_vad":true}';
const FULL = new Fault('server.full', { live: 1, limit: 1 });

t.test('the recorded conversation is translated both ways, line by line', async (t) => {
  replay(t, whisperLiveDialect, 'whisper-live/german.jsonl');
});

t.test('a known language is announced right after the server is ready', async (t) => {
  const session = openSession(whisperLiveDialect, '/');
  session.read(HELLO);
  const frames = session.write({ type: 'ready', language: 'en' } as never).map((frame) => JSON.parse(String(frame)));
  t.match(frames, [{ message: 'SERVER_READY' }, { uid: 'me', language: 'en' }]);
});

t.test('END_OF_AUDIO ends the stream as bytes, too', async (t) => {
  const session = openSession(whisperLiveDialect, '/');
  session.read(HELLO);
  t.same(session.read(Buffer.from('END_OF_AUDIO')).commands, [{ type: 'finish' }]);
});

t.test('audio before the hello, and audio in bytes of eight bits, are faults', async (t) => {
  const open = () => openSession(whisperLiveDialect, '/');
  t.throws(() => open().read(new Uint8Array(4)), { code: 'command.out-of-order' });
  t.throws(() => open().read('{"uid":"me","audio_format":"uint8"}'), { code: 'audio.format' });
  t.match(open().read('{"uid":"me","audio_format":"int16"}').commands, [{ audio: { encoding: 'pcm_s16le' } }]);
});

t.test('who comes when all places are taken is asked to wait, by name, once it has said its name', async (t) => {
  const rejection = whisperLiveDialect.reject!(FULL, CONTEXT)!;
  t.equal(rejection(undefined), undefined, 'nobody heeds a message without the own id');
  t.same(JSON.parse(String(rejection(HELLO)!.frames[0])), { uid: 'me', status: 'WAIT', message: 1 });
  t.match(rejection(new Uint8Array(4)), { frames: [], status: 1013 });
  t.equal(whisperLiveDialect.reject!(new Fault('auth.invalid', {}), CONTEXT), undefined, 'a stranger gets HTTP 401');
});

t.test('on the bare path the first frame tells whose client it is', async (t) => {
  const first = (frame: string | Uint8Array) => openSession(barePathDialect, '/').read(frame);
  t.match(first(HELLO).commands, [{ type: 'start', audio: { encoding: 'pcm_f32le' } }]);
  t.match(first(new Uint8Array(2)).replies, ['{"partial":""}']);
  t.same(first('{"config":{"sample_rate":16000}}'), { replies: [], commands: [] });
  t.throws(() => first('hello'), { code: 'command.unreadable' });
});
