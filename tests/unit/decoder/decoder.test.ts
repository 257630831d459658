import { readFileSync } from 'node:fs';
import t from 'tap';
import { ProcessDecoder } from '../../../server/decoder/decoder.ts';
import type { ChannelLayout, DecodedAudio } from '../../../server/ports/decoder.ts';
import { flacBomb } from '../../support/flac-bomb.ts';
import { emptyBoxes, nestedBoxes, tags } from '../../support/hostile-files.ts';
import { wav } from '../../support/sound-files.ts';
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

for (const name of ['_mulaw.wav', '.mp3', '.flac', '.ogg', '.opus', '.webm', '.m4a'])
  t.test(`short_01${name} is decoded to its end`, async (t) => {
    const { seconds, power } = await secondsOf(readFileSync(new URL(`short_01${name}`, FORMATS)));
    t.ok(Math.abs(seconds - 3.5) < 0.15, `${seconds} s`);
    t.ok(power > 1);
  });

t.test('channels are mixed, or kept apart when asked', async (t) => {
  const sound = Int16Array.from({ length: 32_000 }, (_, i) => (i % 2 ? 0 : 16_000 * Math.sin(i / 4)));
  const bytes = wav(sound, 16_000, { channels: 2 });
  const power = sound.reduce((sum, sample) => sum + (sample / 32_768) ** 2, 0);
  const mixed = await secondsOf(bytes);
  t.match(mixed, { seconds: 1, channels: 1 });
  t.ok(Math.abs(mixed.power / power - 1) < 0.1, `${mixed.power}, not ${power}: as loud as the channel with the sound`);
  const opposite = sound.map((_, i) => (i % 2 ? -sound[i - 1]! : sound[i]!));
  const turned = await secondsOf(wav(opposite, 16_000, { channels: 2 }));
  t.ok(Math.abs(turned.power / power - 1) < 0.1, `${turned.power}: channels that cancel each other`);
  t.match(await secondsOf(bytes, 'separate'), { seconds: 1, channels: 2 });
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

t.test('kilobytes that hold hours of sound come out in small pieces, and only as they are asked for', async (t) => {
  const bomb = flacBomb(1_500);
  t.ok(bomb.length < 60_000);
  const stream = decoder.open({ layout: 'separate' });
  t.teardown(() => stream.close());
  let pieces = 0;
  for await (const { bytes } of stream.feed(bomb)) {
    t.ok(bytes.length <= 8 * 4 * (24_000 + 65_535));
    if (++pieces === 20) break;
  }
  t.equal(pieces, 20);
  t.ok((await secondsOf(readFileSync(new URL('short_01.mp3', FORMATS)))).seconds > 3, 'the next file is decoded');
});

t.test('boxes and tags without end are a fault, at once', async (t) => {
  const files = { boxes: emptyBoxes(1 << 20), nested: nestedBoxes(100_000), tags: tags(100_000, 0) };
  for (const [name, bytes] of Object.entries(files))
    await t.rejects(secondsOf(bytes), { code: 'audio.format' } as never, name);
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
    await secondsOf(bytes).then(
      ({ seconds }) => t.ok(seconds < 4, `${name}: ${seconds} s`),
      (error: { code?: string }) => t.equal(error.code, 'audio.format', name),
    );
  const whole = await secondsOf(readFileSync(new URL('short_01_mulaw.wav', FORMATS)));
  const headers: Record<string, Uint8Array> = {
    'a WAV of 4 GB': forged('short_01_mulaw.wav', (bytes, at) => bytes.writeUInt32LE(most, at('data') + 4)),
    'a FLAC of 2^36 samples': forged('short_01.flac', (bytes) => {
      bytes[21]! |= 15;
      bytes.writeUInt32BE(most, 22);
    }),
  };
  for (const [name, bytes] of Object.entries(headers))
    t.ok((await secondsOf(bytes)).seconds < whole.seconds + 0.2, name);
  const rate = forged('short_01_mulaw.wav', (bytes) => bytes.writeUInt32LE(most, 24));
  await t.rejects(secondsOf(rate), { code: 'audio.format' });
  const channels = forged('short_01_mulaw.wav', (bytes) => bytes.writeUInt16LE(65_535, 22));
  await t.rejects(secondsOf(channels), { code: 'audio.format' });
});

t.test('what cannot be decoded in one stream ends no other, live or of a file', async (t) => {
  const webm = readFileSync(new URL('short_01.webm', FORMATS));
  const half = webm.length >> 1;
  const live = [0, 1, 2].map(() => decoder.open({ layout: 'mix' }));
  let samples = await Promise.all(live.map((stream) => bytesOf(stream.feed(webm.subarray(0, half)))));
  const broken = decoder.open({ layout: 'separate' });
  const [, file] = await Promise.all([
    t.rejects(bytesOf(broken.feed(new Uint8Array(200_000).fill(7))), { code: 'audio.format' } as never),
    secondsOf(readFileSync(new URL('short_01.mp3', FORMATS))),
  ]);
  t.ok(file.seconds > 3, 'a file beside it');
  samples = await Promise.all(
    live.map(async (stream, i) => {
      return samples[i]! + (await bytesOf(stream.feed(webm.subarray(half)))) + (await bytesOf(stream.end()));
    }),
  );
  for (const bytes of samples) t.ok(bytes / 4 / 48_000 > 3, 'a stream beside it');
  for (const stream of [broken, ...live]) stream.close();
});
