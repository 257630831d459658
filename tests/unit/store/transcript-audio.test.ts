import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import t, { type Test } from 'tap';
import { AudioFormat } from '../../../protocol/index.ts';
import type { AudioChunk, TranscriptPlace } from '../../../server/ports/transcripts.ts';
import { OpusCodec } from '../../../server/store/opus-codec.ts';
import { SqliteTranscripts } from '../../../server/store/sqlite-transcripts.ts';
import { type Database, migrateSchema } from '../../../server/store/transcript-schema.ts';
import { begin } from '../../contract/transcripts.ts';
import { decodeAudio } from '../../support/decode-audio.ts';

const OWNER = 'key-a';
const STREAM = { part: 1, channel: 0 };
const ALL = { fromSecond: 0, seconds: 3_600 };
const FORMAT = AudioFormat.parse({});
const Library = createRequire(import.meta.url)('libsql') as new (path: string) => Database;
/** 11 s of speech, 16 kHz, 16 bits. */
const SPEECH = new Uint8Array(readFileSync(new URL('../../fixtures/speech/jfk.wav', import.meta.url)).subarray(44));
const SECOND_BYTES = 32_000;

async function open(t: Test, bounds = { bytesMax: 0, bytesPerOwnerMax: 0 }) {
  const codec = await OpusCodec.load();
  if (codec === undefined) throw new Error('libopus-wasm is not installed');
  const database = new Library(':memory:');
  t.teardown(() => database.close());
  migrateSchema(database);
  const reopen = () => new SqliteTranscripts(database, { nowMs: () => 0, bounds, codec });
  const count = (): number => (database.prepare('SELECT count(*) AS rows FROM audio').get() as { rows: number }).rows;
  return { store: reopen(), reopen, count, database };
}

const chunk = (fromSecond: number, toSecond: number, isLast = false): AudioChunk => ({
  format: FORMAT,
  fromFrame: fromSecond * 16_000,
  bytes: SPEECH.subarray(fromSecond * SECOND_BYTES, toSecond * SECOND_BYTES),
  isLast,
});

/** Adds the seconds in chunks, as a session does. */
function add(store: SqliteTranscripts, place: TranscriptPlace, from: number, to: number): void {
  for (let second = from; second < to; second++) store.addAudio(place, chunk(second, second + 1, second === to - 1));
}

const spoken = (from: number, to: number): Float32Array => {
  const view = new DataView(SPEECH.buffer, SPEECH.byteOffset, SPEECH.byteLength);
  return Float32Array.from({ length: to - from }, (_, i) => view.getInt16((from + i) * 2, true) / 32_768);
};

/** How alike two signals are, -1 to 1, without any shift between them. */
function correlate(a: Float32Array, b: Float32Array): number {
  let [product, ofA, ofB] = [0, 0, 0];
  for (let i = 0; i < a.length; i++) {
    product += a[i]! * b[i]!;
    ofA += a[i]! ** 2;
    ofB += b[i]! ** 2;
  }
  return product / Math.sqrt(ofA * ofB);
}

t.test('audio is read again as it was spoken, at its place, whole or in part', async (t) => {
  const { store } = await open(t);
  const { id, place } = begin(store);
  add(store, place, 0, 10);
  t.same(store.read(OWNER, id)?.audio, [{ ...STREAM, fromMs: 0, durationMs: 10_020 }]);
  for (const range of [
    { from: 0, to: 160_000 },
    { from: 48_123, to: 96_000 },
  ]) {
    const samples = store.readSamples(OWNER, id, STREAM, range)!;
    t.equal(samples.length, range.to - range.from);
    t.ok(
      correlate(samples, spoken(range.from, range.to)) > 0.95,
      `${correlate(samples, spoken(range.from, range.to))}`,
    );
  }
  t.ok(store.readSamples(OWNER, id, STREAM, { from: 400_000, to: 400_100 })!.every((sample) => sample === 0));
});

t.test('its pages are an Ogg Opus file that others decode, however they are read', async (t) => {
  const { store } = await open(t);
  const { id, place } = begin(store);
  add(store, place, 0, 10);
  const whole = store.readAudio(OWNER, id, STREAM, ALL)!;
  t.equal(whole.isLast, true);
  const parts: Uint8Array[] = [];
  for (let fromSecond = 0, isLast = false; !isLast; fromSecond += 4) {
    const block = store.readAudio(OWNER, id, STREAM, { fromSecond, seconds: 4 })!;
    parts.push(block.bytes);
    isLast = block.isLast;
  }
  t.same(Buffer.concat(parts), Buffer.from(whole.bytes));
  const { channelData, sampleRate } = decodeAudio(whole.bytes);
  t.equal(sampleRate, 48_000);
  t.ok(
    Math.abs(channelData[0]!.length / 48 - 10_013.5) < 1,
    `${channelData[0]!.length / 48} ms, and no silence behind it`,
  );
  const heard = Float32Array.from({ length: 144_000 }, (_, i) => channelData[0]![i * 3]!);
  t.ok(correlate(heard, spoken(0, 144_000)) > 0.9, `${correlate(heard, spoken(0, 144_000))}`);
});

t.test('a piece is a file of its own, exact to the sample wherever its packets begin', async (t) => {
  const { store } = await open(t);
  const { id, place } = begin(store);
  add(store, place, 0, 10);
  const whole = decodeAudio(store.readAudio(OWNER, id, STREAM, ALL)!.bytes).channelData[0]!;
  for (const [fromMs, toMs] of [
    [0, 700],
    [3_007, 5_133],
    [9_000, 9_990],
    [4_000, 4_200],
  ] as const) {
    const clip = store.readAudioClip(OWNER, id, STREAM, { fromMs, toMs })!;
    if (clip.kind !== 'file') throw new Error(clip.kind);
    const { channelData, sampleRate } = decodeAudio(clip.bytes);
    t.equal(sampleRate, 48_000);
    t.equal(channelData[0]!.length, (toMs - fromMs) * 48, `${fromMs} to ${toMs} ms`);
    const likeness = correlate(channelData[0]!, whole.subarray(fromMs * 48, toMs * 48));
    t.ok(likeness > 0.99, `${fromMs} to ${toMs} ms: ${likeness}`);
  }
});

t.test('a piece ends where the audio does, and cannot begin beside it', async (t) => {
  const { store } = await open(t);
  const { id, place } = begin(store);
  add(store, place, 0, 3);
  store.add(place, [{ kind: 'audio', audioMs: 3_000 }]);
  const second = store.join(OWNER, id, 'another') as TranscriptPlace;
  add(store, second, 0, 2);
  const read = (part: number, fromMs: number, toMs: number, owner = OWNER) =>
    store.readAudioClip(owner, id, { part, channel: 0 }, { fromMs, toMs });
  const last = read(1, 2_500, 60_000)!;
  if (last.kind !== 'file') throw new Error(last.kind);
  const { channelData } = decodeAudio(last.bytes);
  t.ok(Math.abs(channelData[0]!.length / 48 - 500) <= 20, `${channelData[0]!.length / 48} ms`);
  t.match(read(1, 5_000, 6_000), { kind: 'outside', fromMs: 0 });
  // The second session begins at 3 s of the transcript, and its audio at 0 s of its own.
  t.match(read(2, 2_000, 4_000), { kind: 'outside', fromMs: 3_000 });
  t.match(read(2, 3_000, 4_000), { kind: 'file' });
  t.equal(read(3, 0, 1_000), undefined);
  t.equal(read(1, 0, 1_000, 'key-b'), undefined, 'only its owner reads it');
});

t.test('a session goes on after a restart: nothing twice, and what is missing is silence', async (t) => {
  const { store, reopen } = await open(t);
  const { id, place } = begin(store);
  for (const second of [0, 1, 2, 3]) store.addAudio(place, chunk(second, second + 1));
  const next = reopen();
  // The journal has audio from before what is stored; then the client was away for two seconds.
  next.addAudio(place, chunk(2, 6));
  next.addAudio(place, chunk(8, 10, true));
  const read = (from: number, to: number) =>
    next.readSamples(OWNER, id, STREAM, { from: from * 16_000, to: to * 16_000 })!;
  for (const [from, to] of [
    [0, 3.9],
    [4.1, 5.9],
    [8.1, 10],
  ] as const)
    t.ok(correlate(read(from, to), spoken(from * 16_000, to * 16_000)) > 0.9, `${from} to ${to}`);
  t.ok(
    read(6.1, 7.9).every((sample) => Math.abs(sample) < 0.001),
    'silence',
  );
  const { channelData } = decodeAudio(next.readAudio(OWNER, id, STREAM, ALL)!.bytes);
  const late = Float32Array.from({ length: 24_000 }, (_, i) => channelData[0]![(8.2 * 16_000 + i) * 3]!);
  t.ok(correlate(late, spoken(8.2 * 16_000, 8.2 * 16_000 + 24_000)) > 0.9, 'in the file, too');
});

t.test('each channel has its own, and 8 kHz and stereo are read at 16 kHz', async (t) => {
  const { store } = await open(t);
  const { id, place } = begin(store);
  const format = AudioFormat.parse({ sampleRate: 8_000, channels: 2, channelMode: 'separate' });
  const bytes = new Uint8Array(8_000 * 4);
  const view = new DataView(bytes.buffer);
  // The second channel is silent.
  for (let i = 0; i < 8_000; i++) view.setInt16(i * 4, 9_000 * Math.sin((i * 2 * Math.PI * 440) / 8_000), true);
  t.equal(store.addAudio(place, { format, fromFrame: 0, bytes, isLast: true }), 'done');
  t.match(store.read(OWNER, id)?.audio, [{ channel: 0 }, { channel: 1 }]);
  const range = { from: 4_000, to: 12_000 };
  const tone = Float32Array.from({ length: 8_000 }, (_, i) => Math.sin(((4_000 + i) * 2 * Math.PI * 440) / 16_000));
  t.ok(correlate(store.readSamples(OWNER, id, STREAM, range)!, tone) > 0.95);
  t.ok(store.readSamples(OWNER, id, { part: 1, channel: 1 }, range)!.every((sample) => Math.abs(sample) < 0.01));
});

t.test(
  'only its owner reads it, and it goes with its transcript, with a part that is undone, and when it expires',
  async (t) => {
    const { store, count } = await open(t);
    const { id, place } = begin(store);
    add(store, place, 0, 3);
    t.equal(store.readAudio('key-b', id, STREAM, ALL), undefined);
    t.equal(store.readSamples('key-b', id, STREAM, { from: 0, to: 100 }), undefined);
    t.equal(store.readAudio(OWNER, id, { part: 2, channel: 0 }, ALL), undefined);
    const second = store.join(OWNER, id, 'another') as TranscriptPlace;
    add(store, second, 0, 1);
    store.undoJoin(second);
    t.match(store.read(OWNER, id)?.audio, [{ part: 1 }]);
    t.equal(store.read(OWNER, id)?.audio?.length, 1);
    store.remove(OWNER, id);
    t.equal(count(), 0);
    t.equal(store.addAudio(place, chunk(3, 4)), 'unknown', 'a session that goes on stores nothing more');
    t.equal(count(), 0);
    const other = begin(store, 'Other');
    add(store, other.place, 0, 1);
    store.expire(store.listChangedOutside(1, 1));
    t.equal(count(), 0);
    const empty = begin(store, 'Empty');
    add(store, empty.place, 0, 1);
    store.removeEmpty(OWNER, empty.id);
    t.equal(count(), 0);
  },
);

t.test('it counts in the bounds, and a session that has reached one stores no more audio', async (t) => {
  const { store, database } = await open(t, { bytesMax: 0, bytesPerOwnerMax: 12_000 });
  const { place } = begin(store);
  const outcomes = Array.from({ length: 8 }, (_, second) => store.addAudio(place, chunk(second, second + 1)));
  t.equal(outcomes[0], 'done');
  t.ok(outcomes.includes('space'));
  const { bytes } = database.prepare('SELECT bytes FROM transcripts').get() as { bytes: number };
  t.ok(bytes > 3_000 && bytes <= 0.9 * 12_000, `${bytes}: the text that follows has its place`);
});

t.test('where nothing encodes, audio is refused, and text is stored', async (t) => {
  const { database } = await open(t);
  const store = new SqliteTranscripts(database, { nowMs: () => 0 });
  const { id, place } = begin(store);
  t.equal(store.addAudio(place, chunk(0, 1)), 'unavailable');
  t.notOk('audio' in store.read(OWNER, id)!);
});
