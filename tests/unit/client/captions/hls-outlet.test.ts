import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { type HlsOptions, HlsOutlet } from '../../../../client/cli/captions/hls-outlet.ts';
import { captionOf } from '../../../support/caption.ts';
import { readHls } from '../../../support/hls-player.ts';
import { ManualClock } from '../../../support/manual-clock.ts';

const START = 1_700_000_000_000 - (1_700_000_000_000 % 6_000);

function open(t: Test, more: Partial<HlsOptions> = {}) {
  const clock = new ManualClock();
  clock.pass(START);
  const messages: string[] = [];
  const options = {
    ...{ folder: join(t.testdir({}), 'live', 'hls'), segmentMs: 6_000, holdMs: 4_000, keep: 3, clock },
    ...{ timeLine: { originMs: START, mpegts: 0 }, print: (text: string) => messages.push(text), ...more },
  };
  return { clock, messages, options, outlet: new HlsOutlet(options), playlist: join(options.folder, 'captions.m3u8') };
}

const createCaption = (fromMs: number, text: string) =>
  captionOf(text, { fromMs, toMs: fromMs + 2_000, atMs: START + fromMs + 2_000 });

t.test('a player that looks in again and again sees every caption once, also those over a boundary', async (t) => {
  const { clock, outlet, playlist } = open(t);
  const player = readHls();
  const texts = Array.from({ length: 20 }, (_, i) => `Sentence ${i}.`);
  for (const [i, text] of texts.entries()) {
    clock.pass(3_000);
    outlet.take(createCaption(i * 3_000 + 1_000, text));
    player.look(playlist);
  }
  await outlet.finish();
  player.look(playlist);
  t.same(player.texts, texts);
  t.same(player.wrongs, []);
  t.ok(player.ended);
});

t.test('what is no longer in the playlist goes away after a while', async (t) => {
  const { clock, options } = open(t);
  clock.pass(120_000);
  const segment = (i: number): boolean => existsSync(join(options.folder, `${START / 6_000 + i}.vtt`));
  t.same([segment(0), segment(11), segment(18), segment(19)], [false, false, true, false]);
  t.ok(segment(14), 'a player with an older playlist may still ask for it');
});

t.test('a run after one that was killed goes on behind a break, with growing numbers', async (t) => {
  const { clock, options, outlet, playlist } = open(t);
  const player = readHls();
  outlet.take(createCaption(1_000, 'Before.'));
  clock.pass(24_000);
  player.look(playlist);
  // The first one's clock stands still from here on: it is dead.
  const later = new ManualClock();
  later.pass(START + 24_000);
  const second = new HlsOutlet({ ...options, clock: later });
  second.take(createCaption(26_000, 'After.'));
  later.pass(12_000);
  player.look(playlist);
  t.match(readFileSync(playlist, 'utf8'), /#EXT-X-DISCONTINUITY\n/);
  later.pass(60_000);
  t.match(readFileSync(playlist, 'utf8'), /#EXT-X-DISCONTINUITY-SEQUENCE:1\n/);
  t.notMatch(readFileSync(playlist, 'utf8'), /#EXT-X-DISCONTINUITY\n/);
  await second.finish();
  player.look(playlist);
  t.same(player.texts, ['Before.', 'After.']);
  t.same(player.wrongs, []);
});

t.test('a folder that cannot be written is reported before anything begins', async (t) => {
  t.throws(() => open(t, { folder: join(process.execPath, 'hls') }), /HLS: .* cannot be written/);
});
