import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { ProcessDecoder } from '../../../server/decoder/decoder.ts';
import { decoderPids } from '../../support/decoder-processes.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { until } from '../../support/until.ts';
import { uploadedFile } from '../../support/uploaded-file.ts';

const RECORDING = readFileSync(new URL('../../fixtures/formats/short_01.mp3', import.meta.url));

/** Leaves a file for each start, and ends. */
const BROKEN_DECODER =
  "import { writeFileSync } from 'node:fs'; writeFileSync(new URL('started-' + process.pid, import.meta.url), ''); process.exit(1);";

function stand(t: Test) {
  // Of the test before, one may be on its way out.
  const before = decoderPids();
  const pids = (): number[] => decoderPids().filter((pid) => !before.includes(pid));
  const decoder = new ProcessDecoder({}, { fileDecodersMax: 1, liveDecodersMax: 1 });
  t.teardown(() => decoder.close());
  const decode = (signal = new AbortController().signal) =>
    decoder.decodeFile(uploadedFile(RECORDING), { layout: 'mix' }, signal);
  const decodeAll = async (signal?: AbortSignal): Promise<number> => {
    let runs = 0;
    for await (const _ of decode(signal)) runs++;
    return runs;
  };
  return { decoder, decode, decodeAll, pids };
}

t.test('an abandoned file ends its process at once, which counts until it is gone', async (t) => {
  const { decode, decodeAll, pids } = stand(t);
  t.ok((await decodeAll()) > 0);
  const [pid] = pids();
  t.ok(pid, 'its process waits for the next file');
  // A decoder that never answers.
  process.kill(pid!, 'SIGSTOP');
  const leaving = new AbortController();
  const left = decode(leaving.signal).next();
  await t.rejects(decodeAll(), { code: 'upload.busy' } as never, 'there is one decoder for files');
  leaving.abort();
  await t.rejects(decodeAll(), { code: 'upload.busy' } as never, 'a process that was asked to end is still there');
  t.same(await left, { done: true, value: undefined });
  t.notOk(pids().includes(pid!), 'it is gone');
  t.ok((await decodeAll()) > 0, 'and leaves room for another');
});

t.test('an upload that was abandoned before it was decoded starts no process', async (t) => {
  const { decodeAll, pids } = stand(t);
  t.equal(await decodeAll(AbortSignal.abort()), 0);
  t.same(pids(), []);
});

t.test('a reader that stops early leaves a process that can be used again', async (t) => {
  const { decode, decodeAll, pids } = stand(t);
  for await (const _ of decode()) break;
  t.ok((await decodeAll()) > 0);
  t.equal(pids().length, 1);
});

t.test('a live stream that is closed while it is decoded ends its process; files have room of their own', async (t) => {
  const { decoder, decodeAll, pids } = stand(t);
  const stream = decoder.open({ layout: 'mix' });
  const [pid] = pids();
  t.throws(() => decoder.open({ layout: 'mix' }), { code: 'upload.busy' });
  t.ok((await decodeAll()) > 0);
  process.kill(pid!, 'SIGSTOP');
  const fed = stream.feed(RECORDING)[Symbol.asyncIterator]().next();
  stream.close();
  stream.close();
  await t.rejects(fed, { code: 'audio.format' } as never);
  const isOpened = (): boolean => {
    try {
      decoder.open({ layout: 'mix' }).close();
      return true;
    } catch {
      return false;
    }
  };
  await until(() => isOpened());
  t.notOk(pids().includes(pid!), 'it counts until it is gone');
});

t.test('a decoder that does not come up is not started again by every upload', async (t) => {
  const folder = t.testdir({ 'dies.mjs': BROKEN_DECODER });
  const clock = new ManualClock();
  const decoder = new ProcessDecoder({ childPath: join(folder, 'dies.mjs'), clock });
  t.teardown(() => decoder.close());
  const starts = (): number => readdirSync(folder).filter((name) => name.startsWith('started-')).length;
  const decode = async (): Promise<void> => {
    const audio = decoder.decodeFile(uploadedFile(RECORDING), { layout: 'mix' }, new AbortController().signal);
    for await (const _ of audio);
  };
  const fails = (): Promise<unknown> =>
    decode().then(
      () => t.fail('it decodes'),
      (error: unknown) => error,
    );
  while (starts() < 2) t.match(await fails(), { code: 'decoder.failed' });
  for (let i = 0; i < 1_000; i++) t.match(await fails(), { code: 'decoder.failed' });
  t.equal(starts(), 2);
  clock.pass(250);
  await fails();
  await fails();
  t.equal(starts(), 3, 'the wait is over, once');
  t.equal(decoderPids().length, 0);
});
