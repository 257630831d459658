import t from 'tap';
import type { ServerEvent } from '../../../../protocol/index.ts';
import type { Hypothesis } from '../../../../server/core/hypothesis.ts';
import type { SessionInput } from '../../../../server/core/session/inputs.ts';
import type { DecodeSpan } from '../../../../server/core/session/outputs.ts';
import { SessionCore } from '../../../../server/core/session/session.ts';
import { PIPELINE } from '../../../../server/core/session/settings.ts';
import { SETTINGS } from '../../../support/session-settings.ts';
import { sureHypothesis } from '../../../support/sure-hypothesis.ts';

const STEP = 800;
const RATE = 16_000;

/** Something said, with a pause behind it. */
interface Spoken {
  readonly language: string;
  readonly text: string;
  readonly seconds: number;
}

const say = (language: string, text: string, seconds: number): Spoken => ({ language, text, seconds });
const ENGLISH = say('en', 'We meet at noon today.', 3);

/**
 * A session with a model that detects a language well where it has a second of it, guesses `guess` where it has less, and is unsure of
 * its text in a language that is not spoken.
 */
function open(allowed: readonly string[], guess = 'cy') {
  const core = new SessionCore({ ...SETTINGS, language: 'auto', languages: allowed }, PIPELINE);
  const events: ServerEvent[] = [];
  const spans: DecodeSpan[] = [];
  const spoken: (Spoken & { readonly from: number })[] = [];
  let at = 0;
  const decode = (span: DecodeSpan): Hypothesis => {
    const to = span.fromSample + span.samples.length;
    const heard = spoken.filter((each) => each.from < to && each.from + each.seconds * RATE > span.fromSample);
    const seconds = span.samples.length / RATE;
    const main = heard.at(-1);
    const isAllowed = (language: string): boolean => span.languages.length === 0 || span.languages.includes(language);
    const best = main !== undefined && isAllowed(main.language) && seconds >= 1 ? main.language : guess;
    const detected = isAllowed(best) ? best : span.languages[0]!;
    const language = span.language === 'auto' ? detected : span.language;
    const isSpoken = language === main?.language;
    const confidence = isSpoken ? 0.95 : 0.3;
    const words = heard.flatMap((each) => {
      const texts = each.text.split(' ');
      const length = (each.seconds * RATE) / texts.length;
      return texts.map((text, i) => ({
        ...{ text: isSpoken ? text : `${language}-${text}`, space: true, confidence },
        ...{ from: each.from + i * length, to: each.from + (i + 1) * length - 100 },
      }));
    });
    return sureHypothesis(
      words.filter((word) => word.to <= to),
      {
        language,
        averageLogProbability: isSpoken ? -0.2 : -1.2,
        ...(span.language === 'auto' && { languageProbability: 0.9, languageProbabilities: { [language]: 0.9 } }),
      },
    );
  };
  const handle = (input: SessionInput, voice: number): void => {
    for (const output of core.handle(input)) {
      if (output.kind === 'detect') handle({ ...output, kind: 'probability', value: voice }, voice);
      if (output.kind === 'event') events.push(output.event as ServerEvent);
      if (output.kind !== 'recognise') continue;
      const span = core.take(output.job)!;
      spans.push(span);
      handle({ kind: 'hypothesis', job: output.job, hypothesis: decode(span) }, voice);
    }
  };
  const feed = (seconds: number, voice: number): void => {
    for (let left = Math.round((seconds * RATE) / STEP); left > 0; left--) {
      at += STEP;
      handle({ kind: 'audio', channels: [new Float32Array(STEP).fill(0.2)] }, voice);
    }
  };
  const hear = (...all: readonly Spoken[]): void => {
    for (const each of all) {
      spoken.push({ ...each, from: at });
      feed(each.seconds, 0.95);
      feed(1.5, 0.02);
    }
  };
  const finals = () => events.flatMap((event) => (event.type === 'final' ? [event] : []));
  const notices = () => events.filter((event) => event.type === 'notice' && event.code === 'language');
  return { hear, finals, notices, spans };
}

t.test('a word alone is heard in a language that the session allows', async (t) => {
  const words = { en: 'Yes.', de: 'Nein.', fr: 'Oui.', es: 'Sí.', pt: 'Não.' };
  for (const [language, word] of Object.entries(words))
    for (const seconds of [0.3, 0.6, 1.2]) {
      const { hear, finals, spans } = open(['en', 'de', 'fr', 'es', 'pt']);
      hear(say(language, word, seconds));
      t.equal(finals().length, 1, `${word} is not lost`);
      for (const final of finals()) t.ok(final.language in words, `${word} in ${final.language}`);
      for (const span of spans) t.same(span.languages, Object.keys(words), 'the model knows the choice');
    }
});

t.test('in a session that has settled, a word of less than a second is heard in the language in force', async (t) => {
  const { hear, finals, spans } = open([]);
  hear(ENGLISH, ENGLISH, say('de', 'Nein.', 0.3));
  t.match(finals().at(-1), { language: 'en' });
  t.equal(spans.at(-1)?.language, 'en', 'it was given');
});

t.test('a longer one is heard in its own, and moves nothing, however often it is said', async (t) => {
  const { hear, finals, notices } = open([]);
  const no = say('de', 'Nein.', 1.8);
  hear(ENGLISH, ENGLISH, no, no, no, ENGLISH);
  t.same(
    finals().map(({ language }) => language),
    ['en', 'en', 'de', 'de', 'de', 'en'],
  );
  t.same(
    finals().map(({ text }) => text),
    [ENGLISH.text, ENGLISH.text, no.text, no.text, no.text, ENGLISH.text],
  );
  t.equal(notices().length, 1, 'English is reported once, and nothing else');
  const sentence = say('de', 'Wir gehen heute nach Hause.', 3);
  hear(no, say('de', 'Ja.', 0.3));
  t.match(finals().at(-1), { language: 'en' }, 'English is still in force');
  hear(sentence, sentence, say('de', 'Ja.', 0.3));
  t.match(finals().at(-1), { language: 'de', text: 'Ja.' }, 'until two sentences move it');
});
