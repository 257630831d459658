import { isSupported } from '../../../server/core/summary/content.ts';
import { isSupportedByOneWord } from '../../support/one-word-guard.ts';
import { type JudgedClaim, judge, readClaims } from '../../support/summary-claims.ts';

/** `npm run bench -- claims [--wrong]`: how well the guard of summaries tells what was said from what was not. */
export async function run(args: string[]): Promise<void> {
  const claims = readClaims();
  const percent = (share: number): string => (100 * share).toFixed(1);
  console.log('| guard | claims | precision % | recall % | false ones let through |\n| --- | --- | --- | --- | --- |');
  const row = (name: string, guard: typeof isSupported, some: readonly JudgedClaim[]): void => {
    const { precision, recall, passed } = judge(some, guard);
    console.log(`| ${name} | ${some.length} | ${percent(precision)} | ${percent(recall)} | ${passed.length} |`);
  };
  for (const split of ['tune', 'held'] as const) {
    const some = claims.filter((claim) => claim.split === split);
    row(`one word in common, ${split}`, isSupportedByOneWord, some);
    row(`now, ${split}`, isSupported, some);
  }
  for (const language of new Set(claims.map((claim) => claim.language)))
    row(
      `now, ${language}`,
      isSupported,
      claims.filter((claim) => claim.language === language),
    );
  console.log('\n| kind of false claim | claims | let through before | now |\n| --- | --- | --- | --- |');
  const wrong = claims.filter(({ holds }) => !holds);
  for (const kind of new Set(wrong.map((claim) => claim.kind))) {
    const some = wrong.filter((claim) => claim.kind === kind);
    const [before, now] = [isSupportedByOneWord, isSupported].map((guard) => judge(some, guard).passed.length);
    console.log(`| ${kind} | ${some.length} | ${before} | ${now} |`);
  }
  if (!args.includes('--wrong')) return;
  const { passed, refused } = judge(
    claims.filter(({ split }) => split === 'tune'),
    isSupported,
  );
  for (const { kind, claim, sentences } of passed) console.log(`PASSED ${kind}: ${claim} <- ${sentences[0]!.text}`);
  for (const { claim, sentences } of refused) console.log(`REFUSED: ${claim} <- ${sentences[0]!.text}`);
}
