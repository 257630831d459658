import { mkdtempSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import type { AudioSource } from '../../../../client/cli/audio/audio-source.ts';
import { readWavHeader } from '../../../../client/cli/audio/wav.ts';
import { PREROLL_MS, WarmInput } from '../../../../client/cli/dictate/audio-input.ts';
import { askInstance, openControlSocket, resolveControlPath } from '../../../../client/cli/dictate/control.ts';
import { detectEnvironment } from '../../../../client/cli/dictate/environment.ts';
import { HistoryFile } from '../../../../client/cli/dictate/history-file.ts';
import { findLeftoverRecordings, Recording } from '../../../../client/cli/dictate/recording.ts';

const folder = (): string => mkdtempSync(join(tmpdir(), 'sotto-'));
const FORMAT = { encoding: 'pcm_s16le', sampleRate: 16_000, channels: 1, channelMode: 'mix' } as const;

/** A microphone that says what the test puts into it. */
class Microphone {
  readonly #waiting: Uint8Array[] = [];
  #wake: (() => void) | undefined;
  opened = 0;

  say(...chunks: readonly Uint8Array[]): Promise<void> {
    this.#waiting.push(...chunks);
    this.#wake?.();
    return new Promise((resolve) => setImmediate(resolve));
  }

  readonly open = async (signal: AbortSignal): Promise<AudioSource> => {
    this.opened++;
    const next = this.#next.bind(this);
    return {
      format: FORMAT,
      durationMs: undefined,
      async *chunks() {
        while (!signal.aborted) yield await next();
      },
    };
  };

  async #next(): Promise<Uint8Array> {
    while (this.#waiting.length === 0)
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    return this.#waiting.shift()!;
  }
}

/** A tenth of a second that can be told from others. */
const tenth = (mark: number): Uint8Array => new Uint8Array(3_200).fill(mark);

t.test('a warm microphone begins with the last half second, and keeps no more', async (t) => {
  const microphone = new Microphone();
  const audioInput = new WarmInput(microphone.open, (text) => t.fail(text));
  await microphone.say();
  for (let mark = 0; mark < 30; mark++) await microphone.say(tenth(mark));
  const received: number[] = [];
  const listening = await audioInput.capture();
  await microphone.say(tenth(30));
  await microphone.say(tenth(31));
  listening.stop();
  await microphone.say(tenth(32));
  for await (const chunk of listening.chunks()) received.push(chunk[0]!);
  t.same(received, [25, 26, 27, 28, 29, 30, 31], `${PREROLL_MS} ms before, and what came until it was stopped`);
  const next = await audioInput.capture();
  next.stop();
  const again: number[] = [];
  for await (const chunk of next.chunks()) again.push(chunk[0]!);
  t.same(again, [32], 'nothing is heard twice');
  t.equal(microphone.opened, 1);
  audioInput.close();
});

t.test('a warm microphone that is not there is messages once, and asked for again', async (t) => {
  const messages: string[] = [];
  const audioInput = new WarmInput(
    () => Promise.reject(new Error('No microphone.')),
    (text) => messages.push(text),
  );
  await new Promise((resolve) => setImmediate(resolve));
  await t.rejects(audioInput.capture(), /No microphone/);
  t.same(messages, ['No microphone.']);
  audioInput.close();
});

t.test('the history is its owner’s, grows by lines and is written anew before it is long', async (t) => {
  const path = join(folder(), 'deep', 'history.jsonl');
  const history = new HistoryFile(path, 10);
  for (let at = 0; at < 20; at++) {
    history.write({ kind: 'said', id: `a.${at}`, at: 't', text: `Sentence ${at}.` });
    for (let time = 0; at !== 5 && time < 150; time++)
      history.write({ kind: 'state', id: `a.${at}`, state: 'inserted' });
  }
  t.equal(statSync(path).mode & 0o777, 0o600);
  t.ok(readFileSync(path, 'utf8').split('\n').length < 2_200);
  history.close();
  const again = new HistoryFile(path, 10);
  t.equal(again.items.length, 11);
  t.match(again.items[0], { id: 'a.5', state: 'waiting' }, 'what waits stays');
  t.match(again.items.at(-1), { id: 'a.19', text: 'Sentence 19.', state: 'inserted' });
  again.close();
  t.throws(() => new HistoryFile(join(path, 'history.jsonl'), 10), /^.*cannot be written/);
});

t.test('the sound of a dictation is a WAV of its owner that goes when it is done', async (t) => {
  const place = folder();
  const recording = new Recording(place, 'd1', FORMAT);
  recording.write(tenth(7));
  t.equal(statSync(recording.path).mode & 0o777, 0o600);
  t.match(readWavHeader(readFileSync(recording.path)), { encoding: 'pcm_s16le', sampleRate: 16_000, channels: 1 });
  recording.close('kept');
  t.match(findLeftoverRecordings(place), [{ dictation: 'd1' }]);
  const done = new Recording(place, 'd2', FORMAT);
  done.close('done');
  t.equal(findLeftoverRecordings(place).length, 1);
  t.same(findLeftoverRecordings('/nowhere'), []);
});

t.test('the socket takes verbs as lines, one instance at a time, and is cleaned when its owner died', async (t) => {
  const path = resolveControlPath(join(folder(), 'sotto'), 'linux');
  const answer = async ({ verb }: { verb: string }) => ({ ok: true, text: verb });
  await t.rejects(askInstance(path, { verb: 'begin' }), /not running; start it with `sotto dictate`/);
  const control = await openControlSocket(path, answer);
  t.equal(statSync(path).mode & 0o777, 0o600);
  t.equal(statSync(join(path, '..')).mode & 0o777, 0o700);
  t.same(await askInstance(path, { verb: 'toggle' }), { ok: true, text: 'toggle' });
  const plain = await new Promise<string>((resolve) => {
    const socket = connect(path, () => socket.write('sta'));
    setImmediate(() => socket.write('tus\n'));
    socket.on('data', (chunk) => resolve(String(chunk)));
  });
  t.same(JSON.parse(plain), { ok: true, text: 'status' });
  const long = await new Promise<string>((resolve) => {
    const socket = connect(path, () => socket.write('x'.repeat(5_000)));
    socket.on('data', (chunk) => resolve(String(chunk)));
    socket.on('error', () => {});
  });
  t.match(JSON.parse(long), { ok: false, text: /at most 4096/ });
  await t.rejects(openControlSocket(path, answer), /runs already/);
  await control.close();
  // A socket whose process was killed: the file stays, and nobody answers.
  const dead = createServer().listen(path);
  await new Promise((resolve) => dead.once('listening', resolve));
  const { execFileSync } = await import('node:child_process');
  execFileSync('ln', [path, `${path}.kept`]);
  await new Promise((resolve) => dead.close(resolve));
  execFileSync('mv', [`${path}.kept`, path]);
  const second = await openControlSocket(path, answer);
  t.same(await askInstance(path, { verb: 'status' }), { ok: true, text: 'status' });
  await second.close();
  const file = join(folder(), 'file');
  writeFileSync(file, '');
  await t.rejects(openControlSocket(join(file, 'dictate.sock'), answer));
});

t.test('folders are those of the desktop’s rules, and the socket’s is this user’s alone', async (t) => {
  t.match(detectEnvironment({ HOME: '/h', XDG_RUNTIME_DIR: '/run/user/7' }, 'linux'), {
    runtimeFolder: '/run/user/7/sotto',
    dataFolder: '/h/.local/share/sotto',
    configFolder: '/h/.config/sotto',
    display: 'none',
  });
  t.match(detectEnvironment({ HOME: '/h' }, 'linux').runtimeFolder, /\/sotto-\d+$/);
  t.match(resolveControlPath('/unused', 'win32'), /^\\\\\.\\pipe\\sotto-dictate-./);
});
