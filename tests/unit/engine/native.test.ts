import { closeSync, copyFileSync, fstatSync, openSync, truncateSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { type RandomShape, randomModel, writeRandomModel } from '../../../server/engine/child/random-model.ts';
import { isNativeBuilt, type NativeDecodeOptions, NativeModel } from '../../../server/engine/native/binding.ts';

if (!isNativeBuilt()) throw new Error('The native engine is not built: node server/engine/native/build.mjs');

const folder = t.testdir();
const english = join(folder, 'english.bin');
writeRandomModel(english, { vocabulary: 51_864, melBands: 80, type: 'q8_0' });
const manyLanguages = join(folder, 'languages.bin');
writeRandomModel(manyLanguages, { vocabulary: 51_865, melBands: 80, type: 'f16' });
/** Large enough for a decode to be still running when the next line of the test does something. */
const slow = join(folder, 'slow.bin');
writeRandomModel(slow, { vocabulary: 51_864, melBands: 80, type: 'q8_0', layers: 6, width: 512 });

const noise = (seconds: number): Float32Array =>
  Float32Array.from({ length: Math.round(seconds * 16_000) }, (_, i) => Math.sin(i * i) / 4);

const createOptions = (changes: Partial<NativeDecodeOptions> = {}): NativeDecodeOptions => ({
  samples: noise(1),
  language: 'en',
  languages: [],
  task: 'transcribe',
  prompt: '',
  prefix: '',
  windowFloor: 0,
  threads: 1,
  wordTimes: true,
  ...changes,
});

t.test('a model of any published shape and precision loads and decodes', async (t) => {
  const shapes: RandomShape[] = [
    { vocabulary: 51_864, melBands: 80, type: 'f32' },
    { vocabulary: 51_864, melBands: 80, type: 'q5_1' },
    { vocabulary: 51_865, melBands: 80, type: 'q4_0' },
    { vocabulary: 51_865, melBands: 80, type: 'q5_0' },
    { vocabulary: 51_866, melBands: 128, type: 'q4_1' },
    { vocabulary: 51_866, melBands: 128, type: 'q8_0', layers: 4 },
  ];
  for (const shape of shapes) {
    const path = join(folder, 'shape.bin');
    writeRandomModel(path, shape);
    const model = NativeModel.load(path);
    t.match(model.info, {
      vocabulary: shape.vocabulary,
      melBands: shape.melBands,
      audioFrames: 1_500,
      textTokens: 448,
    });
    t.equal(model.info.multilingual, shape.vocabulary > 51_864);
    const decode = await model.decode(createOptions());
    t.ok(decode.tokens <= 6 + 7, `${shape.type}: no more tokens than a second can hold`);
    t.equal(
      decode.text,
      decode.words
        .map(({ text, space }) => `${space ? ' ' : ''}${text}`)
        .join('')
        .trimStart(),
    );
    model.close();
  }
});

t.test('the window is fitted to the audio, not below the floor and not above the model', async (t) => {
  const model = NativeModel.load(english);
  const check = async (seconds: number, windowFloor: number, least: number, most: number): Promise<void> => {
    const { windowFrames } = await model.decode(createOptions({ samples: noise(seconds), windowFloor }));
    t.ok(windowFrames >= least && windowFrames <= most, `${seconds} s with floor ${windowFloor}: ${windowFrames}`);
  };
  await check(1, 0, 50, 128);
  await check(1, 512, 512, 512);
  await check(12, 512, 600, 700);
  await check(30, 0, 1_500, 1_500);
  await check(1, 9_999, 1_500, 1_500);
  model.close();
});

t.test('words lie in order inside the audio, in every window', async (t) => {
  const model = NativeModel.load(english);
  for (const windowFloor of [0, 512, 1_500]) {
    for (const seconds of [0.02, 0.5, 3]) {
      const { words } = await model.decode(createOptions({ samples: noise(seconds), windowFloor }));
      let before = 0;
      for (const { fromMs, toMs, confidence } of words) {
        t.ok(
          fromMs >= before && toMs >= fromMs && toMs <= seconds * 1_000 + 0.001,
          `${fromMs} to ${toMs} of ${seconds} s`,
        );
        t.ok(confidence >= 0 && confidence <= 1);
        before = fromMs;
      }
    }
  }
  model.close();
});

t.test('empty and silent audio are decoded without an error', async (t) => {
  const model = NativeModel.load(english);
  t.match(await model.decode(createOptions({ samples: new Float32Array(0) })), { windowFrames: Number });
  t.match(await model.decode(createOptions({ samples: new Float32Array(16_000) })), { noSpeech: Number });
  await t.rejects(model.decode(createOptions({ samples: new Float32Array(30 * 16_000 + 1) })), RangeError);
  model.close();
});

t.test('the same audio gives the same words, whatever ran before on the same memory', async (t) => {
  const model = NativeModel.load(english);
  const first = await model.decode(createOptions({ samples: noise(2) }));
  await model.decode(createOptions({ samples: noise(20), windowFloor: 1_500 }));
  await model.decode(createOptions({ samples: noise(1), prompt: 'w300 w301 '.repeat(100) }));
  const again = await model.decode(createOptions({ samples: noise(2) }));
  t.same(again.words, first.words);
  t.equal(again.noSpeech, first.noSpeech);
  model.close();
});

t.test('decodes side by side return what each returns alone', async (t) => {
  const model = NativeModel.load(english);
  const spans = [0.5, 1, 2, 3, 4, 5].map(noise);
  const alone = [];
  for (const samples of spans) alone.push((await model.decode(createOptions({ samples }))).words);
  const together = await Promise.all(spans.map((samples) => model.decode(createOptions({ samples }))));
  t.same(
    together.map(({ words }) => words),
    alone,
  );
  model.close();
});

t.test('a language is chosen among the candidates, from the same encoding', async (t) => {
  const model = NativeModel.load(manyLanguages);
  const chosen = await model.decode(createOptions({ language: 'auto', languages: ['de', 'fr', 'nonsense'] }));
  t.ok(['de', 'fr'].includes(chosen.language));
  t.same(Object.keys(chosen.languageProbabilities).sort(), ['de', 'fr']);
  const sum = Object.values(chosen.languageProbabilities).reduce((total, each) => total + each, 0);
  t.ok(Math.abs(sum - 1) < 1e-6);
  const any = await model.decode(createOptions({ language: 'auto' }));
  t.equal(Object.keys(any.languageProbabilities).length, 5);
  t.match(await model.decode(createOptions({ language: 'de' })), { language: 'de', languageProbability: 1 });
  model.close();
});

t.test('a forced prefix begins the text', async (t) => {
  const model = NativeModel.load(english);
  const { text, words } = await model.decode(createOptions({ prefix: 'w300 w301' }));
  t.ok(text.startsWith('w300 w301'), text);
  t.match(words[0], { text: /^w300/, fromMs: Number });
  model.close();
});

t.test('the text of an English model begins behind its only start token', async (t) => {
  const model = NativeModel.load(english);
  const timestamps = await model.decode(createOptions({ timestamps: true, wordTimes: false }));
  // A longer decode before it leaves other values in the memory of the logits.
  await model.decode(createOptions({ samples: noise(5), prefix: 'w300 w301 w302' }));
  const again = await model.decode(createOptions({ timestamps: true, wordTimes: false }));
  t.same(again.words, timestamps.words);
  t.equal(again.averageLogProbability, timestamps.averageLogProbability);
  model.close();
});

t.test('a prompt or prefix longer than the model can read is cut, not refused', async (t) => {
  const model = NativeModel.load(english);
  t.match(await model.decode(createOptions({ prompt: 'w400 '.repeat(5_000) })), { stop: String });
  t.match(await model.decode(createOptions({ prefix: 'w400 '.repeat(5_000) })), { stop: String });
  t.match(await model.decode(createOptions({ prompt: 'äöü '.repeat(2_000), prefix: '語'.repeat(500) })), {
    stop: String,
  });
  model.close();
});

t.test('beams, temperatures and time tokens are options', async (t) => {
  const model = NativeModel.load(manyLanguages);
  t.match(await model.decode(createOptions({ beamSize: 3, language: 'auto', languages: ['it'] })), { language: 'it' });
  t.match(await model.decode(createOptions({ temperatures: [0, 0.4, 0.8] })), { temperature: Number });
  t.match(await model.decode(createOptions({ timestamps: true })), { stop: String });
  model.close();
});

t.test('an abort is honoured before a decode begins and while it runs', async (t) => {
  const model = NativeModel.load(slow);
  t.equal((await model.decode(createOptions({ signal: AbortSignal.abort() }))).stop, 'aborted');
  const control = new AbortController();
  // Made before the decodes begin, which would otherwise take the processor from it and end first.
  const samples = noise(28);
  const running = Promise.all(
    Array.from({ length: 8 }, () => model.decode(createOptions({ samples, signal: control.signal }))),
  );
  control.abort();
  for (const { stop } of await running) t.equal(stop, 'aborted');
  t.not((await model.decode(createOptions())).stop, 'aborted', 'the next decode is not aborted');
  model.close();
});

t.test('a running decode counts steps, greedy or with beams, and an ended one reports 0', async (t) => {
  const model = NativeModel.load(slow);
  for (const beamSize of [1, 2]) {
    const running = model.begin(createOptions({ samples: noise(28), beamSize }));
    const seen = new Set<number>();
    let ended = false;
    void running.result.then(() => {
      ended = true;
    });
    while (!ended) {
      seen.add(running.steps());
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    t.ok(seen.size > 5, `${seen.size} counts seen with ${beamSize} beams`);
    t.equal(running.steps(), 0);
  }
  model.close();
});

t.test('closing a model aborts running decodes and refuses new ones', async (t) => {
  const model = NativeModel.load(slow);
  const running = model.decode(createOptions({ samples: noise(28) }));
  model.close();
  t.equal((await running).stop, 'aborted');
  await t.rejects(model.decode(createOptions()), { code: 'model.closed' });
});

t.test('a wrong, incomplete or corrupted file throws an error with a code and does not crash', async (t) => {
  const whole = randomModel({ vocabulary: 51_864, melBands: 80, type: 'q8_0' });
  const check = (name: string, code: string, change: (path: string) => void): void => {
    const path = join(folder, 'broken.bin');
    change(path);
    t.throws(() => NativeModel.load(path), { code }, name);
  };
  const edited = (at: number, value: number) => (path: string) => {
    const bytes = Buffer.from(whole);
    bytes.writeInt32LE(value, at);
    writeFileSync(path, bytes);
  };
  t.throws(() => NativeModel.load(join(folder, 'nothing.bin')), { code: 'model.absent' });
  t.throws(() => NativeModel.load(folder), { code: 'model.absent' }, 'a folder');
  check('empty', 'model.corrupt', (path) => writeFileSync(path, ''));
  check('text', 'model.corrupt', (path) => writeFileSync(path, 'This is not a model. '.repeat(1_000)));
  for (const length of [3, 47, 60, 100_000, whole.length - 60_000, whole.length - 1]) {
    check(`cut after ${length} bytes`, 'model.corrupt', (path) => {
      copyFileSync(english, path);
      truncateSync(path, length);
    });
  }
  for (let field = 0; field <= 10; field++) {
    for (const value of [0, -1, 7, 0x7fffffff])
      check(`field ${field} is ${value}`, 'model.corrupt', edited(field * 4, value));
  }
  check('unknown precision', 'model.corrupt', edited(11 * 4, 77));
});

t.test('a loaded model does not depend on its file any more', async (t) => {
  const path = join(folder, 'overwritten.bin');
  copyFileSync(english, path);
  const model = NativeModel.load(path);
  // A draft and a prompt feed many different tokens.
  const options = createOptions({ prompt: 'Words from before.', draft: 'Words that may come, and others.' });
  const decode = async () => ({ ...(await model.decode(options)), encodeMs: 0, decodeMs: 0 });
  const before = await decode();
  const file = openSync(path, 'r+');
  const { size } = fstatSync(file);
  writeSync(file, Buffer.alloc(size - 1_000, 7), 0, size - 1_000, 1_000);
  closeSync(file);
  t.same(await decode(), before, 'another program writes over the file');
  truncateSync(path, 1_000);
  t.same(await decode(), before, 'another program truncates the file');
  model.close();
});

t.test('weights that are no numbers are refused', async (t) => {
  const path = join(folder, 'nan.bin');
  const bytes = randomModel({ vocabulary: 51_864, melBands: 80, type: 'f32' });
  // The last tensors are the decoder's: one of its weights spoils every probability.
  bytes.fill(0xff, bytes.length - 64);
  writeFileSync(path, bytes);
  t.throws(() => NativeModel.load(path), { code: 'model.corrupt', message: /no numbers/ });
  const quantized = randomModel({ vocabulary: 51_864, melBands: 80, type: 'q8_0' });
  quantized.fill(0xff, quantized.length - 64);
  writeFileSync(path, quantized);
  t.throws(() => NativeModel.load(path), { code: 'model.corrupt', message: /no numbers/ });
});
