import t from 'tap';
import { PIPELINE } from '../../../../server/core/session/settings.ts';
import { computeEndpointWait, isSureEnd } from '../../../../server/core/speech/endpoint.ts';
import fc from '../../../support/fast-check.ts';

const options = { minMs: 300, maxMs: 1_000 };
const wait = (text: string, confidence = 1): number => computeEndpointWait({ text, confidence }, options);

t.test('a finished sentence ends sooner than an unfinished phrase, and the rest lies between', async (t) => {
  for (const finished of ['We are done.', 'Really?', 'Sie sagte: "Ja."', '好的。'])
    t.ok(wait(finished) < wait('we are done'), finished);
  for (const open of ['we went to the', 'well,', 'ich glaube, dass', 'parce que', 'and um'])
    t.ok(wait(open) > wait('we are done'), open);
});

t.test('what follows an abbreviation or an ordinal is waited for, in languages that write it so', async (t) => {
  const waitIn = (text: string, language: string): number =>
    computeEndpointWait({ text, confidence: 1, language }, options);
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
  t.ok(wait('In the midst of the kind.', 0.5) > wait('In the midst of the kind.', 0.9));
  t.equal(wait('In the midst of the', 0.5), options.maxMs);
});

t.test('the wait never leaves its bounds, whatever the text', async (t) => {
  fc.assert(
    fc.property(
      fc.string({ unit: 'grapheme' }),
      fc.integer({ min: 100, max: 5_000 }),
      fc.nat(5_000),
      (text, minMs, more) => {
        const ms = computeEndpointWait({ text, confidence: 1 }, { minMs, maxMs: minMs + more });
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

const bounds = { minMs: 300, maxMs: 1_000, completeMs: 250, incompleteMs: 1_300 };
const heard = (text: string, confidence: number | undefined, turnEnd: number | undefined): number =>
  computeEndpointWait({ text, confidence, turnEnd }, bounds, PIPELINE.turn);
/** The waits at turn ends of 0.01, 0.5 and 0.99. */
const waits = (text: string, confidence: number | undefined): number[] =>
  [0.01, 0.5, 0.99].map((turnEnd) => heard(text, confidence, turnEnd));

t.test('text and turn detector decide together', async (t) => {
  const table: [string, number, number[]][] = [
    ['We are done.', 0.98, [250, 250, 250]],
    ['We are done.', 0.94, [580, 250, 250]],
    ['We are done.', 0.9, [580, 384, 250]],
    ['We are done.', 0.85, [580, 384, 250]],
    ['We are done.', 0.75, [580, 580, 384]],
    ['We are done.', 0.6, [580, 580, 580]],
    ['We are done.', 0.3, [1_300, 580, 580]],
    ['we are done', 0.99, [1_300, 1_300, 580]],
    ['we went to the', 0.99, [1_300, 1_300, 1_300]],
    ['well,', 0.99, [1_300, 1_300, 1_300]],
  ];
  for (const [text, confidence, expected] of table) t.same(waits(text, confidence), expected, `${text} ${confidence}`);
});

t.test('without an answer, or without a turn detector, the text alone decides', async (t) => {
  for (const text of ['', 'We are done.', 'we are done', 'we went to the'])
    for (const confidence of [undefined, 0.3, 0.99]) {
      const byText = computeEndpointWait({ text, confidence }, options);
      t.equal(heard(text, confidence, undefined), byText, `no answer: ${text} ${confidence}`);
      const without = computeEndpointWait({ text, confidence, turnEnd: 0.99 }, bounds);
      t.equal(without, byText, `no turn detector: ${text} ${confidence}`);
    }
});

t.test('before the decode up to the pause is there, an answer ends nothing early', async (t) => {
  t.same(waits('We are done.', undefined), [580, 580, 580]);
  t.same(waits('', 0.9), [580, 580, 580]);
  t.same(waits('we went to the', undefined), [1_000, 1_000, 1_000]);
});

t.test('bounds that a client sets hold for the turn detector, too', async (t) => {
  fc.assert(
    fc.property(
      fc.constantFrom('', 'We are done.', 'we are done', 'we went to the'),
      fc.double({ min: 0, max: 1, noNaN: true }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      (text, confidence, turnEnd) => {
        const ms = computeEndpointWait({ text, confidence, turnEnd }, options, PIPELINE.turn);
        return ms >= options.minMs && ms <= options.maxMs;
      },
    ),
  );
  t.pass();
});

t.test('the more the speaker sounds done, the sooner speech ends', async (t) => {
  const probability = fc.double({ min: 0, max: 1, noNaN: true });
  fc.assert(
    fc.property(
      fc.constantFrom('We are done.', 'we are done', 'we went to the'),
      probability,
      probability,
      probability,
      (text, confidence, a, b) => heard(text, confidence, Math.max(a, b)) <= heard(text, confidence, Math.min(a, b)),
    ),
  );
  t.pass();
});
