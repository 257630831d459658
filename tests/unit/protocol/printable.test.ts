import assert from 'node:assert/strict';
import t from 'tap';
import { toPrintable, toPrintableJson, toPrintableLines } from '../../../protocol/index.ts';
import { countColumns } from '../../../transcript/index.ts';
import fc from '../../support/fast-check.ts';

t.test('control characters, escape sequences and direction overrides lose their effect', async (t) => {
  t.equal(toPrintable('\u001b]0;pwned\u0007a\u001b[2J\u009b31mb\u007f\u0000c'), ']0;pwneda[2J31mbc');
  t.equal(toPrintable('a\r\nb\rc\n\n d\u2028e\u0085f\tg'), 'a b c d e f g');
  t.equal(toPrintable('user\u202egpj.exe\u202c \u2066x\u2069\u200e\u200f\u061c'), 'usergpj.exe x');
  t.equal(
    toPrintable('a\u{e0041}\u{e007f}b\ufff9c\ufffad\ufffbe\ufefff\u200bg\u2060h\u00adi\ud800j\uffffk'),
    'abcdefghi\ufffdjk',
  );
  t.equal(toPrintableLines('a\r\nb\rc\td\u2029e\u001b[2J'), 'a\nb\nc\td\ne[2J');
});

t.test('letters of every script, and the joiners they need, stay', async (t) => {
  for (const text of [
    'مرحبا بالعالم، كيف الحال؟',
    'שלום עולם',
    'می\u200cخواهم',
    'क्\u200dष ශ්\u200dරී',
    '👨\u200d👩\u200d👧 ❤\ufe0f 1\ufe0f\u20e3 👍🏽 🏳\ufe0f\u200d🌈',
    '葛\u{e0100}城',
    '\u0600١٢',
    'ไทย, Ελληνικά, русский, 日本語、한국어',
    'a < b & "c" — d…',
  ])
    t.equal(toPrintable(text), text);
  t.equal(
    toPrintable('pay\u200cpal a\u200d\u200db 👍\ufe0f\ufe0f'),
    'paypal ab 👍\ufe0f',
    'none where it does nothing',
  );
});

t.test('no input leaves invisible characters, and a second pass changes nothing', async () => {
  const bad =
    /[\p{Cc}\u200b\u200e\u200f\u061c\u202a-\u202e\u2060-\u206f\u2028\u2029\ufeff\ufff9-\ufffb\u{e0000}-\u{e007f}]|\p{Cs}/u;
  const unit = fc.oneof(
    fc.constantFrom(...'\u001b\u009b\r\n\t\u200c\u200d\u202e\u2066\ufe0f\ud83d\udc4dयम'.split('')),
    fc.integer({ min: 0, max: 0xffff }).map((code) => String.fromCharCode(code)),
  );
  fc.assert(
    fc.property(fc.array(unit), (units) => {
      const text = units.join('');
      const line = toPrintable(text);
      assert.doesNotMatch(line, bad);
      assert.equal(toPrintable(line), line);
      assert.doesNotMatch(toPrintableLines(text).replace(/[\n\t]/g, ''), bad);
      assert.equal(toPrintableLines(toPrintableLines(text)), toPrintableLines(text));
      const json = toPrintableJson({ text }, 2);
      assert.doesNotMatch(json.replaceAll('\n', ''), bad);
      assert.deepEqual(JSON.parse(json), { text });
    }),
    { numRuns: 2_000 },
  );
});

t.test('columns are counted as in a terminal', async (t) => {
  t.equal(countColumns('日本語ｱabc👍e\u0301'), 13);
  // A vowel that stands beside its consonant takes a column, as in the C library's wcwidth.
  t.equal(countColumns('한국어 हिन्दी'), 12);
});
