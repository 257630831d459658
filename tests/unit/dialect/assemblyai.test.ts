import t from 'tap';
import { Fault } from '../../../protocol/index.ts';
import { assemblyaiDialect } from '../../../server/dialect/assemblyai.ts';
import { alignCleanedWords } from '../../../server/dialect/cleaned-words.ts';
import { CONTEXT, openSession, replay } from '../../support/conversation.ts';

const open = (query: string) => openSession(assemblyaiDialect, `/v3/ws?${query}`);
const RAW = 'sample_rate=16000';

t.test('the recorded conversation is translated both ways, line by line', async (t) => {
  replay(t, assemblyaiDialect, 'assemblyai/turns.jsonl');
});

t.test('a wrong setting is refused when it opens a session, and a fault when it comes later', async (t) => {
  for (const query of ['', 'sample_rate=4000', `${RAW}&encoding=speex`, `${RAW}&language_codes=%5B7%5D`])
    t.throws(() => open(query), { code: query.includes('speex') ? 'audio.format' : 'command.option' }, query);
  const session = open(RAW);
  t.throws(() => session.read('{"type":"UpdateConfiguration","max_turn_silence":"long"}'), { code: 'command.option' });
  t.throws(() => session.read('{"type":"UpdateConfiguration","format_turns":1}'), { code: 'command.option' });
  t.throws(() => session.read('{'), { code: 'command.unreadable' });
});

t.test('languages are one, a choice of several, or detected', async (t) => {
  const startOf = (query: string) => open(`${RAW}&${query}`).greet().commands[0];
  t.match(startOf('language_codes=["de"]'), { language: 'de', languages: [] });
  t.match(startOf('language_codes=["de","en"]'), { language: 'auto', languages: ['de', 'en'] });
  t.match(startOf('language_code=fr-CA'), { language: 'fr' });
  t.match(startOf('language_detection=true'), { language: 'auto' });
  t.equal('language' in startOf('')!, false, "no wish is the server's own");
  t.match(startOf('encoding=pcm_mulaw'), { audio: { encoding: 'mulaw' }, cleanup: { mode: 'off' } });
});

t.test('compressed audio says itself how it is to be read', async (t) => {
  for (const [encoding, kind] of [
    ['opus', 'opus-packets'],
    ['ogg_opus', 'opus'],
    ['aac', 'aac'],
  ] as const) {
    const session = open(`encoding=${encoding}`);
    t.match(session.encoded, { kind, layout: 'mix' });
    t.notOk('audio' in session.greet().commands[0]!, "the format is the decoder's to tell");
  }
  t.equal(open(RAW).encoded, undefined);
});

t.test('who is turned away hears the number that its client knows', async (t) => {
  const reject = (fault: Fault) => assemblyaiDialect.reject!(fault, CONTEXT)!(undefined)!;
  const denied = reject(new Fault('auth.invalid', {}));
  t.equal(denied.status, 4001);
  t.match(JSON.parse(String(denied.frames[0])), { type: 'Error', error_code: 4001 });
  t.equal(reject(new Fault('server.full', { live: 1, limit: 1 })).status, 3009);
  t.equal(reject(new Fault('audio.format', { got: 'speex', want: 'pcm' })).status, 3006);
  t.equal(reject(new Fault('server.bug', {})).status, 3005);
  t.match(open(RAW).end(1012, 'draining'), { status: 3005 });
});

t.test('only a token may stand in the URL, for it is good for minutes', async (t) => {
  const credential = (url: string) =>
    assemblyaiDialect.credential!({ url, headers: {}, subprotocols: [], remoteAddress: '' });
  t.equal(credential('/v3/ws?token=eyJ.a.b'), 'eyJ.a.b');
  t.equal(credential('/v3/ws?token=sotto_1_key'), undefined);
  t.equal(credential('/v3/ws'), undefined);
});

t.test('the words of a cleaned sentence keep the times of what was said', async (t) => {
  const createWords = (text: string) =>
    text.split(' ').map((word, i) => ({ text: word, fromMs: i * 100, toMs: i * 100 + 90, confidence: 1 }));
  const check = (raw: string, changes: Parameters<typeof alignCleanedWords>[2], want: [string, number, number][]) =>
    t.same(
      alignCleanedWords(raw, createWords(raw), changes).map(({ text, fromMs, toMs }) => [text, fromMs, toMs]),
      want,
      raw,
    );
  check(
    'so it works',
    [],
    [
      ['so', 0, 90],
      ['it', 100, 190],
      ['works', 200, 290],
    ],
  );
  check(
    'um so it works',
    [
      { kind: 'removed', from: 0, to: 3, text: '' },
      { kind: 'replaced', from: 3, to: 4, text: 'S' },
      { kind: 'inserted', from: 8, to: 8, text: ',' },
      { kind: 'inserted', from: 14, to: 14, text: '.' },
    ],
    [
      ['So', 100, 190],
      ['it,', 200, 290],
      ['works.', 300, 390],
    ],
  );
  check(
    'twenty five dogs',
    [{ kind: 'replaced', from: 0, to: 11, text: '25' }],
    [
      ['25', 0, 190],
      ['dogs', 200, 290],
    ],
  );
  t.same(alignCleanedWords('um', createWords('um'), [{ kind: 'removed', from: 0, to: 2, text: '' }]), []);
});
