import t from 'tap';
import type { Word } from '../../../../server/core/hypothesis.ts';
import { countFirstSentenceWords, findWidestGap, splitSentences } from '../../../../server/core/sentence/boundary.ts';
import { joinWords } from '../../../../server/core/stable/words.ts';
import fc from '../../../support/fast-check.ts';

const words = (line: string): Word[] =>
  line.split(' ').map((text, i) => ({ text, space: true, from: i * 6_000, to: i * 6_000 + 5_000, confidence: 1 }));

t.test('a sentence ends at its punctuation, not at an abbreviation, an initial or the last word', async (t) => {
  t.equal(countFirstSentenceWords(words('We met. Then')), 2);
  t.equal(countFirstSentenceWords(words('Dr. Smith and J. Doe met. Then')), 6);
  t.equal(countFirstSentenceWords(words('Wir nehmen z.B. den Zug. Dann'), 'de'), 5);
  t.equal(countFirstSentenceWords(words('It costs 3.50 today')), 0);
  t.equal(countFirstSentenceWords(words('We met.')), 0, 'what follows may still change the last word');
  t.equal(countFirstSentenceWords(words('He said "go." Then')), 3, 'a closing quote belongs to it');
  t.equal(countFirstSentenceWords(words('你好。 再见')), 1);
});

/** Text, and how many words its first sentence has. */
const FIRST_SENTENCES: Readonly<Record<string, readonly (readonly [text: string, words: number])[]>> = {
  en: [
    ['Mr. Brown and Prof. Jones met. Then', 6],
    ['Take fruit, e.g. an apple. Then', 5],
    ['He was born in the U.S. and left. Then', 8],
    ['We met at 5 p.m. Then we left', 5],
    ['Room No. 5 is free. Then', 5],
    ['He said no. Then', 3],
    ['It was I. Then', 3],
    ['J. R. R. Tolkien wrote it. Then', 6],
    ['We have 21. Then', 3],
    ['On Jan. 5 it snowed. Then', 5],
    ['She has a Ph.D. in physics. Then', 6],
    ['She has a Ph.D. Then she left', 4],
    ['See art. 5 there. Then', 4],
  ],
  de: [
    ['Am 21. Mai feiern wir den 60. Geburtstag. Danach', 8],
    ['Am 3. Mai kommt er. Dann', 5],
    ['Er wurde 21. Dann ging er', 3],
    ['Es waren 3. Dann ging er', 3],
    ['Im Jahr 79 n. Chr. brach der Vesuv aus. Danach', 9],
    ['Nach Art. 5 gilt das. Dann', 5],
    ['Herr Dr. Müller, Ph.D. in Physik, kam. Dann', 7],
    ['Wir nehmen z. B. den Zug. Dann', 6],
    ['Das ist Nr. 5 von zehn. Dann', 6],
    ['Äpfel, Birnen usw. Dann', 3],
    ['Äpfel, Birnen usw. gibt es hier. Dann', 6],
    ['Ludwig XIV. war König. Dann', 4],
    ['Das war im Jahr 1963. Dann', 5],
  ],
  fr: [
    ['Prenez un fruit, p. ex. une pomme. Puis', 7],
    ['M. Dupont et Mme. Martin. Puis', 5],
    ["D'après l'art. 5 du code. Puis", 5],
    ['Il est né le 5 janv. 2020 ici. Puis', 8],
    ['Ils étaient 3. Puis il partit', 3],
    ['Des pommes, etc. Puis il part', 3],
    ['Il y a. Puis', 3],
  ],
  es: [
    ['El Sr. Gómez vino. Luego', 4],
    ['El Sr. García leyó el art. 5 ayer. Luego', 8],
    ['En el siglo 3 a. C. vivió allí. Luego', 8],
    ['Eran 3. Luego se fue', 2],
    ['Una fruta, p. ej. una manzana. Luego', 6],
    ['Los EE. UU. ganaron ayer. Luego', 5],
    ['Dijo que no. Luego', 3],
  ],
  pt: [
    ['O Sr. Silva e a Dra. Costa. Depois', 7],
    ['Não sei o que é. Depois', 5],
    ['Eram 3. Depois saiu', 2],
    ['Construída no século 3 a.C. a pirâmide ficou. Depois', 8],
    ['Uma fruta, p. ex. uma maçã. Depois', 6],
  ],
  it: [
    ['Il sig. Rossi è qui. Poi', 5],
    ['Mele, pere ecc. Poi', 3],
    ['Non so dove è. Poi', 4],
  ],
  nl: [
    ['Neem bijv. een appel. Dan', 4],
    ['Dhr. Jansen is nr. 5 hier. Dan', 6],
  ],
  pl: [
    ['Weź np. jabłko. Potem', 3],
    ['Był 21. dzień maja. Potem', 4],
    ['Miał ich 21. Potem', 3],
  ],
  da: [
    ['Den 3. maj kommer han. Så', 5],
    ['Frugt, f.eks. et æble. Så', 4],
  ],
  ru: [
    ['Возьми, напр. яблоко. Потом', 3],
    ['А. С. Пушкин писал. Потом', 4],
    ['Он родился в 1963 г. Потом', 5],
  ],
  cs: [['Dne 3. května přišel. Potom', 4]],
  sv: [['Frukt, t.ex. ett äpple. Sedan', 4]],
  no: [['Den 3. mai kommer han. Så', 5]],
  fi: [['Hän tulee 3. toukokuuta, esim. junalla. Sitten', 6]],
  hu: [['Május 3. napján jött, pl. vonattal. Aztán', 6]],
  tr: [['Meyve, örn. elma al. Sonra', 4]],
  ar: [['كيف حالك؟ أنا بخير', 2]],
  hi: [['हम मिले। फिर', 2]],
  zh: [['你好。 再见', 1]],
};

t.test('abbreviations and ordinals of each language end no sentence', async (t) => {
  for (const [language, cases] of Object.entries(FIRST_SENTENCES))
    for (const [text, count] of cases)
      t.equal(countFirstSentenceWords(words(text), language), count, `${language}: ${text}`);
});

t.test('splitting loses no word and changes no order', async (t) => {
  const line = fc.array(fc.constantFrom('a', 'Dr.', 'end.', 'what?', 'x,', 'e.g.', '3.50', '…'), { maxLength: 30 });
  fc.assert(
    fc.property(line, (texts) => {
      const all = texts.length === 0 ? [] : words(texts.join(' '));
      const sentences = splitSentences(all);
      return joinWords(sentences.flat()) === joinWords(all) && sentences.every((sentence) => sentence.length > 0);
    }),
  );
  t.pass();
});

t.test('speech without an end is cut at its widest gap, and never inside what was shown', async (t) => {
  const even = words('one two three four five six seven eight');
  const paused = even.map((word, i) => (i < 5 ? word : { ...word, from: word.from + 8_000, to: word.to + 8_000 }));
  t.equal(findWidestGap(paused, 0, 'any'), 5);
  t.equal(findWidestGap(paused, 6, 'any'), 6);
  const comma = even.map((word, i) => (i === 3 ? { ...word, text: 'four,' } : word));
  t.equal(findWidestGap(comma, 0, 'any'), 4);
  t.equal(findWidestGap(comma, 0, 'fair'), 4);
  t.equal(findWidestGap(even, 0, 'fair'), 0, 'no gap is worth a cut');
  t.equal(findWidestGap(even, 8, 'any'), 0, 'all of it was shown');
});
