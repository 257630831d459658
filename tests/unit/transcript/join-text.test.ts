import t from 'tap';
import { chooseSeparator, joinSentences } from '../../../transcript/index.ts';

t.test('there is no blank between Chinese or Japanese characters, and one between words', async (t) => {
  for (const [texts, joined] of [
    [['We met.', 'Then we left.'], 'We met. Then we left.'],
    [['你好。', '再见。'], '你好。再见。'],
    [['橋下', '垂直'], '橋下垂直'],
    [['今日は', 'カーテン'], '今日はカーテン'],
    [['ラーメン', 'を食べる'], 'ラーメンを食べる'],
    [['他说：“好。”', '然后走了'], '他说：“好。”然后走了'],
    [['「はい」', 'と言う'], '「はい」と言う'],
    [['你好。', 'Then we left.'], '你好。Then we left.'],
    [['我用', 'iPhone', '打电话'], '我用 iPhone 打电话'],
    [['Er sagte “好”', 'und ging.'], 'Er sagte “好” und ging.'],
    [['안녕하세요.', '반갑습니다.'], '안녕하세요. 반갑습니다.'],
    [['', 'We met.', '', 'Then'], 'We met. Then'],
    [['Привет.', 'Пока.'], 'Привет. Пока.'],
  ] as const)
    t.equal(joinSentences(texts), joined);
});

t.test('nothing stands before the first text or behind the last', async (t) => {
  t.equal(chooseSeparator('', 'We'), '');
  t.equal(chooseSeparator('We', ''), '');
  t.equal(joinSentences([]), '');
});
