/** Wraps text into lines of at most `chars` characters, at spaces where there are any. No line is empty. */
export function wrapLines(text: string, chars: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(/\s+/).filter((each) => each !== '')) {
    const longer = line === '' ? word : `${line} ${word}`;
    if (countCharacters(longer) <= chars) {
      line = longer;
      continue;
    }
    if (line !== '') lines.push(line);
    const pieces = splitWord(word, chars);
    line = pieces.pop()!;
    lines.push(...pieces);
  }
  if (line !== '') lines.push(line);
  return lines;
}

/** Number of characters (code points) of a text. */
export const countCharacters = (text: string): number => [...text].length;

/** Splits a word that is longer than a line, as in a language without spaces. */
function splitWord(word: string, chars: number): string[] {
  const letters = [...word];
  const count = Math.ceil(letters.length / chars);
  return Array.from({ length: count }, (_, i) => letters.slice(i * chars, (i + 1) * chars).join(''));
}
