import t from 'tap';
import { computeEndpointWait, isSureEnd } from '../../../../server/core/speech/endpoint.ts';
import fc from '../../../support/fast-check.ts';

const options = { minMs: 300, maxMs: 1_000 };
const wait = (text: string): number => computeEndpointWait(text, options);

t.test('a finished sentence ends sooner than an unfinished phrase, and the rest lies between', async (t) => {
  for (const finished of ['We are done.', 'Really?', 'Sie sagte: "Ja."', '好的。'])
    t.ok(wait(finished) < wait('we are done'), finished);
  for (const open of ['we went to the', 'well,', 'ich glaube, dass', 'parce que', 'and um'])
    t.ok(wait(open) > wait('we are done'), open);
});

t.test('what follows an abbreviation or an ordinal is waited for, in languages that write it so', async (t) => {
  const waitIn = (text: string, language: string): number => computeEndpointWait(text, options, 1, language);
  for (const [text, language] of [
    ['Das ist Dr.', 'de'],
    ['Wir nehmen z.', 'de'],
    ['El Sr.', 'es'],
    ['Prenez p. ex.', 'fr'],
  ] as const)
    t.equal(waitIn(text, language), options.maxMs, text);
  const wait = waitIn('we are done', 'en');
  t.equal(waitIn('Es ist der 21.', 'de'), wait, 'it may be an ordinal or an end');
  t.equal(waitIn('Äpfel, Birnen usw.', 'de'), wait);
  t.equal(waitIn('There are 21.', 'en'), options.minMs);
  t.equal(waitIn('He said no.', 'en'), options.minMs);
  t.equal(waitIn('What will they die.', 'en'), options.minMs, 'an article of another language');
  t.equal(waitIn('Er kommt um', 'de'), wait, 'a hesitation of another language');
  t.ok(isSureEnd('There are 21.', 0.9, 0.84, 'en'));
  t.notOk(isSureEnd('Es ist der 21.', 0.9, 0.84, 'de'));
});

t.test('a sentence whose last word is a guess may go on', async (t) => {
  t.ok(
    computeEndpointWait('In the midst of the kind.', options, 0.5) >
      computeEndpointWait('In the midst of the kind.', options, 0.9),
  );
  t.equal(computeEndpointWait('In the midst of the', options, 0.5), options.maxMs);
});

t.test('the wait never leaves its bounds, whatever the text', async (t) => {
  fc.assert(
    fc.property(
      fc.string({ unit: 'grapheme' }),
      fc.integer({ min: 100, max: 5_000 }),
      fc.nat(5_000),
      (text, minMs, more) => {
        const ms = computeEndpointWait(text, { minMs, maxMs: minMs + more });
        return ms >= minMs && ms <= minMs + more;
      },
    ),
  );
  t.pass();
});

t.test('a sentence has surely ended where its last word is sure and finishes it', async (t) => {
  for (const finished of ['We are done.', 'Really?', 'Sie sagte: "Ja."', '好的。'])
    t.ok(isSureEnd(finished, 0.9, 0.84), finished);
  for (const open of ['', 'We are done', 'I spoke to Dr.', 'So I thought...', 'und dann…'])
    t.notOk(isSureEnd(open, 0.9, 0.84), open);
  t.notOk(isSureEnd('We are done.', 0.8, 0.84));
});
