import t from 'tap';
import { Fault } from '../../../protocol/index.ts';
import { whisperLiveKitDialect } from '../../../server/dialect/whisper-live-kit.ts';
import { CONTEXT, openSession, replay } from '../../support/conversation.ts';

t.test('the recorded conversation is translated both ways, line by line', async (t) => {
  replay(t, whisperLiveKitDialect, 'whisper-live-kit/lines.jsonl');
});

t.test('a stream in a container is passed on as it is, bare samples get a header', async (t) => {
  const firstBytes = (frame: Uint8Array) =>
    openSession(whisperLiveKitDialect, '/asr')
      .read(frame)
      .commands.map((command) => (command.type === 'audio' ? Buffer.from(command.bytes.subarray(0, 4)) : undefined));
  const webm = Buffer.from([0x1a, 0x45, 0xdf, 0xa3, 1, 0, 0, 0]);
  const mp4 = Buffer.from('\0\0\0\x18ftypiso5', 'latin1');
  for (const head of [webm, mp4, Buffer.from('OggS\0\x02\0\0')]) t.same(firstBytes(head), [head.subarray(0, 4)]);
  t.same(firstBytes(Buffer.alloc(3_200, 0xff)), [Buffer.from('RIFF'), Buffer.alloc(4, 0xff)]);
});

t.test('what is not audio, and what its newer servers offer beside the whole state, are faults', async (t) => {
  t.throws(() => openSession(whisperLiveKitDialect, '/asr').read('{"type":"config"}'), { code: 'command.unknown' });
  t.throws(() => openSession(whisperLiveKitDialect, '/asr?mode=diff'), { code: 'command.option' });
  t.throws(() => openSession(whisperLiveKitDialect, '/asr?language=!!'), { code: 'command.option' });
  const refusal = whisperLiveKitDialect.refuse!(new Fault('auth.missing', {}), CONTEXT);
  t.match(refusal, { status: 401, body: { detail: String } });
});

t.test('a conversation without end has messages with an end', async (t) => {
  const session = openSession(whisperLiveKitDialect, '/asr');
  let frame = '';
  for (let i = 1; i <= 600; i++) {
    const event = { type: 'final', text: `Line ${i}.`, words: [], fromMs: i * 1_000, toMs: i * 1_000, language: 'en' };
    frame = String(session.write(event as never)[0]);
    session.write({ type: 'settled', channel: 0, atMs: i * 1_000 } as never);
  }
  const { lines } = JSON.parse(frame) as { lines: { text: string }[] };
  t.equal(lines.length, 500);
  t.equal(lines[0]!.text, 'Line 101.');
});
