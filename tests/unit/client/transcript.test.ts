import t from 'tap';
import { type ServerEvent, Transcript, toMarkdown, toSrt, toText, toVtt } from '../../../client/sdk/index.ts';

const word = (text: string, fromMs: number) => ({ text, fromMs, toMs: fromMs + 300, confidence: 1 });
const partial = (sentence: number, stable: string, tentative: string): ServerEvent => ({
  type: 'partial',
  seq: 1,
  channel: 0,
  sentence,
  revision: 1,
  stable,
  tentative,
  words: [],
  stableWords: 0,
  fromMs: 0,
  toMs: 0,
});
const final = (sentence: number, text: string, fromMs = 0): ServerEvent => {
  const words = text.split(' ').map((each, i) => word(each, fromMs + i * 400));
  return { type: 'final', seq: 1, channel: 0, sentence, text, words, fromMs, toMs: words.at(-1)!.toMs, language: 'en' };
};
const cleaned = (sentence: number, text: string): ServerEvent => ({
  type: 'cleaned',
  seq: 1,
  channel: 0,
  sentence,
  text,
  changes: [],
  model: 'm',
  tookMs: 1,
});

function fold(...events: ServerEvent[]): Transcript {
  const transcript = new Transcript();
  for (const event of events) transcript.read(event);
  return transcript;
}

t.test('partials, finals and cleanings fold into what is on screen', async (t) => {
  const transcript = fold(
    partial(1, 'um so', ' we'),
    final(1, 'um so we go.'),
    partial(2, '', 'and'),
    cleaned(1, 'So we go.'),
  );
  t.equal(transcript.text(), 'So we go. and');
  t.equal(transcript.text({ raw: true }), 'um so we go. and');
});

t.test('a sentence cleaned to nothing is not shown, but is there', async (t) => {
  const transcript = fold(final(1, 'um.'), cleaned(1, ''));
  t.equal(transcript.text(), '');
  t.equal(transcript.text({ raw: true }), 'um.');
});

t.test('a server that breaks its promise is caught', async (t) => {
  t.throws(() => fold(partial(1, 'we go', ''), partial(1, 'we went', '')), /changed/);
  t.throws(() => fold(partial(1, 'we go', ''), final(1, 'they go.')), /stable/);
  t.throws(() => fold(final(1, 'a'), final(1, 'a')), /second final/);
  t.throws(() => fold(cleaned(1, 'a')), /before it was final/);
  t.throws(() => fold(final(1, 'a'), partial(1, 'a', '')), /after the final/);
});

t.test('sentences are written as text, notes and captions', async (t) => {
  const { sentences } = fold(
    final(1, 'One two.', 1_000),
    cleaned(1, 'One two.'),
    final(2, 'um three <four>.', 61_000),
    cleaned(2, 'Three <four>.'),
  );
  t.equal(toText(sentences), 'One two.\nThree <four>.\n');
  t.equal(toMarkdown(sentences, { raw: true }), '**00:00:01** One two.\n\n**00:01:01** um three <four>.\n\n');
  t.equal(
    toSrt(sentences),
    '1\n00:00:01,000 --> 00:00:02,000\nOne two.\n\n2\n00:01:01,400 --> 00:01:02,400\nThree ‹four›.\n\n',
  );
  t.match(toVtt(sentences), 'Three &lt;four&gt;.');
});

t.test('a long sentence is cut into captions that can be read', async (t) => {
  const text = Array.from({ length: 40 }, (_, i) => `word${i}`).join(' ');
  const srt = toSrt(fold(final(1, text)).sentences);
  const cues = srt
    .trim()
    .split('\n\n')
    .map((cue) => cue.split('\n').slice(2));
  t.ok(cues.length > 1);
  t.ok(cues.every((lines) => lines.length <= 2 && lines.every((line) => line.length <= 42)));
  t.equal(cues.flat().join(' '), text, 'and no word is lost');
});
