import t from 'tap';
import type { AudioSource } from '../../client/cli/audio/audio-source.ts';
import { describeError } from '../../client/cli/output/describe-error.ts';
import { Printer } from '../../client/cli/output/printer.ts';
import { UserError } from '../../client/cli/output/user-error.ts';
import { streamSource } from '../../client/cli/transcribe/stream.ts';
import { Fault } from '../../protocol/faults.ts';
import { openScriptedServer, sound } from '../support/scripted-server.ts';

const WORDS = 'So it goes.'.split(' ').map((text, i) => ({ text, from: 0.2 + i * 0.2, to: 0.35 + i * 0.2 }));
const SPEECH = sound(1, [[0.1, 0.8]]);
const SILENCE = sound(1, []);

/** A file of so many seconds; `between` runs before each of them but the first. */
function sourceOf(seconds: number, between: (second: number) => Promise<void> | void): AudioSource {
  return {
    format: { encoding: 'pcm_s16le', sampleRate: 16_000, channels: 1, channelMode: 'mix' },
    durationMs: seconds * 1_000,
    async *chunks() {
      for (let second = 0; second < seconds; second++) {
        if (second > 0) await between(second);
        const { buffer } = second === 0 ? SPEECH : SILENCE;
        yield new Uint8Array(buffer);
      }
    },
  };
}

async function transcribe(url: string, source: AudioSource, print: (text: string) => void = () => {}) {
  let out = '';
  const printer = new Printer('text', true, {
    write: (text) => {
      out += text;
      print(text);
    },
    isTTY: false,
    columns: 80,
  });
  const { signal } = new AbortController();
  const start = { language: 'en', cleanup: { mode: 'off' as const } };
  const error = await streamSource(source, { url, pace: 0, start, printer, signal, warn: () => {} }).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  return { out, error };
}

t.test('a file that was transcribed to its end is complete', async (t) => {
  const server = await openScriptedServer(WORDS);
  t.teardown(() => server.close());
  const { out, error } = await transcribe(
    server.url,
    sourceOf(4, () => {}),
  );
  t.equal(error, undefined);
  t.match(out, /So it goes/);
});

t.test('a server that stops in the middle of a file is reported with the end of the text', async (t) => {
  const server = await openScriptedServer(WORDS, 8, { graceMs: 200 });
  let stopped: Promise<void> | undefined;
  let print = (): void => {};
  const printed = new Promise<void>((resolve) => {
    print = resolve;
  });
  const source = sourceOf(30, async (second) => {
    if (second < 3) return;
    await printed;
    stopped ??= server.close();
    await stopped;
  });
  const { out, error } = await transcribe(server.url, source, print);
  await stopped;
  t.match(out, /So it goes/, 'what arrived is printed');
  t.ok(error instanceof UserError, String(error));
  t.match((error as Error).message, /the text ends at \d+\.\d of 30\.0 s\.$/);
});

t.test('a missing key is explained by the option that passes one', async (t) => {
  t.match(describeError(new Fault('auth.missing', {})), /SOTTO_KEY/);
  t.notMatch(describeError(new Fault('auth.missing', {})), /Bearer/);
  const invalid = new Fault('auth.invalid', {});
  t.equal(describeError(invalid), invalid.message, 'other faults speak for themselves');
  t.equal(describeError('odd'), 'odd');
});
