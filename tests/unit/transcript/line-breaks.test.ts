import t from 'tap';
import { buildAnswer } from '../../../server/dialect/openai-answer.ts';
import { buildCues, CUE_LINE_COLUMNS, type Cue, countColumns } from '../../../transcript/index.ts';

/** References of the recordings of people in these languages (FLEURS, Kokoro, THCHS-30), and sentences of ours, with their length in ms. */
const UNSPACED: Readonly<Record<string, number>> = {
  復興努力に対するリベラル派からの批判ではワシントンの内部関係者と思われる人物と復興契約を交わしたことに焦点を当てています: 11_600,
  桥下垂直净空15米该项目于2011年8月完工但直到2017年3月才开始通车: 8_430,
  '急いでこくじにおもむく姿がぞくぞくとして見られた。': 5_000,
  '真にこちゅうの消息を解し得たるものの嗤うはその意を得ている。': 6_000,
  東北軍的一些愛國將士馬占山李杜唐聚伍蘇炳艾鄧鐵梅等也奮起抗戰: 9_000,
  我们非常高兴地宣布人工智能语音识别系统已经开始为全国各地的图书馆提供实时字幕服务而且完全不需要连接互联网: 14_000,
  การประชุมคณะรัฐมนตรีในวันนี้มีมติเห็นชอบโครงการพัฒนาโครงสร้างพื้นฐานด้านคมนาคมขนส่งของไทยระยะยี่สิบปี: 12_000,
};

/** As a recogniser hears these languages: one word for each character. */
const cuesOf = (text: string, ms: number): Cue[] => {
  const characters = [...text];
  const atMs = (i: number): number => Math.round((i * ms) / characters.length);
  const words = characters.map((character, i) => ({ text: character, fromMs: atMs(i), toMs: atMs(i + 1) }));
  return buildCues([{ text, fromMs: 0, toMs: ms, words }]);
};
const linesOf = (text: string, ms: number): string[] => cuesOf(text, ms).flatMap((cue) => cue.text.split('\n'));

t.test('a line of Chinese, Japanese or Thai ends between words, fits, and a cue is short enough', async (t) => {
  const words = new Intl.Segmenter(undefined, { granularity: 'word' });
  for (const [text, ms] of Object.entries(UNSPACED)) {
    const starts = new Set(Array.from(words.segment(text), ({ index }) => index)).add(text.length);
    let at = 0;
    for (const line of linesOf(text, ms)) {
      at += line.length;
      t.ok(starts.has(at), `${line}|`);
      t.ok(countColumns(line) <= CUE_LINE_COLUMNS, line);
    }
    t.equal(at, text.length, 'nothing is missing');
    for (const { fromMs, toMs } of cuesOf(text, ms)) t.ok(toMs - fromMs <= 7_000);
  }
});

t.test('a particle stays with its word, and a number with what it counts', async (t) => {
  const cut = Object.entries(UNSPACED).flatMap(([text, ms]) => linesOf(text, ms).slice(1));
  for (const line of cut) t.notMatch(line, /^[はがをに的地得了们年月]/, line);
  t.same(linesOf('私たちは来年度の予算案についてもう一度話し合う必要があると思います', 6_000).at(0)?.at(-1), 'て');
});

/** Sentences with abbreviations and ordinals that belong to what follows, by language. */
const ABBREVIATED: Readonly<Record<string, readonly [text: string, belongs: RegExp]>> = {
  de: ['am Abend des 3. Mai kommt Herr Dr. Müller mit dem Zug, z. B. mit dem um 8.', /\b(?:3|Dr|z|B)\.$/],
  en: ['on Jan. 5 we met Dr. Smith with some fruit, e.g. an apple, and went home.', /\b(?:Jan|Dr|e\.g)\.$/],
  fr: ["hier M. Dupont a lu l'art. 5 du code avec Mme. Martin et il est parti.", /\b(?:M|art|Mme)\.$/],
  es: ['ayer el Sr. García leyó el art. 5 con la Sra. Gómez y luego se fue.', /\b(?:Sr|art|Sra)\.$/],
};

t.test('no line ends behind an abbreviation or an ordinal that belongs to what follows', async (t) => {
  for (const [language, [text, belongs]] of Object.entries(ABBREVIATED))
    for (let before = 0; before < 12; before++) {
      const cues = buildCues([
        { text: `${'so '.repeat(before)}${text}`, fromMs: 0, toMs: 7_000 + 300 * before, words: [], language },
      ]);
      for (const line of cues.flatMap((cue) => cue.text.split('\n'))) t.notMatch(line, belongs, line);
    }
});

t.test('a line may end where a sentence does, also behind a number', async (t) => {
  const text = 'Es waren an jenem Abend im Haus nur 3. Dann ging auch er nach Hause zurück.';
  const [first] = buildCues([{ text, fromMs: 0, toMs: 6_000, words: [], language: 'de' }]);
  t.match(first?.text, /nur 3\.\n/);
});

t.test('an address that fits on no line is cut behind one of its marks', async (t) => {
  const address = 'https://example.com/documents/2026/november/minutes-of-the-meeting?format=markdown&part=2';
  const lines = linesOf(`See ${address} for the rest.`, 9_000);
  t.equal(lines.join('').includes(address), true);
  for (const line of lines) t.ok(countColumns(line) <= CUE_LINE_COLUMNS, line);
  const ends = lines.filter((line) => address.includes(line) && !address.endsWith(line)).map((line) => line.at(-1));
  t.ok(ends.length > 0 && ends.every((end) => /[/?&=#._-]/.test(end ?? '')), lines.join(' | '));
});

t.test('columns are counted by what is seen, not by code points', async (t) => {
  const columns: Readonly<Record<string, number>> = {
    'é e\u0301': 3,
    한국: 4,
    '\u1112\u1161\u11ab': 2,
    กำ: 2,
    ｱｲｳ: 3,
    '葛\u{e0100}': 2,
    '👨‍👩‍👧‍👦': 2,
    '🇩🇪🇫🇷': 4,
    '👍🏽': 2,
    '❤': 1,
    '❤\ufe0f': 2,
    '1\ufe0f\u20e3': 2,
    नि: 2,
  };
  for (const [text, want] of Object.entries(columns)) t.equal(countColumns(text), want, text);
});

t.test('an emoji is not cut where a word fits on no line', async (t) => {
  for (const emoji of ['👨‍👩‍👧‍👦', '🇩🇪', '1\ufe0f\u20e3'])
    for (const line of linesOf(`x${emoji.repeat(50)}`, 6_000)) t.match(line, new RegExp(`^x?(?:${emoji})*$`, 'u'));
});

t.test('an upload answers with escaped WebVTT of at most two lines a cue', async (t) => {
  const text =
    "We call the D&D about Lear & O'Hara <b>bold</b> --> and Johnson & Johnson about the Q&A of the AT&T case.";
  const options = { format: 'vtt', start: { task: 'transcribe' } } as Parameters<typeof buildAnswer>[2];
  const file = buildAnswer([{ text, fromMs: 500, toMs: 7_200, words: [], language: 'en' }], 7_500, options);
  const cues = file.trim().split('\n\n').slice(1);
  for (const cue of cues) {
    const [times, ...lines] = cue.split('\n');
    t.match(times, /^\S+ --> \S+$/);
    t.ok(lines.length <= 2);
    t.notMatch(lines.join(' '), /&(?!amp;|lt;|gt;)|[<>]/);
  }
  t.match(file.replaceAll('\n', ' '), /D&amp;D .*&lt;b&gt;bold&lt;\/b&gt; --&gt; .*Q&amp;A/);
});
