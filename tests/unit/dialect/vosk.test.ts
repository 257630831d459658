import t from 'tap';
import { voskDialect } from '../../../server/dialect/vosk.ts';
import { openSession, replay } from '../../support/conversation.ts';

const open = () => openSession(voskDialect, '/vosk');

t.test('the recorded conversation is translated both ways, line by line', async (t) => {
  replay(t, voskDialect, 'vosk/file.jsonl');
});

t.test('without a configuration the audio has 8 kHz, and the header of a WAV file is no sound', async (t) => {
  const header = Buffer.alloc(44);
  header.write('RIFF', 0);
  header.write('WAVEfmt ', 8);
  header.writeUInt32LE(16, 16);
  header.write('data', 36);
  const session = open();
  const [start, audio] = session.read(Buffer.concat([header, Buffer.from([1, 2])])).commands;
  t.match(start, { type: 'start', audio: { sampleRate: 8_000 } });
  t.same(audio, { type: 'audio', bytes: Buffer.from([1, 2]) });
  t.match(session.read(header).commands, [{ type: 'audio', bytes: header }], 'but only where a file begins');
});

t.test('every frame of audio has exactly one answer, and events alone have none, however many wait', async (t) => {
  const session = open();
  const word = { text: 'a', fromMs: 0, toMs: 10, confidence: 1 };
  session.read(new Uint8Array(2));
  for (let i = 1; i <= 50; i++) {
    const final = { channel: 0, sentence: i, text: `a${i}`, words: [word], fromMs: 0, toMs: 10, language: 'en' };
    t.same(session.write({ type: 'final', seq: i, ...final }), []);
    t.same(session.write({ type: 'settled', seq: i, channel: 0, atMs: 10 }), []);
  }
  const texts: string[] = [];
  for (let i = 0; i < 50; i++) {
    const { replies } = session.read(new Uint8Array(2));
    t.equal(replies.length, 1);
    texts.push(JSON.parse(String(replies[0])).text ?? '');
  }
  t.same(
    texts.join(' ').trim().split(' '),
    Array.from({ length: 50 }, (_, i) => `a${i + 1}`),
    'nothing is lost or sent twice',
  );
});

t.test('a wrong rate and a text that is no JSON are faults', async (t) => {
  t.throws(() => open().read('{"config":{"sample_rate":"fast"}}'), { code: 'command.option' });
  t.throws(() => open().read('{'), { code: 'command.unreadable' });
  t.same(open().read('null'), { replies: [], commands: [] });
});
