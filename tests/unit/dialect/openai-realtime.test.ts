import t from 'tap';
import type { ServerEvent } from '../../../protocol/index.ts';
import { openaiRealtimeDialect } from '../../../server/dialect/openai-realtime.ts';
import type { DialectSession } from '../../../server/ports/dialect.ts';
import { CONTEXT, openSession, replay } from '../../support/conversation.ts';
import fc from '../../support/fast-check.ts';

interface SentEvent {
  readonly type: string;
  readonly item_id?: string;
  readonly delta?: string;
  readonly transcript?: string;
  readonly previous_item_id?: string | null;
}

t.test('the recorded conversation is translated both ways, line by line', async (t) => {
  replay(t, openaiRealtimeDialect, 'openai/realtime.jsonl');
});

t.test(
  'a conversation of the older shape is, with turns that are committed, cleared and ended by silence',
  async (t) => {
    replay(t, openaiRealtimeDialect, 'openai/beta.jsonl');
  },
);

const open = (turnDetection: object | null): DialectSession => {
  const session = openSession(openaiRealtimeDialect, '/v1/realtime');
  session.read(JSON.stringify({ type: 'session.update', session: { turn_detection: turnDetection } }));
  return session;
};
const hear = (session: DialectSession, ms: number): void => {
  const audio = Buffer.alloc(ms * 48).toString('base64');
  session.read(JSON.stringify({ type: 'input_audio_buffer.append', audio }));
};
const body = { channel: 0, words: [], fromMs: 0, toMs: 10, language: 'en' } as const;

t.test('words only ever append, and every turn is committed and completed once, in order', async () => {
  const word = fc.constantFrom('so', 'my', 'friends,', 'ask', 'not', 'what.');
  const sentence = fc.record({ words: fc.array(word, { minLength: 1, maxLength: 6 }), shown: fc.nat(6) });
  const turn = fc.record({ sentences: fc.array(sentence, { maxLength: 3 }), late: fc.boolean() });
  fc.assert(
    fc.property(fc.array(turn, { maxLength: 6 }), (turns) => {
      const session = open({ type: 'server_vad' });
      const sent: SentEvent[] = [];
      const say = (event: object): void => {
        for (const frame of session.write(event as ServerEvent)) sent.push(JSON.parse(String(frame)));
      };
      hear(session, turns.length * 1_000);
      const wanted: string[] = [];
      for (const [i, { sentences, late }] of turns.entries()) {
        const end = { type: 'speech', channel: 0, state: 'end', atMs: i * 1_000 + 900 };
        say({ type: 'speech', channel: 0, state: 'start', atMs: i * 1_000 });
        if (!late) say(end);
        for (const { words, shown } of sentences) {
          const stable = words.slice(0, Math.min(shown, words.length)).join(' ');
          say({ ...body, type: 'partial', sentence: 1, revision: 1, stable, tentative: ' uh', stableWords: shown });
          say({ ...body, type: 'final', sentence: 1, text: words.join(' ') });
        }
        if (late) say(end);
        say({ type: 'settled', channel: 0, atMs: i * 1_000 + 900 });
        wanted.push(sentences.map(({ words }) => words.join(' ')).join(' '));
      }
      const completed = sent.filter(({ type }) => type.endsWith('transcription.completed'));
      const committed = sent.filter(({ type }) => type === 'input_audio_buffer.committed');
      const deltas = completed.map(({ item_id }) =>
        sent.map((each) => (each.item_id === item_id ? (each.delta ?? '') : '')).join(''),
      );
      return (
        JSON.stringify(completed.map(({ transcript }) => transcript)) === JSON.stringify(wanted) &&
        JSON.stringify(deltas) === JSON.stringify(wanted) &&
        JSON.stringify(committed.map(({ item_id }) => item_id)) ===
          JSON.stringify(completed.map(({ item_id }) => item_id)) &&
        committed.every(({ previous_item_id }, i) => previous_item_id === (committed[i - 1]?.item_id ?? null))
      );
    }),
    { numRuns: 300 },
  );
});

t.test('cleared audio is never transcribed, and audio committed before it is', async (t) => {
  const session = open(null);
  hear(session, 500);
  const [flush] = session.read('{"type":"input_audio_buffer.commit"}').commands;
  hear(session, 500);
  const [forget] = session.read('{"type":"input_audio_buffer.clear"}').commands;
  const sent: SentEvent[] = [];
  const say = (event: object): void => {
    for (const frame of session.write(event as ServerEvent)) sent.push(JSON.parse(String(frame)));
  };
  say({ ...body, type: 'final', sentence: 1, text: 'Keep me.' });
  say({ type: 'flushed', id: (flush as { id: string }).id, audioMs: 500 });
  say({ ...body, type: 'final', sentence: 2, text: 'Forget me.' });
  say({ type: 'flushed', id: (forget as { id: string }).id, audioMs: 1_000 });
  t.same(
    sent.map(({ type }) => type.split('.').at(-1)),
    ['delta', 'completed'],
  );
  t.notMatch(JSON.stringify(sent), /Forget/);
});

t.test('the format may change before the session has begun, and no more after', async (t) => {
  const session = openSession(openaiRealtimeDialect, '/v1/realtime');
  const update = (format: unknown) =>
    session.read(JSON.stringify({ type: 'transcription_session.update', session: { input_audio_format: format } }));
  t.match(update('mp3').replies.map(String), [/"code":"invalid_value"/]);
  t.match(update('g711_alaw').commands, [{ type: 'start', audio: { encoding: 'alaw', sampleRate: 8_000 } }]);
  t.match(update('pcm16').replies.map(String), [/one format for the whole session/]);
});

t.test('a broken client secret opens nothing', async (t) => {
  const headers = { authorization: 'Bearer ek_token~bm9uc2Vuc2U' };
  const request = { url: '/v1/realtime', headers, subprotocols: [], remoteAddress: '' };
  t.match(openaiRealtimeDialect.open(request, CONTEXT), { code: 'auth.invalid' });
});
