import t from 'tap';
import { describeBetterModel, describeChoice, describeStreams } from '../../../../server/core/capacity/describe.ts';

t.test('the number of streams is said of each model, once all are known', async (t) => {
  const base = { model: 'base', multilingual: true, streams: 4 };
  const tiny = { model: 'tiny.en', multilingual: false, streams: 64, isLeast: true };
  t.equal(describeStreams([base]), '4 live with base');
  t.equal(describeStreams([base, tiny]), '4 live with base, at least 64 in English with tiny.en');
  t.equal(describeStreams([{ ...base, streams: 0 }]), 'not one live with base');
  t.equal(describeStreams([base, { ...tiny, streams: undefined }]), undefined);
});

t.test('the choice and what a better model would give are said with their numbers', async (t) => {
  t.match(describeChoice(0.12, undefined), /the best here that keeps live text quick: a decode takes 0\.12 s/);
  t.match(
    describeChoice(0.84, 'tiny.en'),
    /slow on this machine: .* 0\.84 s.* 1\.50 s.* 1\.16 s; tiny\.en hears English/,
  );
  t.notMatch(describeChoice(0.84, undefined), /English/);
  t.match(describeBetterModel('small', undefined, false), /^small is measured while nobody speaks$/);
  t.match(describeBetterModel('small', undefined, true), /^small is here, and is measured while nobody speaks$/);
  t.match(describeBetterModel('small', 0.2, false), /would be quick enough .*npx sotto models pull small/);
  t.match(describeBetterModel('small', 0.2, true), /the next start takes it/);
  t.match(describeBetterModel('small', 0.84, true), /too slow for live text: .* 1\.50 s, a sentence after 1\.16 s/);
});
