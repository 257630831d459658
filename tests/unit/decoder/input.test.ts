import { fork } from 'node:child_process';
import { once } from 'node:events';
import t from 'tap';
import { findAudioStart } from '../../../server/decoder/child/detect-kind.ts';
import { FileInput } from '../../../server/decoder/child/file-input.ts';
import { LiveInput } from '../../../server/decoder/child/live-input.ts';
import { checkTables } from '../../../server/decoder/child/mp4-boxes.ts';
import { DecodingStream } from '../../../server/decoder/child/stream.ts';
import { emptyBoxes, nestedBoxes, tags } from '../../support/hostile-files.ts';
import { program } from '../../support/program.ts';

const MP3_FRAME = Uint8Array.from([0xff, 0xfb, 0x90, 0x64, ...new Array(96).fill(0)]);
const joined = (...parts: Uint8Array[]): Uint8Array => Uint8Array.from(Buffer.concat(parts));

t.test('more boxes, or deeper ones, than any recording has are refused', async (t) => {
  t.throws(() => checkTables(emptyBoxes(1 << 20)), /more than \d+ boxes/);
  t.throws(() => checkTables(nestedBoxes(100_000)), /nested deeper/);
  t.doesNotThrow(() => checkTables(emptyBoxes(8 * 1_000)));
});

t.test('several tags are skipped, and no more than anybody writes', async (t) => {
  t.equal(findAudioStart(joined(tags(2, 300), MP3_FRAME)), tags(2, 300).length);
  t.throws(() => findAudioStart(tags(100_000, 0)), /more than 16 ID3 tags/);
  const file = new FileInput(tags(2, 300).length + MP3_FRAME.length);
  file.write(joined(tags(2, 300), MP3_FRAME));
  file.end();
  t.equal(file.kind, 'mp3');
  t.same(file.takeSlice(), MP3_FRAME);
});

t.test('live audio is identified by its first bytes, in whatever pieces they arrive', async (t) => {
  const bytes = joined(tags(2, 300), MP3_FRAME);
  for (const step of [1, 7, 64, 1_000]) {
    const input = new LiveInput(false);
    for (let at = 0; at < bytes.length; at += step) input.write(bytes.subarray(at, at + step));
    t.equal(input.kind, 'mp3', `pieces of ${step}`);
    t.same(input.takeSlice(), MP3_FRAME);
    t.notOk(input.hasSlice);
  }
  const many = new LiveInput(false);
  t.throws(() => many.write(tags(100_000, 0)), /more than 16 ID3 tags/);
  const short = new LiveInput(false);
  short.write(new TextEncoder().encode('hello'));
  t.throws(() => short.end(), /format is unknown/);
});

t.test('bare packets stay whole, and a container in their place is found', async (t) => {
  const packets = new LiveInput(true);
  packets.write(new Uint8Array(4_000).fill(120));
  t.equal(packets.kind, 'opus-packets');
  t.equal(packets.takeSlice()?.length, 4_000);
  t.throws(() => packets.write(new Uint8Array(20_000)), /packet of 20000 bytes/);
  const ogg = new Uint8Array(5_000);
  ogg.set(new TextEncoder().encode('OggS'));
  ogg.set(new TextEncoder().encode('OpusHead'), 28);
  const container = new LiveInput(true);
  container.write(ogg.subarray(0, 20));
  t.equal(container.kind, undefined);
  container.write(ogg.subarray(20));
  t.equal(container.kind, 'opus');
  t.equal(container.takeSlice()?.length, 2_048);
});

t.test('a stream to which nothing was fed ends with nothing', async (t) => {
  const stream = new DecodingStream({ layout: 'mix', packets: undefined, fileBytes: undefined });
  t.same(await stream.end(), { kind: 'nothing', hasMore: false });
});

t.test('audio that uses up its processor time or memory ends its process', async (t) => {
  const { path, flags } = program('tests/support/greedy-decoder.ts');
  const start = (need: string) => fork(path, [need], { stdio: 'ignore', execArgv: [...flags] });
  for (const need of ['time', 'memory']) {
    const process = start(need);
    t.same(await once(process, 'exit'), [null, 'SIGKILL'], need);
  }
  const patient = start('neither');
  t.same(await once(patient, 'exit'), [0, null], 'and no other does');
});
