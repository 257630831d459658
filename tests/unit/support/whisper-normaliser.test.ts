import t from 'tap';
import { normaliseBasic } from '../../support/whisper-normaliser/basic.ts';
import { normaliseEnglish } from '../../support/whisper-normaliser/english.ts';

/** Sentences and what `whisper.normalizers.EnglishTextNormalizer` of openai-whisper 20250625 makes of them. */
const ENGLISH: Readonly<Record<string, readonly (readonly [text: string, normalised: string])[]>> = {
  'case, punctuation, annotations and fillers go': [
    ['Hello, World!', 'hello world'],
    ['[laughs] Yes (quietly) <unk> no.', 'yes no'],
    ['Um, uh, hmm, mhm, mm, mmm, well.', 'well'],
    ['er, ah, eh, huh', 'er ah eh huh'],
    ['naïve Müller, Straße, œuvre', 'naive muller strasse oeuvre'],
    ['mother-in-law / co-operate', 'mother in law co operate'],
    ['', ''],
  ],
  'contractions and titles are written in full': [
    ["won't can't let's ain't y'all gonna wanna gotta", 'will not can not let us aint you all going to want to got to'],
    ["I'd been, he's gone, they'd done, she's got", 'i had been he has gone they had done she has got'],
    [
      "It's John's; they're, we've, I'll, I'm, don't, he'd",
      'it is john is they are we have i will i am do not he would',
    ],
    ["She'd've known, y'know. Rock 'n' roll", 'she would have known y know rock n roll'],
    ['Mr. and Mrs. Smith of St. Ives, Esq.', 'mister and missus smith of saint ives esquire'],
    ['Dr Who, Prof. X, Lt. Col. Y, Jr.', 'doctor who professor x lieutenant colonel y junior'],
    ['kinda sorta dunno cause', 'kinda sorta dunno cause'],
  ],
  'spoken numbers are written in digits': [
    ['twenty five', '25'],
    ['two hundred and five', '205'],
    ['one thousand two hundred and thirty four', '1234'],
    ['three million four hundred thousand', '3400000'],
    ['one', 'one'],
    ['one hundred', '100'],
    ['nineteen eighty four', '1984'],
    ['two thousand and twenty four', '2024'],
    ['one oh one', '101'],
    ['double oh seven', '007'],
    ['triple nine', '999'],
    ['three point one four', '3.14'],
    ['two and a half', '2.5'],
    ['a minute and a half', 'a minute and a half'],
    ['minus five', '-5'],
    ['the twenty first, the third, the ninth', 'the 21st the 3rd the ninth'],
    ['the nineteen sixties', 'the 1960s'],
    ['2.5 million', '2500000'],
    ['1,234,567', '1234567'],
    ['five km is 5km', '5 km is 5 km'],
    ['one two three four', '1234'],
    ['in 1960s and 274th', 'in 1960s and 274th'],
    ['point hundred', '100'],
    ['per', 'per'],
  ],
  'money and shares have their signs': [
    ['ten thousand dollars', '$10000'],
    ['$20 million', '$20000000'],
    ['two dollars and seven cents', '$2.07'],
    ['zero dollars', '$0'],
    ['seven cents', '¢7'],
    ['five percent', '5%'],
    ['five per cent', '5%'],
    ['percent', 'percent'],
    ['£3.50', '£3.50'],
    ['a hundred euros', 'a €100'],
  ],
  'spelling is American': [
    ['The colour of the theatre was grey.', 'the color of the theater was gray'],
    ['He realised the organisation was travelling.', 'he realized the organization was traveling'],
  ],
  'oddities of the published rules stay': [
    ['1.5', 'one.5'],
    ['$1', 'one'],
    ['$0.5', '¢5'],
  ],
};

for (const [name, pairs] of Object.entries(ENGLISH))
  t.test(name, async (t) => {
    for (const [text, normalised] of pairs) t.equal(normaliseEnglish(text), normalised, text);
  });

t.test('numbers beyond 2^53 keep every digit', async (t) => {
  t.equal(normaliseEnglish('nine septillion and one'), '9000000000000000000000001');
});

t.test('other languages lose case and punctuation and keep their accents and number words', async (t) => {
  t.equal(normaliseBasic('Grüße, ÉTÉ! (lacht) Zwanzig [Musik] 5,5', 'de'), 'grüße été zwanzig 5 5');
  t.equal(normaliseBasic("L'été, n'est-ce pas ?", 'fr'), 'l été n est ce pas');
  t.equal(normaliseBasic('안녕하세요, 세계', 'ko'), '안녕하세요 세계');
});

t.test('languages without spaces are compared in characters', async (t) => {
  t.equal(normaliseBasic('你好，世界！ OK', 'zh'), '你 好 世 界 o k');
  t.equal(normaliseBasic('こんにちは。', 'ja'), 'こ ん に ち は');
});
