import { readFileSync } from 'node:fs';
import t from 'tap';
import { detectAudioKind, findAudioStart } from '../../../server/decoder/child/detect-kind.ts';
import { ProcessDecoder } from '../../../server/decoder/decoder.ts';
import type { ChannelLayout, DecodedAudio } from '../../../server/ports/decoder.ts';
import { flacBomb } from '../../support/flac-bomb.ts';
import { uploadedFile } from '../../support/uploaded-file.ts';

const FORMATS = new URL('../../fixtures/formats/', import.meta.url);
const decoder = new ProcessDecoder();
t.teardown(() => decoder.close());

async function secondsOf(bytes: Uint8Array, layout: ChannelLayout = 'mix') {
  let seconds = 0;
  let power = 0;
  let channels = 0;
  for await (const audio of decoder.decodeFile(uploadedFile(bytes), { layout }, new AbortController().signal)) {
    const samples = new Float32Array(audio.bytes.slice().buffer);
    channels = audio.channels;
    seconds += samples.length / audio.channels / audio.sampleRate;
    for (const sample of samples) power += sample * sample;
  }
  return { seconds, power, channels };
}

async function bytesOf(decoded: AsyncIterable<DecodedAudio>): Promise<number> {
  let bytes = 0;
  for await (const audio of decoded) bytes += audio.bytes.length;
  return bytes;
}

/** A WAV of 16-bit samples with the header as given. */
function wav(samples: Int16Array, rate: number, channels: number): Uint8Array {
  const header = Buffer.alloc(44);
  header.write('RIFF', 0, 'latin1');
  header.writeUInt32LE(36 + samples.byteLength, 4);
  header.write('WAVEfmt ', 8, 'latin1');
  header.writeUInt32LE(16, 16);
  header.writeUInt16LE(1, 20);
  header.writeUInt16LE(channels, 22);
  header.writeUInt32LE(rate, 24);
  header.writeUInt32LE(rate * channels * 2, 28);
  header.writeUInt16LE(channels * 2, 32);
  header.writeUInt16LE(16, 34);
  header.write('data', 36, 'latin1');
  header.writeUInt32LE(samples.byteLength, 40);
  return new Uint8Array(Buffer.concat([header, Buffer.from(samples.buffer)]));
}

for (const [name, kind] of [
  ['short_01_mulaw.wav', 'wav'],
  ['short_01.mp3', 'mp3'],
  ['short_01.flac', 'flac'],
  ['short_01.ogg', 'oga'],
  ['short_01.opus', 'opus'],
  ['short_01.webm', 'webm'],
  ['short_01.m4a', 'm4a'],
] as const)
  t.test(`${name} is known by its first bytes and decoded to its end`, async (t) => {
    const bytes = readFileSync(new URL(name, FORMATS));
    t.equal(detectAudioKind(bytes.subarray(findAudioStart(bytes))), kind);
    const { seconds, power } = await secondsOf(bytes);
    const whole = await secondsOf(readFileSync(new URL('short_01_mulaw.wav', FORMATS)));
    t.ok(Math.abs(seconds - whole.seconds) < 0.15, `${seconds} s, not ${whole.seconds} s`);
    t.ok(power > 1);
  });

t.test('a table of an MP4 file that stands behind the sound is read all the same', async (t) => {
  const bytes = readFileSync(new URL('short_01.m4a', FORMATS));
  const boxes: { type: string; bytes: Buffer }[] = [];
  for (let at = 0; at < bytes.length; at += bytes.readUInt32BE(at))
    boxes.push({
      type: bytes.toString('latin1', at + 4, at + 8),
      bytes: bytes.subarray(at, at + bytes.readUInt32BE(at)),
    });
  const order = boxes.map(({ type }) => type);
  t.ok(order.includes('moov') && order.includes('mdat'), order.join());
  const there = await secondsOf(bytes);
  t.same(await secondsOf(moved(bytes, boxes)), there);
});

/** The same file with its table on the other side of the sound, and the places in it put right. */
function moved(bytes: Buffer, boxes: readonly { type: string; bytes: Buffer }[]): Uint8Array {
  const moov = Buffer.from(boxes.find(({ type }) => type === 'moov')!.bytes);
  const others = boxes.filter(({ type }) => type !== 'moov');
  const wasFirst = boxes.findIndex(({ type }) => type === 'moov') < boxes.findIndex(({ type }) => type === 'mdat');
  const by = wasFirst ? -moov.length : moov.length;
  for (let at = moov.indexOf('stco'); at > 0; at = moov.indexOf('stco', at + 4))
    for (let i = 0; i < moov.readUInt32BE(at + 8); i++)
      moov.writeUInt32BE(moov.readUInt32BE(at + 12 + i * 4) + by, at + 12 + i * 4);
  const sound = others.map((box) => box.bytes);
  return new Uint8Array(
    wasFirst
      ? Buffer.concat([...sound, moov])
      : Buffer.concat([sound[0]!, moov, ...sound.slice(1), bytes.subarray(0, 0)]),
  );
}

t.test('channels are mixed, or kept apart when asked', async (t) => {
  const bytes = wav(
    Int16Array.from({ length: 32_000 }, (_, i) => (i % 2 ? 0 : 16_384)),
    16_000,
    2,
  );
  const mixed = await secondsOf(bytes);
  t.match(mixed, { seconds: 1, channels: 1 });
  t.ok(Math.abs(mixed.power - 16_000 / 16) < 1);
  t.match(await secondsOf(bytes, 'separate'), { seconds: 1, channels: 2 });
});

t.test('rates a session does not take become such as it does', async (t) => {
  for (const rate of [4_000, 96_000, 192_000]) {
    const { seconds } = await secondsOf(wav(new Int16Array(rate).fill(1_000), rate, 1));
    t.ok(Math.abs(seconds - 1) < 0.001, `${rate} Hz`);
  }
});

t.test('what is no audio, or breaks off, is a fault or what there is of it, never a hang', async (t) => {
  await t.rejects(secondsOf(new TextEncoder().encode('hello, I am a text')), { code: 'audio.format' });
  await t.rejects(secondsOf(new Uint8Array(0)), { code: 'audio.format' });
  const flac = readFileSync(new URL('short_01.flac', FORMATS));
  t.ok((await secondsOf(flac.subarray(0, flac.length >> 1))).seconds > 0.5, 'half a file');
  for (const name of ['short_01.m4a', 'short_01.webm', 'short_01.ogg', 'short_01.mp3', 'short_01_mulaw.wav']) {
    const bytes = Uint8Array.from(readFileSync(new URL(name, FORMATS)));
    for (let i = 20; i < bytes.length; i += 97) bytes[i] = (bytes[i]! * 31) & 255;
    await secondsOf(bytes).catch((error: { code?: string }) => t.equal(error.code, 'audio.format', name));
  }
  t.ok((await secondsOf(flac)).seconds > 1, 'and the next file is decoded');
});

t.test('kilobytes that hold more sound than fits the memory end their decoder, and nothing else', async (t) => {
  const bomb = flacBomb(1_500);
  t.ok(bomb.length < 60_000);
  const stream = decoder.open({ layout: 'separate' });
  t.teardown(() => stream.close());
  await t.rejects(bytesOf(stream.feed(bomb)), { code: 'audio.format', message: /time or memory/ } as never);
  t.ok((await secondsOf(readFileSync(new URL('short_01.mp3', FORMATS)))).seconds > 3, 'the next file has a new one');
});

/** A recording whose bytes say something else in one place. */
function forged(name: string, forge: (bytes: Buffer, at: (mark: string) => number) => void): Uint8Array {
  const bytes = readFileSync(new URL(name, FORMATS));
  forge(bytes, (mark) => {
    const at = bytes.indexOf(mark, 0, 'latin1');
    if (at < 0) throw new Error(`no ${mark} in ${name}`);
    return at;
  });
  return Uint8Array.from(bytes);
}

t.test('headers that promise more than there is are a fault or what there is of it, at once', async (t) => {
  const most = 0xffffffff;
  const tables: Record<string, Uint8Array> = {
    'packets of one size': forged('short_01.m4a', (bytes, at) => {
      bytes.writeUInt32BE(1, at('stsz') + 8);
      bytes.writeUInt32BE(most, at('stsz') + 12);
    }),
    'packets of many sizes': forged('short_01.m4a', (bytes, at) => bytes.writeUInt32BE(0x0fffffff, at('stsz') + 12)),
    'packets without end': forged('short_01.m4a', (bytes, at) => bytes.writeUInt32BE(most, at('stts') + 12)),
    'places without end': forged('short_01.m4a', (bytes, at) => bytes.writeUInt32BE(most, at('stco') + 8)),
  };
  for (const [name, bytes] of Object.entries(tables))
    await t.rejects(secondsOf(bytes), { code: 'audio.format', message: /promises more/ }, name);
  const whole = await secondsOf(readFileSync(new URL('short_01_mulaw.wav', FORMATS)));
  const headers: Record<string, Uint8Array> = {
    'a WAV of 4 GB': forged('short_01_mulaw.wav', (bytes, at) => bytes.writeUInt32LE(most, at('data') + 4)),
    'a FLAC of 2^36 samples': forged('short_01.flac', (bytes) => {
      bytes[21]! |= 15;
      bytes.writeUInt32BE(most, 22);
    }),
    'an OGG of 255 channels': forged('short_01.ogg', (bytes, at) =>
      bytes.fill(255, at('vorbis') + 10, at('vorbis') + 11),
    ),
  };
  for (const [name, bytes] of Object.entries(headers))
    t.ok((await secondsOf(bytes)).seconds < whole.seconds + 0.2, name);
  const rate = forged('short_01_mulaw.wav', (bytes) => bytes.writeUInt32LE(most, 24));
  await t.rejects(secondsOf(rate), { code: 'audio.format', message: /sample rate/ });
  const channels = forged('short_01_mulaw.wav', (bytes) => bytes.writeUInt16LE(65_535, 22));
  await t.rejects(secondsOf(channels), { code: 'audio.format' });
});

t.test('a bomb in one stream ends no other, live or of a file', async (t) => {
  const webm = readFileSync(new URL('short_01.webm', FORMATS));
  const half = webm.length >> 1;
  const live = [0, 1, 2].map(() => decoder.open({ layout: 'mix' }));
  let samples = await Promise.all(live.map((stream) => bytesOf(stream.feed(webm.subarray(0, half)))));
  const bomb = decoder.open({ layout: 'separate' });
  const [, file] = await Promise.all([
    t.rejects(bytesOf(bomb.feed(flacBomb(1_500))), { code: 'audio.format' } as never),
    secondsOf(readFileSync(new URL('short_01.mp3', FORMATS))),
  ]);
  t.ok(file.seconds > 3, 'a file beside it');
  samples = await Promise.all(
    live.map(async (stream, i) => {
      return samples[i]! + (await bytesOf(stream.feed(webm.subarray(half)))) + (await bytesOf(stream.end()));
    }),
  );
  for (const bytes of samples) t.ok(bytes / 4 / 48_000 > 3, 'a stream beside it');
  for (const stream of [bomb, ...live]) stream.close();
});
