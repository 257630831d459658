import t from 'tap';
import { assemblyaiDialect } from '../../../server/dialect/assemblyai.ts';
import { deepgramDialect } from '../../../server/dialect/deepgram.ts';
import { WavStream } from '../../../server/dialect/wav-stream.ts';
import { whisperLiveDialect } from '../../../server/dialect/whisper-live.ts';
import type { DialectSession } from '../../../server/ports/dialect.ts';
import { openSession } from '../../support/conversation.ts';
import { chunk, formatChunk, wav } from '../../support/wav-chunks.ts';

const SAMPLES = Uint8Array.of(1, 2, 3, 4);
const read = (stream: WavStream, ...frames: Uint8Array[]): number[] =>
  frames.flatMap((frame) => [...stream.push(frame)]);
const LIST = chunk('LIST', new Uint8Array(7));

t.test('samples come out, whatever chunks stand around them and wherever the frames are cut', async (t) => {
  const data = chunk('data', SAMPLES);
  const files = [
    wav(formatChunk({}), data),
    wav(LIST, formatChunk({}), LIST, data),
    wav(chunk('JUNK', new Uint8Array(100_000)), formatChunk({}), data, LIST, chunk('id3 ', Uint8Array.of(9, 9, 9))),
  ];
  for (const file of files)
    for (const bytes of [1, 2, 7, 44, 50, file.length]) {
      const stream = new WavStream();
      const frames = Array.from({ length: Math.ceil(file.length / bytes) }, (_, i) =>
        file.subarray(i * bytes, (i + 1) * bytes),
      );
      t.same(read(stream, ...frames), [...SAMPLES]);
      t.same(stream.format, { encoding: 'pcm_s16le', sampleRate: 16_000, channels: 1 });
    }
});

t.test('a stream without a header comes out unchanged', async (t) => {
  for (const bytes of [
    SAMPLES,
    Buffer.from('RIFT'),
    Buffer.from('RIFF\0\0\0\0AVI LIST'),
    Uint8Array.of(0x52, 0, 1, 2),
  ]) {
    const stream = new WavStream();
    t.same(read(stream, bytes.subarray(0, 1), bytes.subarray(1), bytes), [...bytes, ...bytes]);
    t.equal(stream.format, undefined);
    t.notOk(stream.isDetecting);
  }
});

t.test('a header without a size, or with a wrong one, loses no sound', async (t) => {
  for (const size of [0, 0xffffffff, 0x7fffffff, 0x7fffffff - 36]) {
    const head = chunk('data', SAMPLES);
    head.writeUInt32LE(size, 4);
    t.same(read(new WavStream(), wav(formatChunk({}), head), SAMPLES), [...SAMPLES, ...SAMPLES]);
  }
  const sound = Uint8Array.of(0, 250, 3, 1, 255, 1, 9, 0, 5, 200);
  t.same(read(new WavStream(), wav(formatChunk({}), chunk('data', SAMPLES)), sound), [...SAMPLES, ...sound]);
});

t.test('files that follow each other are heard, all of the same format', async (t) => {
  const file = wav(formatChunk({}), chunk('data', SAMPLES), LIST);
  for (const bytes of [1, 7, file.length, 2 * file.length]) {
    const stream = new WavStream();
    const both = Buffer.concat([file, file]);
    const frames = Array.from({ length: Math.ceil(both.length / bytes) }, (_, i) =>
      both.subarray(i * bytes, (i + 1) * bytes),
    );
    t.same(read(stream, ...frames), [...SAMPLES, ...SAMPLES]);
  }
  const other = wav(formatChunk({ sampleRate: 8_000 }), chunk('data', SAMPLES));
  t.throws(() => read(new WavStream(), file, other), { code: 'audio.format', message: /8000 Hz.*16000 Hz/ });
});

t.test('what pads an odd number of bytes is no sound', async (t) => {
  const stream = new WavStream();
  t.same(
    read(stream, wav(formatChunk({ bits: 8 }), chunk('data', Uint8Array.of(128, 128, 255)), LIST)),
    [0, 0, 0, 0, 0, 127],
  );
});

t.test('a size that ends within a sample shifts nothing that follows', async (t) => {
  for (const torn of [[1, 2, 3], [9]]) {
    const file = wav(formatChunk({}), chunk('data', Uint8Array.from(torn)));
    const whole = torn.slice(0, torn.length - 1);
    const next = wav(formatChunk({}), chunk('data', SAMPLES));
    const both = Buffer.concat([file, next]);
    t.same(read(new WavStream(), both), [...whole, ...SAMPLES]);
    t.same(read(new WavStream(), ...[...both].map((byte) => Uint8Array.of(byte))), [...whole, ...SAMPLES]);
  }
  // The size was wrong: sound goes on behind it, beginning with a whole sample.
  const sound = Uint8Array.of(0, 250, 3, 1, 255, 1, 9, 0);
  const head = chunk('data', new Uint8Array(0));
  head.writeUInt32LE(3, 4);
  t.same(read(new WavStream(), wav(formatChunk({}), head), SAMPLES, sound), [1, 2, ...sound]);
});

t.test('a chunk of gigabytes in front of the samples is refused', async (t) => {
  for (const broken of [chunk('LIST', SAMPLES), formatChunk({})]) {
    broken.writeUInt32LE(0xfffffff0, 4);
    const file = wav(broken, Buffer.alloc(8_192), formatChunk({}), chunk('data', SAMPLES));
    t.throws(() => read(new WavStream(), file), { code: 'audio.format', message: /broken header/ });
  }
});

t.test('each width of sample is read', async (t) => {
  const sample = (bits: number, tag: number, bytes: readonly number[]) => {
    const stream = new WavStream();
    const out = read(stream, wav(formatChunk({ bits, tag }), chunk('data', Uint8Array.from(bytes))));
    return [stream.format?.encoding, ...out];
  };
  t.same(sample(8, 1, [0x80, 0xff]), ['pcm_s16le', 0, 0, 0, 0x7f]);
  t.same(sample(24, 1, [9, 1, 2]), ['pcm_s16le', 1, 2]);
  t.same(sample(32, 1, [9, 9, 1, 2]), ['pcm_s16le', 1, 2]);
  t.same(sample(32, 3, [0, 0, 0x80, 0x3f]), ['pcm_f32le', 0, 0, 0x80, 0x3f]);
  t.same(sample(8, 7, [1, 2]), ['mulaw', 1, 2]);
  t.same(sample(8, 6, [1, 2]), ['alaw', 1, 2]);
  t.same(sample(24, 0xfffe, [9, 1, 2]), ['pcm_s16le', 1, 2]);
});

t.test('a header of audio that cannot be read is an error that says what came', async (t) => {
  const broken = [formatChunk({ sampleRate: 96_000 }), formatChunk({ channels: 0 }), formatChunk({ tag: 2, bits: 4 })];
  for (const format of broken)
    t.throws(() => new WavStream().push(wav(format, chunk('data', SAMPLES))), { code: 'audio.format' });
  t.throws(() => new WavStream().push(wav(chunk('data', SAMPLES))), { code: 'audio.format' });
  t.throws(() => new WavStream().push(wav(chunk('fmt ', new Uint8Array(4)))), { code: 'audio.format' });
});

const OTHERS: Readonly<Record<string, () => DialectSession>> = {
  AssemblyAI: () => openSession(assemblyaiDialect, '/v3/ws?sample_rate=16000'),
  Deepgram: () => openSession(deepgramDialect, '/v1/listen?encoding=linear16&sample_rate=16000'),
  WhisperLive: () => {
    const session = openSession(whisperLiveDialect, '/whisper-live');
    session.read('{"uid":"a","audio_format":"int16"}');
    return session;
  },
};

for (const [name, open] of Object.entries(OTHERS))
  t.test(`${name}: a WAV file is heard without its header, and one of another format is refused`, async (t) => {
    const file = wav(formatChunk({}), chunk('data', SAMPLES));
    const session = open();
    t.same(session.read(file.subarray(0, 20)).commands, []);
    t.same(session.read(file.subarray(20)).commands, [{ type: 'audio', bytes: Buffer.from(SAMPLES) }]);
    t.throws(() => open().read(wav(formatChunk({ sampleRate: 44_100 }), chunk('data', SAMPLES))), {
      code: 'audio.format',
      message: /44100 Hz.*16000 Hz/,
    });
  });

t.test('AssemblyAI and WhisperLive: a message may come as a binary frame', async (t) => {
  const assemblyai = OTHERS['AssemblyAI']!();
  t.same(assemblyai.read(Buffer.from('{"type": "Terminate"}')).commands, [{ type: 'finish' }]);
  const whisperLive = openSession(whisperLiveDialect, '/whisper-live');
  t.match(whisperLive.read(Buffer.from('{"uid":"a"}')).commands, [{ type: 'start' }]);
});
