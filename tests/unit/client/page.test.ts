import t from 'tap';
import type { ServerEvent } from '../../../client/sdk/index.ts';
import { designResampler, Resampler, toInt16 } from '../../../client/web/audio/resample.ts';
import { DelayMeter } from '../../../client/web/live/delay-meter.ts';
import { LevelMonitor, SILENCE_HINT_MS } from '../../../client/web/live/level-monitor.ts';
import { findLiveCommand } from '../../../client/web/live/live-shortcuts.ts';
import { computeRunOffset, shiftEvent } from '../../../client/web/live/run-offset.ts';
import { mergeTabs, type PageSentence } from '../../../client/web/live/sentence-database.ts';
import { describePrivacy } from '../../../client/web/server/server-info.ts';
import { describeConnectionProblem } from '../../../client/web/ui/problems.ts';

const tone = (rate: number, hertz: number, seconds: number): Float32Array =>
  Float32Array.from({ length: rate * seconds }, (_, i) => 0.5 * Math.sin((2 * Math.PI * hertz * i) / rate));
const loudness = (samples: Float32Array): number =>
  Math.sqrt(samples.reduce((sum, value) => sum + value * value, 0) / samples.length);

for (const rate of [8_000, 16_000, 44_100, 48_000, 96_000]) {
  t.test(`sound at ${rate} Hz becomes the same sound at 16 kHz`, async (t) => {
    const out = new Resampler(designResampler(rate)).push(tone(rate, 1_000, 1));
    t.ok(Math.abs(out.length - 16_000) < 64, `${out.length} samples a second`);
    const want = tone(16_000, 1_000, 1);
    let worst = 0;
    for (let i = 200; i < out.length - 200; i++) worst = Math.max(worst, Math.abs(out[i]! - want[i]!));
    t.ok(worst < 0.005, `at most ${worst} off, and not late`);
  });
}

t.test('sound above what 16 kHz can hold does not come back as another tone', async (t) => {
  for (const hertz of [9_000, 12_000, 20_000]) {
    const out = new Resampler(designResampler(48_000)).push(tone(48_000, hertz, 1)).subarray(200, 15_800);
    t.ok(loudness(out) < 0.001, `${hertz} Hz leaves ${loudness(out)}`);
  }
});

t.test('how the sound is cut changes no sample', async (t) => {
  const input = tone(44_100, 440, 1);
  const whole = new Resampler(designResampler(44_100)).push(input);
  const pieces = new Resampler(designResampler(44_100));
  const out: number[] = [];
  for (let at = 0, n = 1; at < input.length; at += n, n = (n * 7 + 3) % 257)
    out.push(...pieces.push(input.subarray(at, at + n)));
  t.same(out, [...whole].slice(0, out.length));
  t.ok(whole.length - out.length <= 1);
});

t.test('samples beyond full scale stop there', async (t) => {
  t.same([...toInt16(Float32Array.of(-2, -1, 0, 1, 2))], [-32_768, -32_768, 0, 32_767, 32_767]);
});

t.test('a second run goes on where the first ended', async (t) => {
  const base = computeRunOffset([
    { number: 1, toMs: 900 },
    { number: 2, toMs: 2_400 },
  ]);
  t.same(base, { sentences: 2, ms: 2_400 });
  const word = { text: 'hello', fromMs: 100, toMs: 300, confidence: 1 };
  const final = { type: 'final', seq: 1, channel: 0, sentence: 1, text: 'hello', fromMs: 100, toMs: 300 };
  const moved = shiftEvent({ ...final, words: [word], language: 'en' } as ServerEvent, base);
  t.match(moved, { sentence: 3, fromMs: 2_500, toMs: 2_700, words: [{ fromMs: 2_500, toMs: 2_700 }] });
});

t.test('tabs that wrote at once are laid in a row', async (t) => {
  const kept = (page: number, number: number, fromMs: number): PageSentence =>
    ({ page, number, fromMs, toMs: fromMs + 500, words: [] }) as never;
  const row = mergeTabs([kept(1, 1, 0), kept(1, 2, 600), kept(2, 1, 100), kept(2, 2, 700), kept(3, 3, 2_400)]);
  t.same(
    row.map(({ number, fromMs }) => [number, fromMs]),
    [
      [1, 0],
      [2, 600],
      [3, 1_100],
      [4, 1_700],
      [5, 2_400],
    ],
  );
});

const key = (name: string, more: object = {}) => ({
  key: name,
  code: name === ' ' ? 'Space' : `Key${name.toUpperCase()}`,
  altKey: false,
  ctrlKey: false,
  metaKey: false,
  repeat: false,
  ...more,
});

t.test('keys work wherever they are not typed or pressed', async (t) => {
  const nowhere = { typing: false, pressable: false };
  const button = { typing: false, pressable: true };
  const field = { typing: true, pressable: true };
  t.equal(findLiveCommand(key(' '), nowhere), 'toggle');
  t.equal(findLiveCommand(key(' '), button), undefined, 'the space bar presses the button');
  for (const focus of [nowhere, button]) {
    t.equal(findLiveCommand(key('m'), focus), 'mute');
    t.equal(findLiveCommand(key('?'), focus), 'help');
    t.equal(findLiveCommand(key('R'), focus), 'raw');
  }
  t.equal(findLiveCommand(key('m'), field), undefined);
  t.equal(findLiveCommand(key('r', { altKey: true }), field), 'toggle');
  t.equal(findLiveCommand(key('r', { ctrlKey: true }), nowhere), undefined, 'reload stays the browser’s');
  t.equal(findLiveCommand(key(' ', { repeat: true }), nowhere), undefined);
});

t.test('the privacy badge says what is true of this address', async (t) => {
  for (const here of ['127.0.0.1', 'localhost', '[::1]', 'sotto.localhost'])
    t.equal(describePrivacy(here, 'llm').text, 'Local only', here);
  for (const away of ['sotto.example.org', '192.168.1.7', '127.0.0.1.example.org'])
    t.equal(describePrivacy(away, 'llm').text, `Sent to ${away}`);
  t.match(describePrivacy('localhost', 'openai'), { text: 'Audio stays here', detail: /language model service/ });
});

t.test('a refused connection is explained by what the server reports about itself', async (t) => {
  const error = new Error('refused');
  const title = (reached: boolean, info: object | undefined, online = true): string =>
    describeConnectionProblem(error, { reached, info }, online).title;
  t.match(title(true, { sessions: 4, sessionsMax: 4 }), /full/);
  t.match(title(true, { sessions: 1, sessionsMax: 4 }), /refused or cut/);
  t.match(title(false, undefined), /cannot be reached/);
  t.match(title(false, undefined, false), /offline/);
  const draining = Object.assign(new Error(), { code: 'server.draining' });
  t.match(describeConnectionProblem(draining, { reached: true, info: {} }, true).title, /restarting/);
});

t.test('silence and noise are reported, and so is repeated clipping', async (t) => {
  const quiet = new LevelMonitor(0);
  t.equal(quiet.push(0.001, SILENCE_HINT_MS - 1).missing, undefined);
  t.equal(quiet.push(0.001, SILENCE_HINT_MS).missing, 'sound');
  t.equal(quiet.push(0.2, SILENCE_HINT_MS + 10).missing, 'speech');
  quiet.noteWords(SILENCE_HINT_MS + 20);
  t.equal(quiet.push(0.001, SILENCE_HINT_MS + 30).missing, undefined);
  const loud = new LevelMonitor(0);
  t.notOk(loud.push(1, 10).clipping, 'one cough is no habit');
  for (const at of [20, 30, 40]) loud.push(1, at);
  t.ok(loud.push(0.1, 50).clipping);
  t.notOk(loud.push(0.1, 60_000).clipping);
});

t.test('one slow word does not change the delay shown', async (t) => {
  const delay = new DelayMeter();
  delay.push(1_000, 600);
  t.equal(delay.ms, undefined);
  for (const late of [410, 5_000, 420, 430]) delay.push(10_000, 10_000 - late);
  t.equal(delay.ms, 420);
});
