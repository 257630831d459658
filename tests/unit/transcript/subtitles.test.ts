import assert from 'node:assert/strict';
import t from 'tap';
import { toSrt, toVtt } from '../../../client/sdk/formats.ts';
import type { Sentence } from '../../../client/sdk/transcript.ts';
import { exportMeeting } from '../../../client/web/meeting/export-meeting.ts';
import { toMeeting } from '../../../client/web/meeting/stored-meeting.ts';
import type { StoredTranscript, ViewerEvent, WireWord } from '../../../protocol/index.ts';
import { buildAnswer } from '../../../server/dialect/openai-answer.ts';
import { renderRoomText } from '../../../server/gateway/room-text.ts';
import {
  buildCues,
  CaptionSegments,
  CUE_LINE_COLUMNS,
  countColumns,
  EXPORT_FORMATS,
  exportTranscript,
  renderSrt,
  renderVtt,
  type SpokenSentence,
} from '../../../transcript/index.ts';
import fc from '../../support/fast-check.ts';

/** Words that would end a cue, begin another, or be taken for markup or a character reference. */
const HOSTILE = [
  'Tom & Jerry <b>bold</b> &lt; {\\an8}top --> end\n\n2\n00:00:00,000 --> 00:00:09,000\r\n\r\nNOTE forged',
  '<i>italic\u2028\u2028STYLE\u0085\u0085::cue{} --\u200b> &amp; </c> <00:00:01.000> a < b',
];
const FORBIDDEN = ['\u200b', '\u2028', '\u0085', '\r', '\u001b', '\u202e'];

const unspoken = (text: string, ms = 4_000): SpokenSentence => ({ text, fromMs: 0, toMs: ms, words: [] });

/** Every way of the project to write subtitles, fed with one sentence. */
const WRITERS: Readonly<Record<string, (format: 'srt' | 'vtt', text: string) => string>> = {
  'protocol writer': (format, text) => (format === 'srt' ? renderSrt : renderVtt)(buildCues([unspoken(text)])),
  'protocol writer, cues of somebody else': (format, text) =>
    (format === 'srt' ? renderSrt : renderVtt)([{ fromMs: 0, toMs: 4_000, text }]),
  'uploads to the OpenAI-compatible endpoint': (format, text) =>
    buildAnswer([{ ...unspoken(text), language: 'en', words: [] }], 4_000, {
      format,
      start: { task: 'transcribe' },
    } as Parameters<typeof buildAnswer>[2]),
  'text of a room': (format, text) =>
    renderRoomText(
      [
        {
          type: 'final',
          session: 's',
          channel: 0,
          sentence: 1,
          cursor: 1,
          atMs: 4_000,
          ...unspoken(text),
        } as unknown as ViewerEvent,
      ],
      { format, text: 'raw' },
    ),
  'sdk, command line and page': (format, text) => {
    const sentence = { number: 1, channel: 0, stable: text, tentative: '', final: true, changes: [], language: 'en' };
    return (format === 'srt' ? toSrt : toVtt)([
      { ...unspoken(text), cleaned: undefined, ...sentence } as unknown as Sentence,
    ]);
  },
  'export of the server': (format, text) =>
    exportTranscript(format, { transcript: transcript(text), words: new Map() }),
  'export of the meeting page': (format, text) => exportMeeting(toMeeting(transcript(text)), format),
  'HLS segments': (format, text) => {
    const segments = new CaptionSegments({ segmentMs: 6_000, holdMs: 0, keep: 0 }, 0);
    const place = { session: 's', channel: 0, sentence: 1, language: 'en', cursor: 1 };
    segments.add({ ...place, text, fromMs: 0, toMs: 4_000, atMs: 4_000 });
    segments.end(6_000);
    const vtt = segments.segment(0, { originMs: 0, mpegts: 0 })!.replace(/X-TIMESTAMP-MAP.*\n/, '');
    // There are no segments of SubRip.
    return format === 'vtt' ? vtt : '1\n00:00:00,000 --> 00:00:01,000\nx\n\n';
  },
};

function transcript(text: string): StoredTranscript {
  const place = { part: 1, channel: 0, sentence: 1, highlight: false, language: 'en', fromMs: 0, toMs: 4_000 };
  return {
    ...{ id: 'id', title: 'T', startedAt: '2026-01-02T03:04:05.000Z', durationMs: 5_000, language: 'en' },
    ...{ speakers: {}, sentences: [{ ...place, text }], notes: [] },
  };
}

/** Blocks as a strict reader finds them: a number for SubRip, a time line, lines of text. */
function checkBlocks(file: string, format: 'srt' | 'vtt', linesMax: number): string[][] {
  const [, body = ''] = format === 'vtt' ? /^WEBVTT\n\n([\s\S]*)$/.exec(file)! : ['', file];
  const blocks = body.split('\n\n').filter((block) => block !== '');
  return blocks.map((block, i) => {
    const lines = block.split('\n');
    if (format === 'srt') assert.equal(lines.shift(), String(i + 1));
    const time =
      format === 'srt'
        ? /^\d{2,}:\d\d:\d\d,\d{3} --> \d{2,}:\d\d:\d\d,\d{3}$/
        : /^\d{2,}:\d\d:\d\d\.\d{3} --> \d{2,}:\d\d:\d\d\.\d{3}$/;
    assert.match(lines.shift()!, time);
    assert.ok(lines.length >= 1 && lines.length <= linesMax, `${lines.length} lines`);
    for (const line of lines) {
      assert.ok(line.trim() !== '', 'no empty line');
      assert.ok(!line.includes('-->'), line);
      if (format === 'vtt') assert.doesNotMatch(line, /[<>]|&(?!amp;|lt;|gt;)/);
      else assert.doesNotMatch(line, /[{}]|<[/!?\p{L}]/u);
    }
    return lines;
  });
}

for (const [name, write] of Object.entries(WRITERS))
  t.test(`${name}: speech cannot change the structure of the file`, async (t) => {
    for (const text of HOSTILE)
      for (const format of ['srt', 'vtt'] as const) {
        const file = write(format, text);
        // Lines are counted where sentences are cut into cues; this writer is given a cue that nobody cut.
        const linesMax = name.endsWith('somebody else') ? 9 : 2;
        t.doesNotThrow(() => checkBlocks(file, format, linesMax), `${format}: ${JSON.stringify(file)}`);
        for (const sign of FORBIDDEN) t.notOk(file.includes(sign), `no U+${sign.charCodeAt(0).toString(16)}`);
      }
  });

t.test('an ampersand is escaped in WebVTT and literal in SubRip', async (t) => {
  t.match(renderVtt(buildCues([unspoken('Salt & pepper -->')])), '\nSalt &amp; pepper --&gt;\n');
  t.match(renderSrt(buildCues([unspoken('Salt & pepper -->, a < b')])), '\nSalt & pepper →, a < b\n');
});

const word = fc.string({
  unit: fc.constantFrom(...'abcé漢字かなカーっ。、（）ไทยกำ한국<>&{}-\n👍'),
  minLength: 1,
  maxLength: 60,
});
const sentence = fc.record({
  words: fc.array(fc.tuple(word, fc.integer({ min: 0, max: 9_000 }), fc.integer({ min: 0, max: 2_000 })), {
    maxLength: 40,
  }),
  separator: fc.constantFrom(' ', ''),
});

t.test('every cue has at most two lines of 42 columns and seven seconds, in order, and no word is lost', async () => {
  fc.assert(
    fc.property(sentence, ({ words, separator }) => {
      let at = 0;
      const timed: WireWord[] = words.map(([text, ms, gap]) => {
        const fromMs = at + gap;
        at = fromMs + ms;
        return { text, fromMs, toMs: at, confidence: 1 };
      });
      const text = timed.map((each) => each.text).join(separator);
      const cues = buildCues([{ text, fromMs: 0, toMs: at, words: timed }]);
      for (const [i, cue] of cues.entries()) {
        const lines = cue.text.split('\n');
        assert.ok(lines.length <= 2);
        for (const line of lines) assert.ok(countColumns(line) <= CUE_LINE_COLUMNS, line);
        assert.ok(cue.toMs > cue.fromMs && cue.toMs - cue.fromMs <= 7_000);
        assert.ok(cue.fromMs >= (cues[i - 1]?.fromMs ?? 0));
      }
      const joined = (all: string): string => all.replace(/\s/g, '');
      assert.equal(joined(cues.map((cue) => cue.text).join('')), joined(text));
    }),
    { numRuns: 500 },
  );
});

t.test('Chinese and Japanese are cut between phrases, never before a closing mark', async (t) => {
  const zh = buildCues([
    unspoken(
      '今天我们来讨论一下关于下一年度的预算安排，首先由财务部门的同事来介绍一下去年的执行情况，然后我们再看今年的计划，好吗？',
      11_600,
    ),
  ]).flatMap(({ text }) => text.split('\n'));
  t.ok(zh.length >= 3);
  const ja = buildCues([
    unspoken(
      'それでは来年度の予算について話し合いたいと思いますが、まず最初に昨年の実績を経理の田中さんから説明していただきます。よろしくお願いします',
      11_600,
    ),
  ]);
  t.ok(
    ja.every(({ text }) => /[、。すを]$/.test(text)),
    ja.map(({ text }) => text).join(' / '),
  );
  for (const line of [...zh, ...ja.flatMap(({ text }) => text.split('\n'))]) t.notMatch(line, /^[、。，？ーっ」）]/);
});

t.test('without punctuation, recognised words and pauses show where phrases end', async (t) => {
  const pieces = [
    '我们',
    '今天',
    '讨论',
    '预算',
    '安排',
    '首先',
    '财务',
    '部门',
    '介绍',
    '情况',
    '然后',
    '大家',
    '提出',
    '问题',
    '最后',
    '总结',
    '会议',
    '内容',
    '谢谢',
    '大家',
    '参加',
    '今天',
    '会议',
  ];
  let at = 0;
  const words = pieces.map((text, i) => {
    const fromMs = at + (i === 10 ? 600 : 0);
    at = fromMs + 500;
    return { text, fromMs, toMs: at, confidence: 1 };
  });
  const cues = buildCues([{ text: pieces.join(''), fromMs: 0, toMs: at, words }]);
  t.ok(cues[0]!.text.replace('\n', '').endsWith('情况'), cues.map(({ text }) => text).join(' / '));
  t.equal(cues[1]!.fromMs, words[10]!.fromMs);
});

const WORDS: ReadonlyMap<string, readonly WireWord[]> = new Map([
  ['1.0.1', [{ text: 'hello', fromMs: 100, toMs: 700, confidence: 0.9 }]],
]);
const MEETING: StoredTranscript = {
  ...{
    id: 'id',
    title: 'Plans \u202e<&>',
    startedAt: '2026-11-25T17:44:00.000Z',
    durationMs: 3_723_000,
    language: 'en',
  },
  speakers: { 0: 'Me', 1: 'Anna\u001b[2J\n' },
  sentences: [
    {
      part: 1,
      channel: 0,
      sentence: 1,
      text: 'hello',
      cleaned: 'Hello.',
      highlight: true,
      language: 'en',
      fromMs: 100,
      toMs: 900,
    },
    {
      part: 1,
      channel: 1,
      sentence: 2,
      text: 'שלום --> <b>',
      correction: 'שלום <i>',
      translations: { en: 'Hi' },
      highlight: false,
      language: 'he',
      fromMs: 5_000,
      toMs: 6_000,
    },
  ],
  notes: [{ id: 'n', atMs: 3_000, text: 'Ask **Anna**\r\n\u001b]0;x\u0007again' }],
  summary: {
    ...{ summary: [{ text: 'Hello.', from: ['1.0.1'] }], decisions: [], model: 'm', createdAt: '2026', dropped: 1 },
    actions: [{ text: 'Say hello.', owner: 'Me', from: ['1.0.1'] }],
  },
};

for (const format of EXPORT_FORMATS)
  t.test(`a meeting is the same .${format} from the server and from the page`, async (t) => {
    const page = toMeeting(MEETING);
    const sentences = page.sentences.map((sentence) => ({ ...sentence, words: WORDS.get(sentence.key) ?? [] }));
    const file = exportTranscript(format, { transcript: MEETING, words: WORDS });
    t.equal(exportMeeting({ ...page, sentences }, format), file);
    for (const sign of ['\u202e', '\u001b', '\u0007', '\r']) t.notOk(file.includes(sign));
    if (format === 'json') t.same(JSON.parse(file).title, MEETING.title, 'nothing is lost');
  });
