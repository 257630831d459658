import t from 'tap';
import type { Command } from '../../../protocol/index.ts';
import { SampleNarrower } from '../../../server/dialect/sample-narrower.ts';
import { createWyomingDialect } from '../../../server/dialect/wyoming.ts';
import { encodeWyomingEvent, type WyomingEvent, WyomingReader } from '../../../server/dialect/wyoming-frames.ts';
import type { DialectSession, WireFrame } from '../../../server/ports/dialect.ts';
import { type Notation, openSession, replay } from '../../support/conversation.ts';
import fc from '../../support/fast-check.ts';

const open = (): DialectSession => openSession(createWyomingDialect(['en']), '/wyoming');

/** As the python library writes: data in a block of its own, then the payload. */
function frame(type: string, data: object = {}, payload: Uint8Array = new Uint8Array(0)): Uint8Array {
  const block = Buffer.from(JSON.stringify(data));
  const header = { type, version: '1.5.4', data_length: block.length, payload_length: payload.length };
  return Buffer.concat([Buffer.from(`${JSON.stringify(header)}\n`), block, payload]);
}

const readAll = (frames: readonly WireFrame[]): [string, unknown][] =>
  new WyomingReader().read(Buffer.concat(frames as Uint8Array[])).map(({ type, data }) => [type, data]);

const AUDIO = { rate: 16_000, width: 2, channels: 1 };
const CONVERSATION = Buffer.concat([
  frame('describe'),
  Buffer.from('{"type":"transcribe","data":{"language":"en-GB"}}\n'),
  frame('audio-start', { ...AUDIO, timestamp: 0 }),
  frame('audio-chunk', { ...AUDIO, timestamp: 0 }, Buffer.from('\n{"type":"no"}\n')),
  Buffer.from('\n'),
  frame('audio-chunk', AUDIO, Buffer.alloc(300, 7)),
  frame('something-new', { a: 'ü€😀' }, Buffer.alloc(5)),
  frame('audio-stop', { timestamp: 10 }),
]);

/** A recorded conversation whose client sends each of its events in the pieces that `cut` makes of it. */
const wyoming = (cut: (bytes: Uint8Array) => readonly Uint8Array[]): Notation => ({
  frames: (frames) =>
    frames.flatMap((bytes) => new WyomingReader().read(bytes as Uint8Array).map(({ type, data }) => ({ type, data }))),
  client: (message) => {
    const { type, data, payload } = message as { type: string; data?: object; payload?: number };
    return cut(frame(type, data, new Uint8Array(payload ?? 0).fill(10)));
  },
});

t.test('the recorded conversation is translated both ways, cut at any byte and at every byte', async (t) => {
  const play = (cut: (bytes: Uint8Array) => readonly Uint8Array[]): void =>
    replay(t, createWyomingDialect(['en']), 'wyoming/assist.jsonl', wyoming(cut));
  play((bytes) => [bytes]);
  play((bytes) => [...bytes].map((byte) => Uint8Array.of(byte)));
  const longest = 120;
  for (let at = 1; at < longest; at++) play((bytes) => [bytes.subarray(0, at), bytes.subarray(at)]);
});

t.test('a conversation cut at any byte, or at every byte, reads the same', async (t) => {
  const text = (events: readonly WyomingEvent[]) =>
    JSON.stringify(events.map((event) => ({ ...event, payload: [...event.payload] })));
  const whole = text(new WyomingReader().read(CONVERSATION));
  t.match(JSON.parse(whole), [
    { type: 'describe', data: {} },
    { type: 'transcribe', data: { language: 'en-GB' } },
    { type: 'audio-start', data: { rate: 16_000, timestamp: 0 } },
    { type: 'audio-chunk' },
    { type: 'audio-chunk' },
    { type: 'something-new', data: { a: 'ü€😀' } },
    { type: 'audio-stop' },
  ]);
  for (let cut = 0; cut <= CONVERSATION.length; cut++) {
    const reader = new WyomingReader();
    const events = [...reader.read(CONVERSATION.subarray(0, cut)), ...reader.read(CONVERSATION.subarray(cut))];
    if (text(events) !== whole) t.fail(`cut at ${cut}`);
  }
  const reader = new WyomingReader();
  t.equal(text([...CONVERSATION].flatMap((byte) => reader.read(Uint8Array.of(byte)))), whole);
});

t.test('what is written is read back, and random bytes are a fault or nothing', async (t) => {
  fc.assert(
    fc.property(fc.string(), fc.dictionary(fc.string(), fc.jsonValue()), (type, data) => {
      const [event] = new WyomingReader().read(encodeWyomingEvent(type, data));
      t.same(event?.type, type);
      // `__proto__` and minus zero do not survive JSON.
      t.equal(JSON.stringify(event?.data), JSON.stringify(JSON.parse(JSON.stringify(data))));
    }),
    { numRuns: 50 },
  );
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 200 }), { maxLength: 10 }), (chunks) => {
      const session = open();
      try {
        for (const chunk of chunks) session.read(chunk);
      } catch (error) {
        t.match(error, { code: /^(command|frame)\./ });
      }
    }),
    { numRuns: 300 },
  );
});

t.test('lines, data and payloads have a bound, and lengths are whole numbers', async (t) => {
  const check = (text: string, code: string) =>
    t.throws(() => new WyomingReader().read(Buffer.from(text)), { code }, text.slice(0, 60));
  check('x'.repeat(65_537), 'frame.size');
  check('{"type":"a","data_length":65537}\n', 'frame.size');
  check('{"type":"a","payload_length":1048577}\n', 'frame.size');
  check('{"type":"a","payload_length":-1}\n', 'command.unreadable');
  check('{"type":"a","payload_length":1.5}\n', 'command.unreadable');
  check('{"type":"a","data_length":"9"}\n', 'command.unreadable');
  check('{"type":"a","data_length":2}\n[]x', 'command.unreadable');
  check('{"data":{}}\n', 'command.unreadable');
  check('[]\n', 'command.unreadable');
  check('null\n', 'command.unreadable');
  check('POST / HTTP/1.1\r\n', 'command.unreadable');
});

t.test('a command is announced, and its transcript grows until it is whole', async (t) => {
  const session = open();
  const { replies, commands } = session.read(CONVERSATION);
  t.match(readAll(replies), [['info', { asr: [{ name: 'sotto', installed: true, models: [{ name: 'base' }] }] }]]);
  t.match(commands, [
    { type: 'start', language: 'en', audio: { sampleRate: 16_000, channels: 1 }, partials: { mode: 'stable' } },
    { type: 'audio' },
    { type: 'audio' },
    { type: 'flush' },
  ]);
  const partial = { type: 'partial' as const, channel: 0, revision: 1, tentative: '', words: [], stableWords: 0 };
  const final = { type: 'final' as const, channel: 0, words: [], fromMs: 0, toMs: 1, language: 'en' };
  const frames = [
    ...session.write({ ...partial, seq: 1, sentence: 1, stable: '', fromMs: 0, toMs: 1 }),
    ...session.write({ ...partial, seq: 2, sentence: 1, stable: 'Turn on', fromMs: 0, toMs: 1 }),
    ...session.write({ ...partial, seq: 3, sentence: 1, stable: 'Turn on the', fromMs: 0, toMs: 1 }),
    ...session.write({ ...final, seq: 4, sentence: 1, text: 'Turn on the light.' }),
    ...session.write({ ...final, seq: 5, sentence: 2, text: 'Now.' }),
    ...session.write({ type: 'flushed', seq: 6, audioMs: 10 }),
  ];
  t.same(readAll(frames), [
    ['transcript-start', { language: 'en' }],
    ['transcript-chunk', { text: 'Turn on' }],
    ['transcript-chunk', { text: ' the' }],
    ['transcript-chunk', { text: ' light.' }],
    ['transcript-chunk', { text: ' Now.' }],
    ['transcript', { text: 'Turn on the light. Now.', language: 'en' }],
    ['transcript-stop', {}],
  ]);
});

t.test('a connection transcribes again, in another language, but not in another format', async (t) => {
  const session = open();
  session.read(CONVERSATION);
  session.write({ type: 'flushed', seq: 1, audioMs: 10 });
  t.same(session.read(Buffer.concat([frame('transcribe', { language: 'de' }), frame('audio-start', AUDIO)])).commands, [
    { type: 'configure', language: 'de' },
  ] satisfies Command[]);
  t.throws(() => session.read(frame('audio-start', { ...AUDIO, rate: 8_000 })), { code: 'command.out-of-order' });
});

t.test('no audio is an empty transcript, and a ping a pong', async (t) => {
  const { replies, commands } = open().read(
    Buffer.concat([frame('ping', { text: 'hi' }), frame('transcribe'), frame('audio-stop')]),
  );
  t.same(commands, []);
  t.same(readAll(replies), [
    ['pong', { text: 'hi' }],
    ['transcript-start', {}],
    ['transcript', { text: '' }],
    ['transcript-stop', {}],
  ]);
});

t.test('samples of four bytes lose their lower half, wherever a chunk ends', async (t) => {
  const wide = Buffer.from([1, 2, 3, 4, 5, 6, 7, 8]);
  const narrowing = new SampleNarrower(4);
  t.same([...narrowing.push(wide.subarray(0, 5)), ...narrowing.push(wide.subarray(5))], [3, 4, 7, 8]);
  t.throws(() => open().read(frame('audio-start', { rate: 16_000, width: 1, channels: 1 })), {
    code: 'command.option',
  });
});

t.test('every part of the info has what its readers cannot do without', async (t) => {
  const [[, info]] = readAll(openSession(createWyomingDialect('all'), '/wyoming').read(frame('describe')).replies) as [
    [string, { asr: { models: { languages: string[] }[] }[] }],
  ];
  for (const artifact of [info.asr[0]!, info.asr[0]!.models[0]!])
    for (const field of ['name', 'attribution', 'installed', 'description', 'version']) t.ok(field in artifact, field);
  t.ok(info.asr[0]!.models[0]!.languages.includes('de'));
});
