/**
 * How bad a line break between two words of a script without spaces is. A full analysis of the grammar would take a dictionary of
 * its own; the few words that stand between most phrases of Chinese and Japanese are enough to keep a phrase together.
 */
const COST = { phrase: 3, particle: 5, word: 7, attached: 12 } as const;

/** Japanese particles, which end a phrase. */
const PARTICLE =
  /^(?:[はがをにでともへの]|から|まで|より|など|ので|のに|けど|けれど|たら|ても|では|には|とは|にも|でも)$/;
/** Chinese words that belong to the word before: particles, aspect, plural, measure of direction. */
const ENCLITIC = /^[的地得了着著過过吗嗎呢吧啊呀们們上下里裡中]$/;
/** Chinese words that belong to the word behind: prepositions, negations, conjunctions, numbers. */
const PROCLITIC = /(?:^[在把被對对於于從从向和與与跟或不没沒未很最更這这那每各第]|\p{N})$/u;
/** Chinese words that end a phrase which another word follows. */
const PHRASE_END = /^[的了地得着著過过]$/;

/** The cost of a break between `word` and `next`, which no space separates. */
export function getPhraseCost(word: string, next: string): number {
  if (PARTICLE.test(next) || ENCLITIC.test(next) || PROCLITIC.test(word)) return COST.attached;
  if (PARTICLE.test(word)) return COST.phrase;
  const isKana = /^\p{sc=Hiragana}/u.test(next);
  // Hiragana behind another script is the ending of that word, or one of the auxiliaries that follow a verb.
  if (isKana && !/\p{sc=Hiragana}$/u.test(word)) return COST.attached;
  // A phrase of Japanese ends in hiragana and mostly begins with something else.
  if (!isKana && /\p{sc=Hiragana}$/u.test(word)) return COST.phrase;
  return PHRASE_END.test(word) ? COST.particle : COST.word;
}
