import t from 'tap';
import { readClientMessage } from '../../../protocol/index.ts';
import { fluxDialect } from '../../../server/dialect/flux.ts';
import type { FrameResult } from '../../../server/ports/dialect.ts';
import { openSession, replay } from '../../support/conversation.ts';

const RAW = '/v2/listen?model=flux-general-en&encoding=linear16&sample_rate=16000';
const open = (query = '') => openSession(fluxDialect, RAW + query);
const startOf = (query = '') => open(query).greet().commands[0];
const framesOf = ({ replies }: FrameResult) => replies.map((frame) => JSON.parse(String(frame)));

t.test('the recorded conversation is translated both ways, line by line', async (t) => {
  replay(t, fluxDialect, 'deepgram/flux.jsonl');
});

t.test('without parameters the thresholds are those of the original, and a single language is expected', async (t) => {
  t.match(startOf(), {
    language: 'en',
    languages: [],
    endpoint: { confidence: 0.7, eagerConfidence: null, gapMs: 5_000 },
  });
  t.match(startOf('&language_hint=es'), { languages: [] }, 'hints are for the multilingual model');
  t.match(startOf('&eot_timeout_ms=60000'), { endpoint: { gapMs: 10_000 } });
  t.match(startOf('&eot_threshold=1'), { endpoint: { confidence: 1 } });
});

t.test('whatever is requested is a valid start of a session', async (t) => {
  for (const query of ['', '&eager_eot_threshold=0.9&eot_threshold=0.5&eot_timeout_ms=500', '&keyterm=&keyterm=a'])
    t.same(readClientMessage(JSON.stringify(startOf(query))).type, 'start');
});

t.test('a wrong parameter refuses the connection and says what is wanted', async (t) => {
  for (const [query, message] of [
    ['&eot_threshold=0.4', /eot_threshold.*0\.4.*0\.5 to 1/],
    ['&eot_threshold=high', /eot_threshold.*high/],
    ['&eager_eot_threshold=0.95', /eager_eot_threshold.*0\.3 to 0\.9/],
    ['&eot_timeout_ms=100', /eot_timeout_ms.*500 to 60000/],
    ['&redact=numbers', /redact/],
  ] as const)
    t.throws(() => open(query), { message, code: 'command.option' });
  t.throws(() => openSession(fluxDialect, '/v2/listen?model=nova-3'), { message: /nova-3.*flux-general-en/ });
  t.throws(() => openSession(fluxDialect, '/v2/listen'), { message: /model/ });
  t.throws(() => openSession(fluxDialect, RAW.replace('linear16', 'speex')), { code: 'audio.format' });
  t.throws(() => openSession(fluxDialect, `${RAW.replace('-en', '-multi')}&language_hint=%C3%BC`), {
    message: /language_hint/,
  });
});

t.test('containers and packets are decoded, and a WAV file in a stream is read', async (t) => {
  t.match(openSession(fluxDialect, '/v2/listen?model=flux-general-en'), {
    encoded: { kind: undefined, layout: 'mix' },
  });
  t.match(openSession(fluxDialect, '/v2/listen?model=flux-general-en&encoding=opus'), {
    encoded: { kind: 'opus-packets' },
  });
  t.equal(open().encoded, undefined);
  t.same(open().read(Buffer.from('RIFF')).commands, [], 'a header is no sound');
});

t.test('Configure is checked field by field', async (t) => {
  for (const message of [
    { thresholds: 3 },
    { thresholds: { eot_threshold: [0.7] } },
    { thresholds: { eager_eot_threshold: '0.1' } },
    { keyterms: [1] },
    { keyterms: { a: 1 } },
  ]) {
    const result = open().read(JSON.stringify({ type: 'Configure', ...message }));
    t.match(framesOf(result), [{ type: 'ConfigureFailure', sequence_id: 0, description: String }]);
    t.same(result.commands, []);
  }
  const session = open('&eager_eot_threshold=0.5&keyterm=a');
  t.match(framesOf(session.read('{"type":"Configure","thresholds":{"eot_timeout_ms":"700"}}')), [
    {
      type: 'ConfigureSuccess',
      thresholds: { eot_threshold: 0.7, eager_eot_threshold: 0.5, eot_timeout_ms: 700 },
      keyterms: ['a'],
    },
  ]);
  t.match(session.read('{"type":"Configure","keyterms":[]}').commands, [{ vocabulary: [] }]);
  for (const { commands } of [
    session.read('{"type":"Configure"}'),
    session.read('{"type":"Configure","keyterms":"b"}'),
  ])
    for (const command of commands) t.same(readClientMessage(JSON.stringify(command)).type, 'configure');
});

t.test('faults are errors in the words of the original, and so are messages that nobody knows', async (t) => {
  const session = open();
  t.throws(() => session.read('{"type":"Dance"}'), { code: 'command.unknown' });
  t.throws(() => session.read('null'), { code: 'command.unknown' });
  t.throws(() => session.read('{'), { code: 'command.unreadable' });
  const fault = (code: string, fatal: boolean) =>
    session
      .write({ type: 'fault', seq: 1, code, text: 'why', retry: 'never', fatal })
      .map((frame) => JSON.parse(String(frame)));
  t.match(fault('command.unreadable', false), [
    { type: 'Error', code: 'UNPARSABLE_CLIENT_MESSAGE', description: 'why' },
  ]);
  t.match(fault('server.draining', true), [{ type: 'Error', code: 'INTERNAL_SERVER_ERROR' }]);
  t.match(fault('session.idle', false), [{ type: 'Error', code: 'SESSION_IDLE' }]);
  t.match(fault('command.option', true), [{ type: 'Error', code: 'COMMAND_OPTION' }]);
  t.match(session.end(1008, 'session.idle'), { status: 1011, reason: 'NET-0001' });
});

t.test('a message sent as a binary frame is not heard as audio', async (t) => {
  t.same(open().read(new TextEncoder().encode('{"type":"CloseStream"}')).commands, [{ type: 'finish' }]);
});

t.test('a turn of many sentences ends with a sentence after five minutes, and goes on as another', async (t) => {
  const session = open('&eot_threshold=1');
  let seq = 0;
  const write = (event: object) =>
    session
      .write({ seq: ++seq, channel: 0, ...event } as never)
      .map((frame) => JSON.parse(String(frame)))
      .map(({ event, turn_index, transcript, audio_window_start }) => [
        ...[event, turn_index, transcript.split(' ').length, audio_window_start],
      ]);
  write({ type: 'speech', state: 'start', atMs: 0 });
  const told = Array.from({ length: 70 }, (_, i) => {
    const [fromMs, toMs] = [i * 5_000, (i + 1) * 5_000];
    const words = [{ text: `w${i}.`, fromMs, toMs, confidence: 1 }];
    return write({ type: 'final', sentence: i + 1, text: `w${i}.`, words, fromMs, toMs, language: 'en' });
  }).flat();
  t.same(told, [
    ['StartOfTurn', 0, 1, 0],
    ['EndOfTurn', 0, 60, 0],
    ['StartOfTurn', 1, 1, 300],
  ]);
  write({ type: 'speech', state: 'end', atMs: 350_000, confidence: 0.9 });
  t.same(write({ type: 'settled', atMs: 350_000 }), [['EndOfTurn', 1, 10, 300]]);
});

t.test('speech that is cut for minutes ends its turn at last', async (t) => {
  const session = open();
  let seq = 0;
  const write = (event: object) =>
    session
      .write({ seq: ++seq, channel: 0, ...event } as never)
      .map((frame) => JSON.parse(String(frame)))
      .map(({ event }) => event);
  const told: string[] = [];
  for (let i = 0; i < 13; i++) {
    const [fromMs, toMs] = [i * 25_000, (i + 1) * 25_000];
    const words = [{ text: `w${i}`, fromMs, toMs, confidence: 1 }];
    write({ type: 'speech', state: 'start', atMs: fromMs });
    write({ type: 'speech', state: 'end', atMs: toMs, continues: true });
    write({ type: 'final', sentence: i + 1, text: `w${i}`, words, fromMs, toMs, language: 'en' });
    told.push(...write({ type: 'settled', atMs: toMs }));
  }
  t.same(told, ['EndOfTurn']);
});
