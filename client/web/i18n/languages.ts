/** The languages of Whisper's multilingual models. */
const WHISPER =
  'af am ar as az ba be bg bn bo br bs ca cs cy da de el en es et eu fa fi fo fr gl gu ha haw he hi hr ht hu hy id is it ja jw ka kk km kn ko la lb ln lo lt lv mg mi mk ml mn mr ms mt my ne nl nn no oc pa pl ps pt ro ru sa sd si sk sl sn so sq sr su sv sw ta te tg th tk tl tr tt uk ur uz vi yi yo yue zh'.split(
    ' ',
  );

export interface LanguageOption {
  readonly value: string;
  readonly label: string;
}

/** A model's languages with their names in the language of the browser, sorted by its rules. */
export function listLanguageOptions(languages: 'all' | readonly string[]): LanguageOption[] {
  const names = new Intl.DisplayNames([navigator.language, 'en'], { type: 'language', fallback: 'code' });
  return (languages === 'all' ? WHISPER : languages)
    .map((value) => ({ value, label: names.of(value) ?? value }))
    .sort((a, b) => a.label.localeCompare(b.label));
}
