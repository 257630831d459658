import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import type { AudioSource } from '../../../client/cli/audio/audio-source.ts';
import { decodeFile, decodeInput } from '../../../client/cli/audio/decode.ts';

const pathOf = (name: string): string => fileURLToPath(new URL(`../../fixtures/formats/${name}`, import.meta.url));

async function secondsOf({ format, chunks }: AudioSource): Promise<number> {
  let bytes = 0;
  for await (const chunk of chunks()) bytes += chunk.length;
  return bytes / 2 / format.channels / format.sampleRate;
}

async function* pieces(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += 3_000) yield bytes.subarray(at, at + 3_000);
}

// Parts of joined recordings differ in rate and channels.
for (const [name, seconds] of [
  ['short_01.m4a', 3.5],
  ['voice.caf', 2.99],
  ['joined-rates.mp3', 6.29],
  ['joined-three.mp3', 9.85],
  ['chained-rates.ogg', 6.02],
] as const)
  t.test(`${name} is decoded while it is sent, from a file, more than once, and from a pipe`, async (t) => {
    const file = await decodeFile(pathOf(name));
    t.equal(file.format.encoding, 'pcm_s16le');
    for (const found of [await secondsOf(file), await secondsOf(file)])
      t.ok(Math.abs(found - seconds) < 0.1, `${found} s`);
    const found = await secondsOf(await decodeInput(pieces(readFileSync(pathOf(name)))));
    t.ok(Math.abs(found - seconds) < 0.1, `from a pipe: ${found} s`);
  });

t.test('what cannot be read is an error that says why, and what can', async (t) => {
  const path = join(tmpdir(), `sotto-no-sound-${process.pid}.mp4`);
  writeFileSync(path, 'This is a text. '.repeat(1_000));
  t.teardown(() => rmSync(path));
  const message = /its format is unknown.* WAV, MP3.* ffmpeg/;
  await t.rejects(decodeFile(path), { message });
  await t.rejects(decodeInput(pieces(readFileSync(path))), { message });
});
