/** Abbreviations of one language in lower case, without their last full stop. */
interface Abbreviations {
  /** Something always follows them: `Dr. Smith`, `z. B. der Zug`. */
  readonly leading: string;
  /** They may also end a sentence; a capital behind them shows that they do: `at 5 p.m. Then`. */
  readonly either: string;
  /** They are abbreviations before a number only: `No. 5`, but `He said no.` */
  readonly beforeNumber: string;
}

/** Titles that are written alike in most languages of the table. */
const TITLES = 'dr prof st mr mrs ms mme mlle ing';

const ABBREVIATIONS: Readonly<Record<string, Abbreviations>> = {
  en: {
    leading: 'e.g i.e vs gen col capt lt sgt rev hon gov sen rep mt approx cf',
    either: 'etc inc ltd co corp jr sr dept est ave blvd al a.m p.m u.s u.k u.n b.c a.d ph.d',
    beforeNumber: 'no nos vol fig pp ch sec art jan feb mar apr jun jul aug sep sept oct nov dec',
  },
  de: {
    leading: 'z.b d.h u.a o.ä bzw bspw ca inkl exkl vgl ggf evtl hr fr frl hrn mag dipl sog geb gest nr str',
    either: 'usw etc u.s.w n.chr v.chr chr jh mio mrd ff',
    beforeNumber: 'abs art bd kap abb ziff tel jan feb apr aug sept okt nov dez',
  },
  fr: {
    leading: 'm mm mgr me p.ex c.-à-d cf env apr av bd ste ex',
    either: 'etc j.-c cie',
    beforeNumber: 'no art vol fig pp chap tél janv févr juil sept oct nov déc',
  },
  es: {
    leading: 'sr sra srta sres d dña ud uds dra p.ej ej aprox avda ee gral lic arq',
    either: 'etc uu a.c d.c a.m p.m s.a',
    beforeNumber: 'núm no art vol fig pág págs cap tel',
  },
  pt: {
    leading: 'sr sra srta sres d dra exmo exma p.ex ex aprox av eng séc',
    either: 'etc a.c d.c s.a ltda',
    beforeNumber: 'núm no art vol fig pág págs cap tel',
  },
  it: {
    leading: 'sig sigg dott avv geom on p.es es ca arch rag',
    either: 'ecc etc a.c d.c s.p.a s.r.l',
    beforeNumber: 'art vol fig pag pagg cap tel',
  },
  nl: {
    leading: 'dhr mevr drs ir bijv bv d.w.z o.a m.b.t t.o.v nl ca jl incl excl vgl',
    either: 'enz etc e.d b.v n.v n.chr v.chr chr',
    beforeNumber: 'nr blz art hfst tel',
  },
  sv: { leading: 't.ex bl.a dvs s.k ca resp fr.o.m t.o.m', either: 'osv m.m etc', beforeNumber: 'kl nr kap tel' },
  da: { leading: 'f.eks bl.a dvs hr fru ca jf', either: 'osv m.m m.fl etc', beforeNumber: 'kl nr kap tlf' },
  no: { leading: 'f.eks bl.a dvs hr fru ca jf', either: 'osv m.m m.fl etc', beforeNumber: 'kl nr kap tlf' },
  fi: { leading: 'esim ns mm t.s', either: 'jne ym yms', beforeNumber: 'klo puh' },
  pl: {
    leading: 'np tj tzn m.in tzw ul al św im mgr inż hab gen',
    either: 'itd itp r w',
    beforeNumber: 'nr godz str art',
  },
  cs: { leading: 'např tj tzv mgr mudr judr p sv ul', either: 'atd apod', beforeNumber: 'č čl str tel' },
  hu: { leading: 'pl ún kb ifj özv id', either: 'stb', beforeNumber: 'sz kb old' },
  tr: { leading: 'örn bkz sn av doç yrd', either: 'vb vs', beforeNumber: 'no cad sok tel' },
  ru: {
    leading: 'т.е напр ул им проф гл тов акад т.н',
    either: 'т.д т.п др пр г гг в вв руб коп тыс млн млрд',
    beforeNumber: 'стр рис гл ст',
  },
};

/** Languages that write an ordinal number as digits and a full stop. */
const ORDINAL_STOPS: ReadonlySet<string> = new Set(
  'de lb da no nn is fo fi et lv cs sk sl hr bs sr pl hu tr az eu'.split(' '),
);

/** Languages that give every noun a capital, so that a capital does not show that a sentence begins. */
const CAPITAL_NOUNS: ReadonlySet<string> = new Set(['de', 'lb']);

/** German words with a capital only where a sentence begins. */
const GERMAN_STARTS: ReadonlySet<string> = new Set(
  (
    'ich du er es wir ihr sie man der die das den dem ein eine einen einem und oder aber denn doch dann da dort hier jetzt nun ' +
    'so also wenn weil als dass ob wie was wer wo warum in im an am auf aus bei mit nach von vor zu zum zur für über unter ' +
    'nicht kein keine mein meine sein seine ihre unser unsere dies diese dieser dieses jeder jede alle viele ist sind war ' +
    'waren hat haben wird werden kann können muss müssen soll sollen will wollen heute gestern morgen danach damals vielleicht'
  ).split(' '),
);

/** `21`, the `21.5` of a date, or `XIV`. */
const ORDINAL = /^(?:\d{1,3}|\d{1,2}\.\d{1,2}|[IVX]+)$/;

type Kind = keyof Abbreviations;

const KINDS = new Map<string, ReadonlyMap<string, Kind>>(
  Object.entries(ABBREVIATIONS).map(([language, table]) => {
    const kinds = new Map<string, Kind>(TITLES.split(' ').map((title) => [title, 'leading']));
    for (const kind of ['beforeNumber', 'either', 'leading'] as const)
      for (const each of table[kind].split(' ')) kinds.set(each, kind);
    return [language, kinds];
  }),
);
const TITLES_ALONE: ReadonlyMap<string, Kind> = new Map(TITLES.split(' ').map((title) => [title, 'leading']));

/** How the full stop of a word is to be read, besides as the end of a sentence. */
export type FullStop =
  /** It belongs to the word, and something follows it. */
  | 'leading'
  /** It may belong to the word, and whether it also ends a sentence is seen from what follows. */
  | 'either'
  | 'beforeNumber'
  | 'ordinal'
  /** It ends a sentence. */
  | 'end';

/** Reads the full stop at the end of a word, which has no quotes or brackets around it. `language` is an ISO 639-1 code. */
export function readFullStop(word: string, language: string): FullStop {
  const bare = word.slice(0, -1);
  // In "l'art. 5" an article is written together with it.
  const kind = (KINDS.get(language) ?? TITLES_ALONE).get(bare.toLowerCase().replace(/^\p{L}+['’]/u, ''));
  if (kind !== undefined) return kind;
  if (/^\p{L}$/u.test(bare)) return readSingleLetter(bare);
  // "U.S.", "Ph.D." and "J.R.R.", or "p.m." in a language that is not in the table.
  if (/^(?:\p{L}{1,2}\.)+\p{L}{1,2}$/u.test(bare)) return 'either';
  return ORDINAL.test(bare) && ORDINAL_STOPS.has(language) ? 'ordinal' : 'end';
}

/** An initial, or part of `z. B.`; but "I" and vowels are words: `Não sei o que é.` */
function readSingleLetter(letter: string): FullStop {
  if (letter === 'I') return 'end';
  const isWord = letter === letter.toLowerCase() && /[aeiouy]/.test(letter.normalize('NFD'));
  return isWord ? 'either' : 'leading';
}

/** Whether a word reads like the beginning of a sentence. */
export function beginsSentence(text: string, language: string): boolean {
  const first = text.replace(/^[^\p{L}\p{N}]+/u, '');
  // The "C." of "a. C." is the second half of an abbreviation.
  if (!/^\p{Lu}/u.test(first) || /^\p{Lu}\.$/u.test(first)) return false;
  return !CAPITAL_NOUNS.has(language) || GERMAN_STARTS.has(first.toLowerCase().replace(/\P{L}+$/u, ''));
}
