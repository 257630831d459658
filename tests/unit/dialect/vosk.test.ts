import t from 'tap';
import { voskDialect } from '../../../server/dialect/vosk.ts';
import { openSession, replay } from '../../support/conversation.ts';
import { chunk, formatChunk, wav } from '../../support/wav-chunks.ts';

const open = () => openSession(voskDialect, '/vosk');

t.test('the recorded conversation is translated both ways, line by line', async (t) => {
  replay(t, voskDialect, 'vosk/file.jsonl');
});

t.test('without a configuration the audio has 8 kHz, or what the header of a WAV file says', async (t) => {
  t.match(open().read(Buffer.from([1, 2])).commands, [
    { type: 'start', audio: { sampleRate: 8_000 } },
    { type: 'audio' },
  ]);
  const file = wav(
    formatChunk({ sampleRate: 44_100, channels: 2, bits: 24 }),
    chunk('data', Buffer.from([9, 1, 2, 9, 3, 4])),
  );
  for (const config of [undefined, '{"config":{"sample_rate":16000}}']) {
    const session = open();
    if (config !== undefined) session.read(config);
    t.same(session.read(file.subarray(0, 20)), { replies: ['{"partial":""}'], commands: [] });
    const [start, audio] = session.read(file.subarray(20)).commands;
    t.match(start, { type: 'start', audio: { encoding: 'pcm_s16le', sampleRate: 44_100, channels: 2 } });
    t.same(audio, { type: 'audio', bytes: Uint8Array.of(1, 2, 3, 4) });
  }
});

t.test('a message may come as a binary frame, and audio that only looks like one is audio', async (t) => {
  const session = open();
  session.read(Buffer.from('{"config" : {"sample_rate" : 16000}}'));
  t.match(session.read(Buffer.from('{"a')).commands, [
    { type: 'start', audio: { sampleRate: 16_000 } },
    { type: 'audio' },
  ]);
  t.same(session.read(Buffer.from('{"eof" : 1}')), { replies: [], commands: [{ type: 'finish' }] });
});

t.test(
  'a configuration may be long, as text and as a binary frame, and one that is too long is an error',
  async (t) => {
    const configure = (terms: number): string =>
      JSON.stringify({
        config: { sample_rate: 16_000, phrase_list: Array.from({ length: terms }, (_, i) => `word ${i}`) },
      });
    for (const toFrame of [(text: string) => text, (text: string) => Buffer.from(text)]) {
      const session = open();
      t.ok(configure(3_000).length > 32_768);
      t.same(session.read(toFrame(configure(3_000))), { replies: [], commands: [] });
      t.match(session.read(new Uint8Array(2)).commands, [
        { type: 'start', audio: { sampleRate: 16_000 }, vocabulary: ['word 0', 'word 1'] },
        { type: 'audio' },
      ]);
      t.throws(() => open().read(toFrame(configure(9_000))), { code: 'frame.size' });
    }
  },
);

t.test('nothing stands between two Chinese or Japanese characters, and a space between other sentences', async (t) => {
  const say = (...sentences: readonly string[]): string => {
    const session = open();
    session.read(new Uint8Array(2));
    for (const [i, text] of sentences.entries())
      session.write({
        type: 'final',
        seq: i,
        channel: 0,
        sentence: i,
        text,
        words: [],
        fromMs: 0,
        toMs: 1,
        language: 'zh',
      });
    const [frame] = session.write({ type: 'done', seq: 99, audioMs: 1, sentences: sentences.length });
    return JSON.parse(String(frame)).text;
  };
  t.equal(
    say('悄悄垂直淨空，', ' 直到三月', '才通車。', '“好”', '他說…', '是的'),
    '悄悄垂直淨空直到三月才通車“好”他說…是的',
  );
  t.equal(say('今日は、', '「いい」', '天気です。'), '今日はいい天気です');
  t.equal(say('Hello.', 'You there.', '你好', 'Hello.'), 'hello you there 你好 hello');
  t.equal(say('안녕하세요.', '반갑습니다.'), '안녕하세요 반갑습니다');
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
