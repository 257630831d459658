import { readFileSync } from 'node:fs';
import t from 'tap';
import { isContainerHeader } from '../../../client/cli/audio/container.ts';
import fc from '../../support/fast-check.ts';

const fixture = (name: string): Buffer => readFileSync(new URL(`../../fixtures/${name}`, import.meta.url));

t.test('every kind of file that must be decoded is known by its first bytes', async (t) => {
  for (const end of ['flac', 'm4a', 'mp3', 'ogg', 'opus', 'webm'])
    t.ok(isContainerHeader(fixture(`formats/short_01.${end}`)), end);
});

t.test('an MP3 without its tag is known, and a lone frame header is not enough', async (t) => {
  const mp3 = fixture('formats/short_01.mp3');
  const bare = mp3.subarray(10 + [6, 7, 8, 9].reduce((sum, at) => sum * 128 + mp3[at]!, 0));
  t.ok(isContainerHeader(bare));
  t.notOk(isContainerHeader(Buffer.concat([bare.subarray(0, 4), Buffer.alloc(4_096)])));
});

t.test('AAC frames are known by two headers in a row', async (t) => {
  const frame = Buffer.alloc(200);
  Buffer.from([0xff, 0xf1, 0x50, 0x80 | (200 >> 11), (200 >> 3) & 0xff, (200 & 7) << 5]).copy(frame);
  t.ok(isContainerHeader(Buffer.concat([frame, frame])));
  t.notOk(isContainerHeader(Buffer.concat([frame, Buffer.alloc(200)])));
});

t.test('speech as raw samples is never taken for a file, wherever it begins', async (t) => {
  const samples = fixture('speech/short_01.wav').subarray(44);
  fc.assert(
    fc.property(fc.nat(samples.length - 4_096), (at) => !isContainerHeader(samples.subarray(at, at + 4_096))),
    { numRuns: 5_000 },
  );
  t.pass();
});
