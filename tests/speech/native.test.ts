import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { z } from 'zod';
import { getModelPath } from '../../models/locate.ts';
import { findModel } from '../../models/registry.ts';
import { parseJson } from '../../protocol/parse-json.ts';
import {
  loadNative,
  type NativeDecode,
  type NativeDecodeOptions,
  NativeModel,
} from '../../server/engine/native/binding.ts';
import { FINAL_WINDOW_FLOOR, FULL_WINDOW, PARTIAL_WINDOW_FLOOR } from '../../server/engine/native/defaults.ts';
import { units } from '../support/comparable-words.ts';
import { type Recording, readRecordings, readSamples } from '../support/recordings.ts';
import { wordErrorRate } from '../support/wer.ts';

const recordings = readRecordings(fileURLToPath(new URL('../fixtures/speech', import.meta.url)));
const english = recordings.filter(
  ({ language, kind, seconds }) => language === 'en' && kind !== 'dialog' && seconds < 29,
);
const timed = english.filter(({ words }) => words.length > 0);
const model = NativeModel.load(getModelPath(findModel('tiny.en')!));
t.teardown(() => model.close());

const floats = (recording: Recording): Float32Array =>
  Float32Array.from(readSamples(recording.path), (value) => value / 32_768);

const decode = (samples: Float32Array, changes: Partial<NativeDecodeOptions> = {}, on = model): Promise<NativeDecode> =>
  on.decode({
    samples,
    language: 'en',
    languages: [],
    task: 'transcribe',
    prompt: '',
    prefix: '',
    windowFloor: FINAL_WINDOW_FLOOR,
    threads: 1,
    wordTimes: true,
    ...changes,
  });

const quantile = (values: number[], share: number): number =>
  values.sort((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * share))]!;

t.test('a word that is said again and again is kept as long as attention moves on', async (t) => {
  const folder = fileURLToPath(new URL('../fixtures/said-again', import.meta.url));
  const noes = readRecordings(folder).find(({ file }) => file === 'no.wav')!;
  const { text } = await decode(floats(noes), { windowFloor: FULL_WINDOW });
  t.equal(text.match(/\bno\b/gi)?.length, 8, text);
});

t.test('a fitted window hears nearly what the whole window hears', async (t) => {
  const rate = async (windowFloor: number): Promise<number> => {
    let errors = 0;
    let words = 0;
    for (const recording of english) {
      const { text } = await decode(floats(recording), { windowFloor });
      const count = wordErrorRate(recording.text, text, 'en');
      errors += count.errors;
      words += count.words;
    }
    return errors / words;
  };
  const full = await rate(FULL_WINDOW);
  const final = await rate(FINAL_WINDOW_FLOOR);
  const partial = await rate(PARTIAL_WINDOW_FLOOR);
  t.ok(final <= full + 0.015, `finals ${final.toFixed(3)} against ${full.toFixed(3)}`);
  t.ok(partial <= full + 0.03, `partials ${partial.toFixed(3)} against ${full.toFixed(3)}`);
});

t.test('speech that is cut anywhere is not heard twice', async (t) => {
  const check = async (recording: Recording, seconds: number, beamSize: number): Promise<void> => {
    const samples = floats(recording).slice(0, seconds * 16_000);
    const { text } = await decode(samples, { windowFloor: PARTIAL_WINDOW_FLOOR, beamSize });
    const decoded = units(text, 'en', true);
    const reference = ` ${units(recording.text, 'en', true).join(' ')} `;
    for (let length = 2; 2 * length <= decoded.length; length++) {
      for (let at = 0; at + 2 * length <= decoded.length; at++) {
        const phrase = decoded.slice(at, at + length).join(' ');
        const twice = phrase === decoded.slice(at + length, at + 2 * length).join(' ');
        if (twice && !reference.includes(` ${phrase} ${phrase} `))
          t.fail(`${recording.file} up to ${seconds} s with ${beamSize} beams: ${text}`);
      }
    }
  };
  for (const recording of timed.slice(0, 12)) {
    for (let seconds = 0.8; seconds < Math.min(3, recording.seconds); seconds += 0.5)
      await check(recording, seconds, 1);
    await check(recording, 2, 8);
  }
  t.pass();
});

t.test('words that a speaker says again are kept', async (t) => {
  for (const recording of timed.slice(0, 4)) {
    const once = floats(recording);
    const twice = new Float32Array(2 * once.length);
    twice.set(once);
    twice.set(once, once.length);
    const { text } = await decode(twice, { windowFloor: PARTIAL_WINDOW_FLOOR });
    const { errors, words } = wordErrorRate(`${recording.text} ${recording.text}`, text, 'en');
    t.ok(errors <= words * 0.3, `${recording.file} twice: ${text}`);
  }
});

t.test('word times are right in every window', async (t) => {
  t.ok(timed.length > 0);
  for (const windowFloor of [PARTIAL_WINDOW_FLOOR, FINAL_WINDOW_FLOOR, FULL_WINDOW]) {
    const misses: number[] = [];
    for (const recording of timed) {
      const { words } = await decode(floats(recording), { windowFloor });
      // Only words heard right, in a text of the right length, can be compared place by place.
      const spoken = recording.words.map(({ word }) => units(word, 'en', true).join(''));
      const decoded = words.map(({ text }) => units(text, 'en', true).join(''));
      if (spoken.length !== decoded.length) continue;
      for (const [i, word] of words.entries()) {
        if (spoken[i] === decoded[i]) misses.push(Math.abs(word.fromMs - recording.words[i]!.start * 1_000));
      }
    }
    t.ok(misses.length > 20, `${misses.length} words compared`);
    t.ok(quantile(misses, 0.5) <= 80, `median ${quantile(misses, 0.5).toFixed(0)} ms`);
    t.ok(quantile(misses, 0.95) <= 200, `p95 ${quantile(misses, 0.95).toFixed(0)} ms`);
  }
});

t.test('a forced prefix brings the same words as hearing them anew', async (t) => {
  const recording = timed[0]!;
  const samples = floats(recording);
  const whole = await decode(samples);
  const prefix = whole.words
    .slice(0, 4)
    .map(({ text }) => text)
    .join(' ');
  const forced = await decode(samples, { prefix });
  t.equal(forced.text, whole.text);
});

/** What whisper.cpp's own loop writes, greedy and with five beams, for the English recordings. */
const libraryTexts = z
  .record(z.string(), z.object({ greedy: z.string(), fiveBeams: z.string() }))
  .parse(parseJson(readFileSync(new URL('../fixtures/library-texts.json', import.meta.url), 'utf8')));

for (const beamSize of [1, 5]) {
  t.test(`with ${beamSize} beams, words are those of whisper.cpp’s own loop`, async (t) => {
    let errors = 0;
    let words = 0;
    for (const recording of english) {
      const { greedy, fiveBeams } = libraryTexts[recording.file]!;
      const { text } = await decode(floats(recording), { beamSize });
      const count = wordErrorRate(beamSize === 1 ? greedy : fiveBeams, text, 'en');
      errors += count.errors;
      words += count.words;
    }
    t.ok(words > 100, `${words} words compared`);
    t.ok(errors <= words * 0.08, `${errors} of ${words} words differ`);
  });
}

t.test('a draft changes nothing, whether it is right, nearly right or of something else', async (t) => {
  for (const recording of english.slice(0, 6)) {
    const samples = floats(recording);
    const { encodeMs: _, decodeMs: __, ...plain } = await decode(samples);
    const words = plain.text.split(' ');
    const drafts = {
      right: plain.text,
      'too short': words.slice(0, -3).join(' '),
      'with a wrong word': words.with(Math.floor(words.length / 2), 'umbrella').join(' '),
      'without a word': words.toSpliced(2, 1).join(' '),
      'of something else': 'nobody ever said a word of this in any recording that there is',
      endless: `${plain.text} `.repeat(40),
    };
    for (const [name, draft] of Object.entries(drafts)) {
      const { encodeMs: _, decodeMs: __, ...drafted } = await decode(samples, { draft });
      t.same(drafted, plain, `${recording.file}: a draft that is ${name}`);
    }
  }
});

t.test('a draft that begins with the prefix saves steps of the decoder', async (t) => {
  const { diagnostics } = loadNative();
  const samples = floats(timed[0]!);
  const { text } = await decode(samples);
  const prefix = text.split(' ').slice(0, 3).join(' ');
  const countSteps = async (draft: string): Promise<number> => {
    diagnostics.beginProfile();
    const drafted = await decode(samples, { prefix, draft });
    t.equal(drafted.text, text);
    return diagnostics.endProfile()['attention of tokens']!.calls;
  };
  const steps = await countSteps('');
  const fewer = await countSteps(text);
  t.ok(fewer < steps / 2, `${fewer} steps in the place of ${steps}`);
});

t.test('languages are detected, alone and among candidates', async (t) => {
  const base = NativeModel.load(getModelPath(findModel('base')!));
  t.teardown(() => base.close());
  for (const recording of recordings.filter(
    ({ language, seconds }) => ['de', 'fr', 'es', 'pt', 'ja', 'zh'].includes(language) && seconds < 29,
  )) {
    const free = await decode(floats(recording), { language: 'auto' }, base);
    t.equal(free.language, recording.language, recording.file);
    const hypothesis = await decode(
      floats(recording),
      { language: 'auto', languages: ['en', recording.language] },
      base,
    );
    t.equal(hypothesis.language, recording.language);
    t.equal(
      hypothesis.words.some(({ text }) => text.includes('\uFFFD')),
      false,
      'no torn characters',
    );
  }
});
