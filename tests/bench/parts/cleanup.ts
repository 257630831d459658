// Cleaning one sentence at a time: seconds of the model and of the rules, cases that come out as a careful person wrote
// them, and what the guard stops and lets through. Control: the raw text against the same references.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { resolveModel } from '../../../models/locate.ts';
import { LlamaCleaner } from '../../../server/cleaner/llama.ts';
import { checkRewrite } from '../../../server/core/clean/guard.ts';
import { cleanByRules } from '../../../server/core/clean/rules.ts';
import { isSpokenAlike } from '../../support/comparable-words.ts';
import { bareWithApostrophes as bare } from '../bare-words.ts';
import { machine, quantile, readArgs, table } from '../report.ts';

interface Case {
  readonly raw: string;
  readonly clean: string;
}

interface Outcome {
  readonly text: string;
  readonly seconds: number;
}

const silent = { debug() {}, info() {}, warn() {}, error() {} };
const SMALL = /^(a|an|the)$/i;

export async function run(args: string[]): Promise<void> {
  const options = readArgs(args, {
    model: 'sotto-clean',
    threads: '1',
    data: fileURLToPath(new URL('../../fixtures/cleanup-cases.jsonl', import.meta.url)),
  });
  const cases = readFileSync(options['data']!, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Case);
  const { path, name } = await resolveModel(options['model']!, { kind: 'cleanup' });
  const style = name === 'sotto-clean' ? 'sotto-clean' : 'chat';
  const cleaner = new LlamaCleaner({
    ...{ modelPath: path, modelName: name, style, threads: Number(options['threads']), log: silent },
  });
  await cleaner.ready();
  const never = new AbortController().signal;
  const byModel = (text: string): Promise<string> =>
    cleaner.rewrite({ text, language: 'en', context: [], instruction: '' }, never).then((rewrite) => rewrite.text);
  console.log(`${machine()}; ${name}, ${options['threads']} thread(s), ${cases.length} cases`);
  // The first sentence pays for the warm-up.
  await byModel(cases[0]!.raw);
  const rows = [
    [['cleaner', 'like reference', 'refused by guard', 'let through, unlike reference', 'p50 s', 'p95 s']],
    [row(name, cases, await outcomes(cases, byModel))],
    [row('rules', cases, await outcomes(cases, async (text) => cleanByRules(text, 'en')))],
    [row('raw (control)', cases, await outcomes(cases, async (text) => text))],
  ].flat();
  console.log(table(rows));
  report(cases);
  await cleaner.close();
}

async function outcomes(cases: readonly Case[], clean: (text: string) => Promise<string>): Promise<Outcome[]> {
  const results: Outcome[] = [];
  for (const { raw } of cases) {
    const started = performance.now();
    const text = await clean(raw);
    results.push({ text, seconds: (performance.now() - started) / 1_000 });
  }
  return results;
}

/** Prints what the guard refused and what it let through unlike the reference, and counts both. */
function row(name: string, cases: readonly Case[], results: readonly Outcome[]): (string | number)[] {
  let same = 0;
  let refused = 0;
  let unlike = 0;
  cases.forEach(({ raw, clean }, i) => {
    const { text } = results[i]!;
    const verdict = checkRewrite(raw, text, 'en');
    const isSame = isSpokenAlike(clean, text);
    if (isSame) same++;
    if (!verdict.accepted) {
      refused++;
      console.log(`${name}, refused (${verdict.reason}): ${raw} -> ${text}`);
    } else if (!isSame && text !== raw) {
      unlike++;
      console.log(`${name}, let through: ${raw} -> ${text} (reference: ${clean})`);
    }
  });
  const seconds = results.map((result) => result.seconds);
  const share = `${same} of ${cases.length}`;
  return [name, share, refused, unlike, quantile(seconds, 0.5).toFixed(4), quantile(seconds, 0.95).toFixed(4)];
}

/** Every reference with one word that counts taken away, doubled with another, or replaced: the guard must refuse all. */
function report(cases: readonly Case[]): void {
  let tried = 0;
  let through = 0;
  for (const { raw, clean } of cases) {
    if (clean === '' || !checkRewrite(raw, clean, 'en').accepted) continue;
    const words = clean.split(' ');
    words.forEach((word, at) => {
      if (SMALL.test(word)) return;
      const others = words.filter((_, i) => i !== at);
      // A word that stands elsewhere in the sentence may be its double; that is the references' business.
      if (others.some((other) => bare(other) === bare(word))) return;
      const changed = [others, words.with(at, 'perhaps'), words.toSpliced(at, 0, 'not'), words.with(at, `${word}7`)];
      for (const mutant of changed) {
        tried++;
        const text = mutant.join(' ');
        if (raw.toLowerCase() === text.toLowerCase() || !checkRewrite(raw, text, 'en').accepted) continue;
        through++;
        console.log(`changed meaning, let through: ${raw} -> ${text}`);
      }
    });
  }
  console.log(`meaning changed by hand: ${through} of ${tried} let through by the guard`);
}
