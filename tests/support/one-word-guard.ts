import type { NumberedSentence } from '../../server/core/summary/claims.ts';
import { foldText } from '../../server/core/transcript/search-text.ts';

/** Words that are in every text and bear nothing out, of the languages most meetings are held in. */
const COMMON = new Set(
  `about after again also always another because been before being both cannot come could does doing done down each even every
  from going good have having here into just know like made make many more most much must need next only other over really
  said same says should some such take than that their them then there these they thing things think this those through till
  under until very want well were what when where which while will with without would your yours they're we're don't that's
  meeting speaker discussed discussion decided decision decisions agreed talked mentioned team people someone everyone
  aber alle alles als also auch auf aus bei bin bis bitte dann das dass dem den denn der des die dies diese dieser dieses doch
  dort durch ein eine einem einen einer eines euch fuer ganz haben habe hatte hier ihre immer jetzt kann kein keine koennen
  machen mehr mein muss nach nicht noch nur oder schon sehr sein seine sich sie sind soll ueber und uns unser unter viel vom von
  vor war waren warum was weil weiter welche wenn werden wie wird wir wird wurde wurden zum zur zwischen
  alors aussi avec avoir bien cela cette comme dans depuis donc elle elles encore entre etait etre faire fait leur leurs mais
  meme nous pour plus quand quel quelle sans sera sont sous suis sur tous tout toute tres vous votre
  algo algunos ante antes aqui como con cual cuando desde donde durante ella ellos entre era esta estaba estan este esto estos
  hace hacer hasta hay mas mientras mucho muy nada nosotros otra otro para pero poco porque puede que quien sera sido sin sobre
  solo son tambien tiene todo todos una unos usted
  alla anche ancora avere che come con dalla della delle dello dopo dove essere fare fatto gli hanno loro molto nella nelle non
  ogni perche piu quale quando quello questa questo sono stato sua suo sul tutti tutto una
  ainda ate com dela dele depois ela eles essa esse esta este foi isso isto mais mas muito nao nos para pela pelo pode porque
  quando quem sao sem ser seu sua tem ter uma voce
  aan andere daar dan dat deze die door een elke geen haar heb hebben heeft hem het hier hoe hun kan maar meer met mijn moet naar
  niet nog ons onze ook over toch van veel voor waar wat werd wij worden zijn zou`.split(/\s+/),
);

const UNSPACED =
  /[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Hangul}\p{sc=Thai}\p{sc=Lao}\p{sc=Khmer}\p{sc=Myanmar}]/u;
/** Letters of a common beginning that make two words forms of one. */
const STEM_CHARS = 5;

/** What a text is about: its words that are not in every text, numbers, and pairs of characters where words are not spaced. */
function contentOf(text: string): ReadonlySet<string> {
  const content = new Set<string>();
  for (const [word] of foldText(text).matchAll(/[\p{L}\p{N}][\p{L}\p{M}\p{N}'’]*/gu)) {
    if (UNSPACED.test(word)) {
      const characters = [...word];
      for (let i = 0; i + 1 < characters.length; i++) content.add(characters[i]! + characters[i + 1]!);
    } else if (/\p{N}/u.test(word)) content.add(word);
    else if (word.length >= 3 && !COMMON.has(word))
      content.add(word.slice(0, Math.max(3, Math.min(STEM_CHARS, word.length - 1))));
  }
  return content;
}

/** The guard as it was: one content word in common is enough. The benchmark compares with it. */
export function isSupportedByOneWord(claim: string, sentences: readonly NumberedSentence[]): boolean {
  const about = contentOf(claim);
  return sentences.some(({ text, speaker }) => {
    const spoken = contentOf(`${speaker ?? ''} ${text}`);
    for (const piece of about) if (spoken.has(piece)) return true;
    return false;
  });
}
