import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { type DecoderStream, DecoderThread } from '../../../server/libav/decoder-thread.ts';
import type { DecodedStep } from '../../../server/libav/messages.ts';
import { compileLibav, describeLibav } from '../../../server/libav/reader.ts';
import { tags } from '../../support/hostile-files.ts';
import { aiff, au, indexLast, wav, withoutTypeBox } from '../../support/sound-files.ts';

const FORMATS = new URL('../../fixtures/formats/', import.meta.url);
const read = (name: string): Uint8Array => Uint8Array.from(readFileSync(new URL(name, FORMATS)));
const thread = new DecoderThread();
t.teardown(() => thread.close());

interface Decoded {
  readonly seconds: number;
  readonly sampleRate: number;
  readonly channels: number;
  /** Root mean square of the first channel. */
  readonly level: number;
}

async function decodeAll(
  stream: DecoderStream,
  pieces: Iterable<Uint8Array>,
): Promise<Decoded & { readonly steps: number }> {
  let samples = 0;
  let energy = 0;
  let steps = 0;
  let format = { sampleRate: 0, channels: 0 };
  const take = async (first: Promise<DecodedStep>): Promise<void> => {
    for (let step = await first; ; step = await stream.read()) {
      if (step.piece !== undefined) {
        const [plane] = step.piece.planes;
        steps++;
        samples += plane!.length;
        for (const sample of plane!) energy += sample * sample;
        format = { sampleRate: step.piece.sampleRate, channels: step.piece.planes.length };
      }
      if (!step.hasMore) return;
    }
  };
  try {
    for (const piece of pieces) await take(stream.feed(piece));
    await take(stream.end());
  } finally {
    stream.close();
  }
  return { seconds: samples / format.sampleRate, level: Math.sqrt(energy / samples), steps, ...format };
}

function* cut(bytes: Uint8Array, step: number): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += step) yield bytes.subarray(at, at + step);
}

const asFile = (bytes: Uint8Array): Promise<Decoded> =>
  decodeAll(thread.open({ kind: 'memory', size: bytes.length }), cut(bytes, 65_536));
const asStream = (bytes: Uint8Array, step: number): Promise<Decoded & { readonly steps: number }> =>
  decodeAll(thread.open({ kind: 'live' }), cut(bytes, step));

/** A second of a tone of 440 Hz, 16 bits. */
const tone = (rate: number, channels = 1): Int16Array =>
  Int16Array.from({ length: rate * channels }, (_, i) =>
    Math.round(8_000 * Math.sin((2 * Math.PI * 440 * Math.floor(i / channels)) / rate)),
  );
const m4a = read('short_01.m4a');
/** What each is, and its length in seconds. */
const RECORDINGS: Readonly<Record<string, readonly [Uint8Array, number]>> = {
  FLAC: [read('short_01.flac'), 3.5],
  M4A: [m4a, 3.5],
  'M4A with its index at the end': [indexLast(m4a), 3.5],
  'MOV without a type box': [withoutTypeBox(m4a), 3.5],
  MP3: [read('short_01.mp3'), 3.5],
  'Ogg Vorbis': [read('short_01.ogg'), 3.5],
  'Ogg Opus': [read('short_01.opus'), 3.5],
  WebM: [read('short_01.webm'), 3.5],
  'mu-law WAV': [read('short_01_mulaw.wav'), 3.5],
  AMR: [read('voice.amr'), 2.99],
  'CAF with ALAC': [read('voice.caf'), 2.99],
  'MP2, cut off': [read('voice.mp2'), 1.02],
  'TTA, cut off': [read('voice.tta'), 1.04],
  'WMA, cut off': [read('voice.wma'), 1.34],
  'WavPack, cut off': [read('voice.wv'), 1],
  AIFF: [aiff(tone(22_050), 22_050), 1],
  AU: [au(tone(16_000), 16_000), 1],
  'WAV with an odd chunk': [wav(tone(16_000), 16_000, { chunkBefore: 25 }), 1],
  'WAV of 24 bits': [wav(tone(16_000), 16_000, { bits: 24 }), 1],
  'WAV with tags behind the samples': [wav(tone(16_000), 16_000, { chunkBehind: 100_000 }), 1],
  'WAV of 4 kHz': [wav(tone(4_000), 4_000), 1],
  'WAV of 192 kHz': [wav(tone(192_000), 192_000), 1],
  'MP3 behind two tags': [read('two-tags.mp3'), 2.99],
  'MP3 behind silence that belongs to nothing': [read('junk-before.mp3'), 2.99],
  'MP3s of other rates, joined': [read('joined-rates.mp3'), 6.29],
  'three MP3s, joined': [read('joined-three.mp3'), 9.85],
  'Ogg streams of other rates, chained': [read('chained-rates.ogg'), 6.02],
};

for (const [name, [bytes, seconds]] of Object.entries(RECORDINGS))
  t.test(`${name}: the same as a file and in pieces of any size`, async (t) => {
    const file = await asFile(bytes);
    t.ok(Math.abs(file.seconds - seconds) < 0.1, `${file.seconds} s`);
    t.ok(file.level > 0.01, `${file.level}`);
    t.ok(file.sampleRate >= 8_000 && file.sampleRate <= 48_000);
    for (const step of [997, 20_000]) {
      const stream = await asStream(bytes, step);
      t.ok(Math.abs(stream.seconds - file.seconds) < 0.06, `in pieces of ${step}: ${stream.seconds} s`);
      t.ok(Math.abs(stream.level / file.level - 1) < 0.05);
    }
  });

t.test('a file on the disk is read from there', async (t) => {
  const path = fileURLToPath(new URL('short_01.m4a', FORMATS));
  const stream = thread.open({ kind: 'path', path });
  const first = await stream.read();
  t.ok(first.piece!.planes[0]!.length > 1_000);
  t.ok(Math.abs(first.durationMs! - 3_500) < 100, `${first.durationMs}`);
  await t.rejects(thread.open({ kind: 'path', path: `${path}.gone` }).read(), { message: /ENOENT/ });
});

t.test('sound comes out while the recording is still arriving', async (t) => {
  const names = ['short_01.mp3', 'short_01.ogg', 'short_01.webm', 'short_01.flac', 'voice.amr', 'voice.wma'];
  const recordings: [string, Uint8Array][] = names.map((name) => [name, read(name)]);
  for (const [name, bytes] of [...recordings, ['MOV with its index first', withoutTypeBox(m4a)] as const]) {
    const stream = thread.open({ kind: 'live' });
    let samples = 0;
    for (const piece of cut(bytes.subarray(0, bytes.length >> 1), 512))
      for (let step = await stream.feed(piece); ; step = await stream.read()) {
        samples += step.piece?.planes[0]?.length ?? 0;
        if (!step.hasMore) break;
      }
    t.ok(samples > 9_000, `${name}: ${samples} samples`);
    stream.close();
  }
});

t.test('what is no recording says why, at once', async (t) => {
  const text = new TextEncoder().encode('hello, I am a text\n'.repeat(20_000));
  await t.rejects(asFile(text), { message: /format is unknown/ });
  await t.rejects(thread.open({ kind: 'live' }).feed(text.subarray(0, 70_000)), { message: /format is unknown/ });
  await t.rejects(asFile(new Uint8Array(0)), { message: 'it is empty' });
  await t.rejects(asFile(read('short_01.m4a').subarray(0, 200)), { message: /unknown|broken/ });
  const sound = aiff(tone(16_000), 16_000);
  const header = sound.subarray(0, Buffer.from(sound).indexOf('SSND') + 16);
  await t.rejects(asFile(header), { message: /nothing of the sound/ });
  t.equal((await asFile(read('short_01.mp3'))).channels, 1, 'the next is decoded');
});

t.test('several tags in front are skipped, whatever they are cut into, and no more than anybody writes', async (t) => {
  const mp3 = read('short_01.mp3');
  const tagged = Uint8Array.from(Buffer.concat([tags(10, 3_000), mp3]));
  t.ok(Math.abs((await asFile(tagged)).seconds - 3.5) < 0.1);
  t.ok(Math.abs((await asStream(tagged, 100)).seconds - 3.5) < 0.1);
  const many = { message: /more than 16 ID3 tags/ };
  await t.rejects(asFile(tags(100_000, 0)), many);
  await t.rejects(asStream(tags(100_000, 0), 50_000), many);
});

t.test('bare Opus packets need no container, and one in their place is found', async (t) => {
  const packets = { kind: 'packets', sampleRate: 48_000, channels: 1 } as const;
  // SILK, 20 ms, of one frame without any coded sound.
  const decoded = await decodeAll(thread.open(packets), [Uint8Array.of(0x08), Uint8Array.of(0x08, 0xff, 0xfe)]);
  t.ok(Math.abs(decoded.seconds - 0.04) < 0.001, `${decoded.seconds}`);
  const container = await decodeAll(thread.open(packets), cut(read('short_01.opus'), 3));
  t.ok(Math.abs(container.seconds - 3.5) < 0.1);
  await t.rejects(decodeAll(thread.open(packets), [new Uint8Array(20_000)]), { message: /packet of 20000 bytes/ });
});

t.test('a closed stream ends in the middle of its sound, and its thread takes the next', async (t) => {
  const stream = thread.open({ kind: 'live' });
  await stream.feed(read('short_01.flac'));
  stream.close();
  stream.close();
  const awaited = thread.open({ kind: 'live' });
  const rejected = t.rejects(awaited.feed(read('short_01.flac')), { message: 'the stream is closed' });
  awaited.close();
  await rejected;
  const overtaken = t.rejects(thread.open({ kind: 'live' }).end(), { message: 'the stream is closed' });
  thread.open({ kind: 'live' }).close();
  await overtaken;
  await t.rejects(thread.open({ kind: 'memory', size: 0 }).end());
  t.ok((await asFile(read('short_01.ogg'))).seconds > 3);
});

t.test('libav is built under the LGPL alone', async (t) => {
  const { licence, version, configuration } = describeLibav(compileLibav());
  t.equal(licence, 'LGPL version 2.1 or later');
  t.match(version, /^\d+\.\d+/);
  t.notMatch(configuration, /enable-(gpl|nonfree|version3|lib)/);
});
