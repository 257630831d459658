import t from 'tap';
import {
  detectScript,
  findRequestedScript,
  removeScript,
  withScript,
  writeInScript,
} from '../../../../server/core/script/chinese-script.ts';
import fc from '../../../support/fast-check.ts';
import { sureHypothesis } from '../../../support/sure-hypothesis.ts';

t.test('text is written in either script, and other text stays as it is', async (t) => {
  t.equal(writeInScript('橋下垂直淨空 15 米該項目於 2011 年完工', 'Hans'), '桥下垂直净空 15 米该项目于 2011 年完工');
  t.equal(writeInScript('东北军的一些爱国将士', 'Hant'), '東北軍的一些愛國將士');
  t.equal(writeInScript('东北军', 'Hans'), '东北军');
  t.equal(writeInScript('We met. はい', 'Hant'), 'We met. はい');
});

t.test('what is stable stays when more follows: each character is written by itself', async (t) => {
  const text = fc.string({ unit: fc.constantFrom(...'東东北軍军的后後里裏a 。') });
  const script = fc.constantFrom('Hans' as const, 'Hant' as const);
  fc.assert(
    fc.property(
      text,
      text,
      script,
      (a, b, to) => writeInScript(a, to) + writeInScript(b, to) === writeInScript(a + b, to),
    ),
  );
  t.pass();
});

t.test('the script of a text is that of most characters that have two', async (t) => {
  t.equal(detectScript('桥下垂直净空'), 'Hans');
  t.equal(detectScript('橋下垂直淨空'), 'Hant');
  t.equal(detectScript('你好'), undefined);
});

t.test('only Chinese is written anew', async (t) => {
  const heard = sureHypothesis([{ text: '東', space: false, from: 0, to: 1, confidence: 1 }]);
  t.equal(withScript({ ...heard, language: 'zh' }, 'Hans').words[0]!.text, '东');
  t.equal(withScript({ ...heard, language: 'ja' }, 'Hans').words[0]!.text, '東');
  t.equal(withScript({ ...heard, language: 'zh' }, undefined).words[0]!.text, '東');
});

t.test('a code may ask for a script', async (t) => {
  t.equal(removeScript('zh-Hant'), 'zh');
  t.equal(removeScript('de'), 'de');
  t.equal(findRequestedScript({ language: 'zh-Hant', languages: [] }), 'Hant');
  t.equal(findRequestedScript({ language: 'auto', languages: ['en', 'zh-Hans'] }), 'Hans');
  t.equal(findRequestedScript({ language: 'zh', languages: [] }), undefined);
});
