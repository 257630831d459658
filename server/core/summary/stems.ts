/** Irregular forms: all words of a row are forms of one. */
const IRREGULAR = new Map(
  `send sent|go went gone|make made|buy bought|sell sold|pay paid|meet met|build built|write wrote written|choose chose chosen
choice|grow grew grown growth|rise rose risen|fall fell fallen|spend spent|hold held|tell told|keep kept|leave left|lose lost loss|win
won|find found|begin began begun|run ran|give gave given gift|take took taken|lend lent|know knew known|bring brought|think thought|speak
spoke spoken speech|sing sang sung|see saw seen|steal stole stolen|teach taught|drive drove driven|break broke broken|decide decision|receive
reception|deliver delivery|different difference|italy italian|germany german|france french|spain spanish|poland polish|child children|sisters
sister|costs cost|replace replacement|flood flooded|daily day|weekly week|monthly month|cierra cerrar|piensa pensar|envia enviar|ferme fermer`
    .replace(/\s+/g, ' ')
    .split('|')
    .flatMap((row) => row.split(' ').map((word): [string, string] => [word, row.split(' ')[0]!])),
);

/** Endings of inflected forms in the languages most meetings are held in; longer endings form other words. */
const ENDINGS = new Set(
  `s es d ed ing ings er ers or ors ion ions ation ations ment ments ly al y ies ied ier iest est ness
  e en n em t te ten tet test st ung ungen lich er es et
  a o as os i are ere ire ar ir ado ada ados adas ato ata ati ate uto ito ita iti ite ando endo iendo amos emos imos an am em ao aram eram
  ent ons ez ait aient ant er ee ees era eront erait iamo ano ono isce iscono ie ue`.split(/\s+/),
);
ENDINGS.add('');
const GERMAN_INFIX = /^(ab|an|auf|aus|ein|um|zu|vor|nach|mit|her|hin|weg|zuruck)(?:zu|ge)(.{3,})$/;

/** Whether two words are forms of the same one. Deliberately light: words that only begin alike are different. */
export function isSameStem(one: string, other: string): boolean {
  if (one === other) return true;
  const [a, b] = [findBase(one), findBase(other)];
  if (a === b) return true;
  let same = 0;
  while (same < a.length && a[same] === b[same]) same++;
  if (same < 3) return false;
  const long = Math.max(a.length, b.length);
  // Vowels before an ending vary: decide, deciding; vendita, vendite.
  return same * 2 >= long && isEnding(a, same) && isEnding(b, same);
}

function isEnding(word: string, from: number): boolean {
  const rest = word.slice(from);
  // A consonant may be doubled before an ending: planned.
  return ENDINGS.has(rest) || (rest[0] === word[from - 1] && ENDINGS.has(rest.slice(1)));
}

function findBase(word: string): string {
  const base = IRREGULAR.get(word) ?? word;
  const german = GERMAN_INFIX.exec(base);
  if (german !== null) return `${german[1]}${german[2]}`;
  return /^ge.{3,}(t|en)$/.test(base) && base.length >= 7 ? base.slice(2) : base;
}
