import { readFileSync } from 'node:fs';
import t from 'tap';
import { detectFormat, findFrames, isFileHeader, measureTag } from '../../../server/libav/detect-format.ts';
import fc from '../../support/fast-check.ts';

const fixture = (name: string): Buffer => readFileSync(new URL(`../../fixtures/${name}`, import.meta.url));

t.test('every kind of file is known by its first bytes', async (t) => {
  for (const [file, demuxer] of Object.entries({
    ...{ 'short_01.flac': 'flac', 'short_01.m4a': 'mov', 'short_01.ogg': 'ogg', 'short_01.opus': 'ogg' },
    ...{ 'short_01.webm': 'matroska', 'short_01_mulaw.wav': '', 'voice.amr': 'amr', 'voice.caf': 'caf' },
    ...{ 'voice.mp2': 'mp3', 'voice.tta': 'tta', 'voice.wma': 'asf', 'voice.wv': 'wv' },
  })) {
    const bytes = fixture(`formats/${file}`);
    t.equal(detectFormat(bytes), demuxer, file);
    t.ok(isFileHeader(bytes), file);
  }
  t.ok(isFileHeader(fixture('formats/short_01.mp3')), 'a tag');
});

t.test('an MP3 is known without its tag and behind silence, and a lone frame header is not enough', async (t) => {
  const mp3 = fixture('formats/short_01.mp3');
  const bare = mp3.subarray(measureTag(mp3, 0));
  t.equal(detectFormat(bare), 'mp3');
  t.notOk(isFileHeader(Buffer.concat([bare.subarray(0, 4), Buffer.alloc(4_096)])));
  const late = Buffer.concat([Buffer.alloc(2_000), bare]);
  t.equal(detectFormat(late), undefined);
  t.equal(findFrames(late), 2_000);
  t.ok(isFileHeader(late));
});

t.test('AAC frames are known by two headers in a row', async (t) => {
  const frame = Buffer.alloc(200);
  Buffer.from([0xff, 0xf1, 0x50, 0x80 | (200 >> 11), (200 >> 3) & 0xff, (200 & 7) << 5]).copy(frame);
  t.equal(detectFormat(Buffer.concat([frame, frame])), 'aac');
  t.notOk(isFileHeader(Buffer.concat([frame, Buffer.alloc(200)])));
});

t.test('speech as raw samples is never taken for a file, wherever it begins', async (t) => {
  const samples = fixture('speech/short_01.wav').subarray(44);
  fc.assert(
    fc.property(fc.nat(samples.length - 4_096), (at) => !isFileHeader(samples.subarray(at, at + 4_096))),
    { numRuns: 5_000 },
  );
  t.pass();
});
