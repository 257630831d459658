import assert from 'node:assert/strict';
import t from 'tap';
import { CaptionPacer, type CaptionPacerOptions } from '../../../../client/cli/captions/core/caption-pacer.ts';
import { wrapLines } from '../../../../client/cli/captions/core/lines.ts';
import { toZoomLanguage } from '../../../../client/cli/captions/core/zoom-language.ts';
import type { Caption } from '../../../../transcript/index.ts';
import fc from '../../../support/fast-check.ts';

const options: CaptionPacerOptions = {
  ...{ style: 'pop-on', chars: 32, rows: 2, minMs: 1_000, maxMs: 7_000, charsPerSecond: 20, blocksMax: 8 },
};

const caption = (text: string): Caption => ({
  ...{ session: 's', channel: 0, sentence: 1, language: 'en', text, fromMs: 0, toMs: 0, atMs: 0, cursor: 0 },
});

/** Everything it shows, with the time of each, as fast as it lets go. */
function play(pacer: CaptionPacer, untilMs = 60_000): [number, string][] {
  const shown: [number, string][] = [];
  let nowMs = 0;
  for (let next = pacer.next(); next !== undefined && next.atMs <= untilMs; next = pacer.next()) {
    nowMs = Math.max(nowMs, next.atMs);
    pacer.shown(next.block, nowMs);
    shown.push([nowMs, next.block.text]);
  }
  return shown;
}

t.test('a block stays as long as it takes to read, then the screen is cleared', async (t) => {
  const pacer = new CaptionPacer(options);
  pacer.add(caption('Twenty letters here.'));
  pacer.add(caption('This one has forty letters to be read ok.'));
  t.same(play(pacer), [
    [0, 'Twenty letters here.'],
    [1_000, 'This one has forty letters to be\nread ok.'],
    [8_000, ''],
  ]);
});

t.test('a long sentence is cut into blocks of about the same size', async (t) => {
  const pacer = new CaptionPacer(options);
  pacer.add(caption('one two three four five six seven eight nine ten eleven twelve thirteen'));
  const lines = play(pacer, 6_000).map(([, text]) => text.split('\n').length);
  t.same(lines, [2, 1]);
});

t.test('roll-up shows each line once fresh and once above the next', async (t) => {
  const pacer = new CaptionPacer({ ...options, style: 'roll-up', chars: 10 });
  pacer.add(caption('first line second one'));
  pacer.add(caption('third'));
  t.same(
    play(pacer, 4_000).map(([, text]) => text),
    ['first line', 'first line\nsecond one', 'second one\nthird'],
  );
});

t.test('paint-on adds the lines of a block one after the other', async (t) => {
  const pacer = new CaptionPacer({ ...options, style: 'paint-on', chars: 10 });
  pacer.add(caption('first line second one third'));
  t.same(
    play(pacer, 4_000).map(([, text]) => text),
    ['first line', 'first line\nsecond one', 'third'],
  );
});

t.test('at the bound the oldest block is left out and counted', async (t) => {
  const pacer = new CaptionPacer({ ...options, blocksMax: 3 });
  for (const text of ['one', 'two', 'three', 'four', 'five']) pacer.add(caption(text));
  t.equal(pacer.dropped, 2);
  t.equal(play(pacer)[0]![1], 'three');
});

t.test('who is behind hurries, and catches up', async (t) => {
  const pacer = new CaptionPacer(options);
  for (let i = 0; i < 8; i++) pacer.add(caption('Twenty letters here.'));
  const times = play(pacer, 20_000).map(([atMs]) => atMs);
  t.equal(times[1], 571, 'seven wait: four sevenths of the time');
  t.equal(times[7]! - times[6]!, 1_000, 'calm again');
});

t.test('no line is longer than asked for, and no word is lost, doubled or torn', async (t) => {
  const word = fc.stringMatching(/^[a-zäß]{1,14}[.,]?$/);
  fc.assert(
    fc.property(fc.array(word, { maxLength: 60 }), fc.integer({ min: 15, max: 60 }), (words, chars) => {
      const lines = wrapLines(words.join(' '), chars);
      assert.deepEqual(
        lines.flatMap((line) => line.split(' ')),
        words,
      );
      assert.ok(lines.every((line) => line.length <= chars));
    }),
  );
  t.same(wrapLines('日本語の字幕です', 4), ['日本語の', '字幕です']);
});

t.test('Zoom has names of its own for languages', async (t) => {
  t.same(['en', 'de', 'ja', 'zh'].map(toZoomLanguage), ['en-US', 'de-DE', 'jp-JP', 'zh-CN']);
});
