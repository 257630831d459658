import t from 'tap';
import type { WireWord } from '../../../protocol/index.ts';
import { deepgramDialect } from '../../../server/dialect/deepgram.ts';
import { applyReplacements, parseReplacements } from '../../../server/dialect/deepgram-replace.ts';
import type { DialectSession } from '../../../server/ports/dialect.ts';
import { openSession, replay } from '../../support/conversation.ts';

const open = (url: string): DialectSession => openSession(deepgramDialect, url);
const FINAL = { type: 'final', channel: 0, words: [] as WireWord[], fromMs: 0, toMs: 500, language: 'en' } as const;
const PARTIAL = {
  type: 'partial',
  channel: 0,
  stable: '',
  words: [] as WireWord[],
  stableWords: 0,
  fromMs: 500,
  toMs: 600,
} as const;
const RAW = '/v1/listen?encoding=linear16&sample_rate=16000';

t.test('the recorded conversation is translated both ways, line by line', async (t) => {
  replay(t, deepgramDialect, 'deepgram/live.jsonl');
});

t.test('a conversation that is cleaned, in two channels and languages, is translated line by line', async (t) => {
  replay(t, deepgramDialect, 'deepgram/cleaned.jsonl');
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
  const session = open(`${RAW}&endpointing=false&filler_words=true`);
  session.write({ type: 'speech', seq: 1, channel: 0, state: 'end', atMs: 500 });
  const words = [{ text: 'A.', fromMs: 0, toMs: 500, confidence: 1 }];
  session.write({ ...FINAL, words, sentence: 1, text: 'A.', seq: 2 });
  const frames = session.write({ type: 'settled', seq: 3, channel: 0, atMs: 500 });
  t.match(JSON.parse(String(frames[0])), { is_final: true, speech_final: false });
});

t.test(
  'finals that wait for their cleaning keep their order, and the newest partial is enough behind them',
  async (t) => {
    const session = open(`${RAW}&interim_results=true&extra=cleanup:llm`);
    t.match(session.greet().commands, [{ cleanup: { mode: 'llm' } }]);
    const cleaned = (sentence: number, text: string) =>
      session.write({ type: 'cleaned', seq: 9, channel: 0, sentence, text, changes: [], model: 'm', tookMs: 1 });
    t.same(session.write({ ...FINAL, sentence: 1, text: 'one', seq: 1 }), []);
    t.same(session.write({ ...FINAL, sentence: 2, text: 'two', seq: 2 }), []);
    for (const tentative of ['thr', 'three'])
      t.same(session.write({ ...PARTIAL, tentative, revision: 1, sentence: 3, seq: 3 }), []);
    t.same(cleaned(2, 'two'), []);
    const texts = cleaned(1, 'one').map((frame) => JSON.parse(String(frame)).channel.alternatives[0].transcript);
    t.same(texts, ['one', 'two', 'three']);
  },
);

t.test('replacements take whole words, several of them too, with their times, and leave the rest alone', async (t) => {
  const createChannel = (text: string) => ({
    text,
    words: text.split(' ').map((word, i) => ({ text: word, fromMs: i * 100, toMs: i * 100 + 90, confidence: 1 })),
  });
  const check = (rules: string[], text: string, want: string): void => {
    const { text: got, words } = applyReplacements(createChannel(text), parseReplacements(rules));
    t.equal(got, want);
    t.equal(words.map(({ text }) => text).join(' '), want, 'the words say the same');
  };
  check(['the:a'], 'There, the other; The end.', 'There, a other; a end.');
  check(['new york:NYC'], 'In New York, new yorkers.', 'In NYC, new yorkers.');
  check(['hell', 'well: oh:well '], 'What the hell, well.', 'What the oh:well.');
  check([':x', ''], 'Nothing changes.', 'Nothing changes.');
  t.match(applyReplacements(createChannel('in new york now'), parseReplacements(['new york:NYC'])).words[1], {
    fromMs: 100,
    toMs: 290,
  });
});
