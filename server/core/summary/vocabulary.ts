import { getOwnEntry } from '../../../protocol/index.ts';
import { STOP_WORDS } from './stop-words.ts';

/** What the guard knows about a language besides its function words; all without accents and capitals. */
export interface Vocabulary {
  readonly stop: ReadonlySet<string>;
  /** Words with which summaries report speech: they claim nothing that a sentence would have to contain. */
  readonly report: ReadonlySet<string>;
  readonly negations: ReadonlySet<string>;
  /** Words for the speaker. */
  readonly self: ReadonlySet<string>;
  /** Days, months and other times; a claim may only name those that were said. */
  readonly times: ReadonlySet<string>;
  /** Words that modify what follows: `more ink` is not `less ink`, `instead of A` not `instead of B`. */
  readonly degrees: ReadonlySet<string>;
  /** Pairs of opposites: a claim may not use one where only the other was said. */
  readonly opposites: readonly (readonly [one: ReadonlySet<string>, other: ReadonlySet<string>])[];
}

const toSet = (words: string): ReadonlySet<string> => new Set(words.trim().split(/\s+/));
const parseOpposites = (pairs: string): Vocabulary['opposites'] =>
  pairs
    .trim()
    .split('\n')
    .map((pair) => pair.split('|').map(toSet) as unknown as readonly [ReadonlySet<string>, ReadonlySet<string>]);

const createVocabulary = (
  language: string,
  words: { readonly [name in Exclude<keyof Vocabulary, 'stop' | 'opposites'>]: string } & {
    readonly stop: string;
    readonly opposites: string;
  },
): Vocabulary => ({
  stop: new Set([...(getOwnEntry(STOP_WORDS, language) ?? []), ...toSet(words.stop)]),
  ...{
    report: toSet(words.report),
    negations: toSet(words.negations),
    self: toSet(words.self),
    times: toSet(words.times),
  },
  ...{ degrees: toSet(words.degrees), opposites: parseOpposites(words.opposites) },
});

export const VOCABULARIES: Readonly<Record<string, Vocabulary>> = {
  en: createVocabulary('en', {
    stop: `would could must shall may might also please let lets get gets got getting going go goes went will ll ve re us
      one ones thing things something someone anyone everybody everyone somebody okay ok yes well really quite still
      however since therefore though although because per else already yet even much many lot back away along across
      around according reason mostly main why d m first last next own now like want wants wanted need needs needed make made`,
    report: `say said says tell told mention mentioned discuss discussed discussion talk talked report reported explain explained
      note noted ask asks asked suggest suggests suggested think thinks thought propose proposed meeting team group speaker
      speakers participant participants people person decide decided decision agree agreed plan planned confirm confirmed wish
      remind reminds reminded take takes taken place part`,
    negations: 'not no never none nobody nothing neither nor without cannot hardly',
    self: 'i',
    times: `monday tuesday wednesday thursday friday saturday sunday january february march april may june july august september
      october november december today tomorrow yesterday tonight morning noon afternoon evening night midnight day days daily
      week weeks weekly month months monthly year years yearly hour hours hourly minute minutes spring summer autumn winter`,
    degrees: 'more less most least fewer instead except too',
    opposites: `up rise rises rose risen rising increase increases increased grow grows grew grown raise raises raised|down fall falls fell fallen decrease decreases decreased shrink shrank drop drops dropped lower lowers lowered sink reduce reduced
      accept accepts accepted approve approved|reject rejects rejected refuse refused decline declined
      before until|after
      more longer|less fewer shorter
      most many|few fewest least
      large big|small little
      higher|lower
      open opens opened|close closes closed shut
      front|back
      start starts started begin begins began|stop stops stopped end ends ended finish finished
      win wins won|lose loses lost
      buy buys bought|sell sells sold
      cheap cheaper cheapest|expensive
      early earlier|late later
      hire hires hired hiring|fire fires fired
      fast faster quick|slow slower
      loud louder|quiet quieter
      long|short
      enable enabled|disable disabled
      success succeeded|failure failed
      favour favor for|against
      add added|remove removed delete deleted
      arrive arrived|leave left
      enter|leave
      hot warm|cold cool
      safe|dangerous unsafe
      good better|bad worse`,
  }),
  de: createVocabulary('de', {
    stop: 'wurde wurden worden ab gibt geht deshalb daher mal ja okay schon bitte muss mussen soll sollen kann konnen wegen',
    report:
      'sagt sagte besprochen erwahnt team gruppe besprechung teilnehmer beschlossen entschieden vereinbart meint glaubt fragt',
    negations: 'nicht kein keine keinen keiner keinem nie niemals niemand nichts ohne weder',
    self: 'ich',
    times: `montag dienstag mittwoch donnerstag freitag samstag sonntag januar februar marz april mai juni juli august september
      oktober november dezember heute morgen gestern mittag abend nacht nachmittag tag tage taglich woche wochen monat monate jahr
      jahre stunde stunden minute minuten sommer winter`,
    degrees: 'mehr weniger meisten wenigsten statt',
    opposites: `steigt steigen stieg gestiegen erhoht|sinkt sinken sank gesunken fallt gefallen
      vor bevor|nach nachdem
      mehr|weniger
      offnen geoffnet|schliessen geschlossen
      kaufen gekauft|verkaufen verkauft
      angenommen annehmen|abgelehnt ablehnen
      teuer teurer|billig billiger
      fruh fruher|spat spater`,
  }),
  fr: createVocabulary('fr', {
    stop: 'donc parce que grace ils elles va vont cette plus tres tout tous aussi alors oui doit faut cent etre sera seront',
    report: 'dit disent discute mentionne equipe groupe reunion participants decide convenu pense demande',
    negations: 'ne n pas jamais aucun aucune rien sans ni',
    self: 'je j',
    times: `lundi mardi mercredi jeudi vendredi samedi dimanche janvier fevrier mars avril mai juin juillet aout septembre octobre
      novembre decembre aujourd demain hier matin midi soir nuit jour jours semaine mois an ans annee heure heures ete hiver`,
    degrees: 'moins lieu trop',
    opposites: `augmente augmentent monte montent hausse|diminue diminuent baisse baissent chute
      avant|apres
      retard|avance
      accepte|refuse
      ouvre ouvert|ferme ferment
      achete acheter|vend vendre vendent`,
  }),
  es: createVocabulary('es', {
    stop: 'va van vamos hay debe si ciento le se cada puede grupo ser',
    report: 'dice dijo hablan menciona equipo reunion participantes decidio acordaron piensa pide',
    negations: 'no nunca jamas ningun ninguna nada nadie sin ni tampoco',
    self: 'yo',
    times: `lunes martes miercoles jueves viernes sabado domingo enero febrero marzo abril mayo junio julio agosto septiembre octubre
      noviembre diciembre hoy manana ayer tarde noche dia dias semana mes meses ano anos hora horas verano invierno`,
    degrees: 'mas menos lugar demasiado',
    opposites: `suben subieron sube subio aumentan aumentaron|bajan bajaron baja bajo disminuyeron
      antes|despues
      abrir abre|cerrar cierra
      comprar compra|vender vende
      acepta acepto|rechaza rechazo`,
  }),
  it: createVocabulary('it', {
    stop: 'viene vengono va vanno deve grazie cento essere si ecco quindi',
    report: 'dice detto discusso menziona squadra gruppo riunione partecipanti deciso concordato pensa chiede',
    negations: 'non mai nessun nessuna nessuno niente senza ne',
    self: 'io',
    times: `lunedi martedi mercoledi giovedi venerdi sabato domenica gennaio febbraio marzo aprile maggio giugno luglio agosto
      settembre ottobre novembre dicembre oggi domani ieri mattina sera notte giorno giorni settimana mese mesi anno anni ora ore
      estate inverno`,
    degrees: 'piu meno invece troppo',
    opposites: `aumentate aumentano salite sale|diminuite diminuiscono scese scende
      prima|dopo
      apre aprono|chiude chiudono chiuso
      compra comprano|vende vendono`,
  }),
  pt: createVocabulary('pt', {
    stop: 'vai vao vamos ha deve cento causa sim entao ser cada feira',
    report: 'diz disse discutiu menciona equipa equipe grupo reuniao participantes decidiu concordaram pensa pede',
    negations: 'nao nunca jamais nenhum nenhuma nada ninguem sem nem',
    self: 'eu',
    times: `segunda terca quarta quinta sexta sabado domingo janeiro fevereiro marco abril maio junho julho agosto setembro outubro
      novembro dezembro hoje amanha ontem manha tarde noite dia dias semana mes meses ano anos hora horas verao inverno`,
    degrees: 'mais menos vez demasiado',
    opposites: `subiram sobem subiu aumentaram|desceram descem desceu diminuiram
      antes|depois
      abrir abre|fechar fecha
      comprar compra|vender vende`,
  }),
  nl: createVocabulary('nl', {
    stop: 'gaan gaat moet moeten kan kunnen wel ook',
    report: 'zegt zei besproken team groep vergadering deelnemers besloten afgesproken',
    negations: 'niet geen nooit niemand niets zonder',
    self: 'ik',
    times: `maandag dinsdag woensdag donderdag vrijdag zaterdag zondag januari februari maart april mei juni juli augustus september
      oktober november december vandaag morgen gisteren avond nacht dag week maand jaar uur`,
    degrees: 'meer minder plaats',
    opposites: `stijgt stijgen|daalt dalen
      voor|na
      koopt|verkoopt`,
  }),
};

/** The language most of whose function words are in a text; English where none are. */
export function selectVocabulary(words: readonly string[]): {
  readonly language: string;
  readonly vocabulary: Vocabulary;
} {
  let best = { language: 'en', vocabulary: VOCABULARIES['en']!, count: 0 };
  for (const [language, each] of Object.entries(VOCABULARIES)) {
    const count = words.filter((word) => getOwnEntry(STOP_WORDS, language)?.has(word)).length;
    if (count > best.count) best = { language, vocabulary: each, count };
  }
  return best;
}
