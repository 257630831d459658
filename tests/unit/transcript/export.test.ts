import t from 'tap';
import type { StoredTranscript } from '../../../protocol/index.ts';
import { buildFileName, exportTranscript } from '../../../transcript/export.ts';

const plain = { part: 1, highlight: false, language: 'en' };
const TRANSCRIPT: StoredTranscript = {
  ...{
    id: 'id',
    title: 'Budget <2027> & more',
    startedAt: '2026-11-25T17:44:00.000Z',
    durationMs: 3_723_000,
    language: 'en',
  },
  speakers: { 0: 'Me', 1: '' },
  sentences: [
    { ...plain, channel: 0, sentence: 1, text: 'Um hello.', cleaned: 'Hello.', fromMs: 1_000, toMs: 2_000 },
    { ...plain, channel: 0, sentence: 2, text: 'Um.', cleaned: '', fromMs: 3_000, toMs: 3_500 },
    {
      ...plain,
      channel: 1,
      sentence: 3,
      text: 'We buy it.',
      correction: 'We <script>buy</script> *it*.',
      highlight: true,
      fromMs: 62_000,
      toMs: 63_000,
    },
  ],
  notes: [{ id: 'n', atMs: 30_000, text: 'Ask **Anna**\nand <b>Bob</b>' }],
  summary: {
    ...{ summary: [{ text: 'It is bought.', from: ['1.1.3'] }], decisions: [], model: 'm', createdAt: '', dropped: 0 },
    actions: [{ text: 'Buy it.', owner: 'Me', from: ['1.0.1', '1.1.3'] }],
  },
};
const words = new Map([
  [
    '1.0.1',
    [
      { text: 'Um', fromMs: 1_000, toMs: 1_200, confidence: 1 },
      { text: 'hello.', fromMs: 1_300, toMs: 2_000, confidence: 1 },
    ],
  ],
]);
const as = (format: Parameters<typeof exportTranscript>[0]): string =>
  exportTranscript(format, { transcript: TRANSCRIPT, words });

t.test('text contains the displayed sentences, notes in their place, and marks highlights', async (t) => {
  t.equal(
    as('txt'),
    [
      'Budget <2027> & more',
      '2026-11-25 17:44 UTC · 01:02:03',
      '',
      '[00:00:01] Me: Hello.',
      '[00:00:30] Note: Ask **Anna**',
      '    and <b>Bob</b>',
      '[00:01:02] * Speaker 2: We <script>buy</script> *it*.',
      '',
    ].join('\n'),
  );
});

t.test('Markdown escapes speech, and takes notes for Markdown', async (t) => {
  const text = as('md');
  t.match(text, '# Budget \\<2027\\> & more');
  t.match(text, '## Summary\n\n- It is bought. (00:01:02)');
  t.match(text, '## Action items\n\n- **Me:** Buy it. (00:00:01, 00:01:02)');
  t.notMatch(text, '## Decisions');
  t.match(text, '> **Note, 00:00:30**\n>\n> Ask **Anna**\n> and <b>Bob</b>');
  t.match(text, '### Speaker 2\n\n**00:01:02** ==We \\<script\\>buy\\</script\\> \\*it\\*.==');
});

t.test('HTML has headings and paragraphs, and no scripts', async (t) => {
  const html = as('html');
  t.match(html, '<h1>Budget &lt;2027&gt; &amp; more</h1>');
  t.match(html, '<html lang="en">');
  t.match(html, /<mark[^>]*>We &lt;script&gt;buy&lt;\/script&gt; \*it\*\.<\/mark>/);
  t.match(html, /<b>Note, 00:00:30<\/b><br>Ask \*\*Anna\*\*<br>and &lt;b&gt;Bob&lt;\/b&gt;/);
  t.notMatch(html, /<script|<link|<img|src=|href=|on\w+=/);
  const hostile = {
    ...TRANSCRIPT,
    title: '</title><script>1</script>',
    language: '"><script>',
    speakers: { 0: '<img onerror=x>' },
  };
  t.notMatch(exportTranscript('html', { transcript: hostile, words }), /<script|<img/);
});

t.test('captions name the speakers when there are several channels', async (t) => {
  t.match(as('srt'), '1\n00:00:01,000 --> 00:00:02,000\nMe: Hello.\n');
  t.match(as('vtt'), /^WEBVTT\n\n00:00:01\.000 --> /);
  t.match(as('vtt'), '&lt;script&gt;buy');
  t.notMatch(as('srt'), 'Um.');
});

t.test('JSON contains every field, including words', async (t) => {
  const { sentences, ...rest } = JSON.parse(as('json'));
  const { sentences: _, ...whole } = TRANSCRIPT;
  t.same(rest, whole);
  t.match(sentences[0], { name: '1.0.1', text: 'Um hello.', cleaned: 'Hello.', words: [{ text: 'Um' }, {}] });
});

t.test('a file name contains no character that a file system rejects', async (t) => {
  const named = (title: string): string => buildFileName({ ...TRANSCRIPT, title }, 'md');
  t.equal(named('Budget: <2027> / "more"?'), 'Budget 2027 more.md');
  t.equal(named('../../etc/passwd'), 'etc passwd.md');
  t.equal(named('会議'), '会議.md');
  t.equal(named('...'), 'transcript 2026-11-25.md');
  t.ok(named('x'.repeat(200)).length < 100);
});
