import t from 'tap';
import { CaptionPacer } from '../../../client/cli/captions/core/caption-pacer.ts';
import {
  type Sentence,
  type ServerEvent,
  Transcript,
  toMarkdown,
  toSrt,
  toText,
  toVtt,
} from '../../../client/sdk/index.ts';
import { exportMeeting } from '../../../client/web/meeting/export-meeting.ts';
import { toMeeting } from '../../../client/web/meeting/stored-meeting.ts';
import { RollUp } from '../../../client/web/roll-up/roll-up.ts';
import type { StoredTranscript, ViewerEvent, WireWord } from '../../../protocol/index.ts';
import { buildChatPrompt } from '../../../server/core/clean/prompt.ts';
import { cleanByRules } from '../../../server/core/clean/rules.ts';
import { buildPrompt } from '../../../server/core/segment/prompt.ts';
import { joinWords } from '../../../server/core/stable/words.ts';
import { assemblyaiDialect } from '../../../server/dialect/assemblyai.ts';
import { deepgramFiles } from '../../../server/dialect/deepgram-file.ts';
import { buildAnswer } from '../../../server/dialect/openai-answer.ts';
import { TurnItem } from '../../../server/dialect/openai-items.ts';
import { voskDialect } from '../../../server/dialect/vosk.ts';
import { whisperLiveDialect } from '../../../server/dialect/whisper-live.ts';
import { createWyomingDialect } from '../../../server/dialect/wyoming.ts';
import { renderRoomText } from '../../../server/gateway/room-text.ts';
import type { Dialect } from '../../../server/ports/dialect.ts';
import {
  CaptionSegments,
  EXPORT_FORMATS,
  exportTranscript,
  removeNeedlessSpaces,
  withLeadingSpace,
} from '../../../transcript/index.ts';
import { CONTEXT, openSession } from '../../support/conversation.ts';

/** Sentences as they are said one after the other, by language. */
const SPOKEN: Readonly<Record<string, readonly string[]>> = {
  zh: ['桥下垂直净空，', '该项目已经完工。', '“好”', '我们走吧'],
  ja: ['今日は', 'カーテンを', '「はい」', 'と言う。', 'そうです'],
};

const CJK = '[\\p{sc=Han}\\p{sc=Hiragana}\\p{sc=Katakana}\\u3000-\\u303f\\uff01-\\uff60]';
/** A space, or a line that begins with one, between or before characters of these scripts. */
const NEEDLESS = new RegExp(`${CJK}["”]? +["“]?${CJK}|(?:^|["\\n]) +["“]?${CJK}`, 'u');

interface Spoken {
  readonly text: string;
  readonly language: string;
  readonly sentence: number;
  readonly channel: 0;
  readonly fromMs: number;
  readonly toMs: number;
  readonly words: readonly WireWord[];
}

/** As a recogniser hears these languages: a word for each character. */
function speak(language: string): Spoken[] {
  return SPOKEN[language]!.map((text, i) => {
    const fromMs = i * 3_000;
    const words = [...text].map((character, j) => {
      const at = fromMs + j * 200;
      return { text: character, fromMs: at, toMs: at + 200, confidence: 1 };
    });
    return { ...{ text, language, sentence: i + 1, channel: 0, fromMs, words }, toMs: words.at(-1)!.toMs };
  });
}

const toEvents = (spoken: readonly Spoken[]): ServerEvent[] => [
  ...spoken.map((each, i): ServerEvent => ({ ...each, words: [...each.words], type: 'final', seq: i })),
  { type: 'settled', seq: 97, channel: 0, atMs: 20_000 },
  { type: 'flushed', seq: 98, audioMs: 20_000 },
  { type: 'done', seq: 99, audioMs: 20_000, sentences: spoken.length },
];

function toSdkSentences(spoken: readonly Spoken[]): readonly Sentence[] {
  const transcript = new Transcript();
  for (const event of toEvents(spoken)) transcript.read(event);
  return transcript.sentences;
}

function toStored(spoken: readonly Spoken[]): StoredTranscript {
  const { language } = spoken[0]!;
  const sentences = spoken.map(({ words: _, ...each }) => ({ ...each, part: 1, highlight: false }));
  return {
    ...{ id: 'id', title: 'T', startedAt: '2026-01-02T03:04:05.000Z', durationMs: 20_000, language },
    ...{ speakers: {}, sentences, notes: [] },
  };
}

const toRoomEvents = (spoken: readonly Spoken[]): ViewerEvent[] =>
  spoken.map((each, cursor): ViewerEvent => {
    const place = { session: 's', cursor, atMs: 1_700_000_000_000 + each.toMs };
    return { ...each, words: [...each.words], ...place, type: 'final' };
  });

/** All that a client of a dialect is sent, as texts: those of JSON, or frames as they are. */
function converse(dialect: Dialect, url: string, first: readonly (string | Uint8Array)[], spoken: readonly Spoken[]) {
  const session = openSession(dialect, url);
  const frames = first.flatMap((frame) => session.read(frame).replies);
  for (const event of toEvents(spoken)) frames.push(...session.write(event));
  return frames.map((frame) => (typeof frame === 'string' ? frame : Buffer.from(frame).toString('utf8'))).join('\n');
}

const HELLO = '{"uid":"me","task":"transcribe","model":"small","language":"zh"}';
const answer = (format: string, spoken: readonly Spoken[]): string =>
  buildAnswer(spoken as never, 20_000, {
    format,
    segments: true,
    words: false,
    start: { task: 'transcribe' },
  } as never);

/** Everything that puts sentences or words together. */
const READERS: Readonly<Record<string, (spoken: readonly Spoken[]) => string>> = {
  'SDK transcript': (spoken) => {
    const transcript = new Transcript();
    for (const event of toEvents(spoken)) transcript.read(event);
    return transcript.text();
  },
  'SDK and command line files': (spoken) =>
    [toText, toMarkdown, toSrt, toVtt].map((write) => write(toSdkSentences(spoken))).join(''),
  'exports of the server': (spoken) =>
    EXPORT_FORMATS.map((format) => exportTranscript(format, { transcript: toStored(spoken), words: new Map() })).join(
      '\n',
    ),
  'exports of the meeting page': (spoken) =>
    EXPORT_FORMATS.map((format) => exportMeeting(toMeeting(toStored(spoken)), format)).join('\n'),
  'text of a room': (spoken) =>
    (['txt', 'md', 'srt', 'vtt', 'json'] as const)
      .map((format) => renderRoomText(toRoomEvents(spoken), { format, text: 'raw' }))
      .join('\n'),
  'HLS segments': (spoken) => {
    const segments = new CaptionSegments({ segmentMs: 6_000, holdMs: 0, keep: 0 }, 0);
    for (const each of spoken) segments.add({ ...each, session: 's', cursor: each.sentence, atMs: each.toMs });
    const numbers = segments.end(20_000);
    return numbers.map((number) => segments.segment(number, { originMs: 0, mpegts: 0 })).join('\n');
  },
  'caption overlay': (spoken) => {
    const rollUp = new RollUp({
      ...{ lines: 3, text: 'raw', translate: '', interim: true, speed: 1_000, fadeMs: 0 },
      ...{ fits: (line) => line.length <= 12, spell: (word) => word, mark: () => '' },
    });
    const shown: string[] = [];
    for (const [i, event] of toRoomEvents(spoken).entries()) {
      rollUp.read(event as never, i * 5_000);
      for (let step = 0; step < 5; step++)
        shown.push(...rollUp.show(i * 5_000 + step * 1_000).lines.map((line) => line.settled + line.tail));
    }
    return shown.join('\n');
  },
  'paced captions': (spoken) =>
    (['pop-on', 'paint-on', 'roll-up'] as const)
      .map((style) => {
        const pacer = new CaptionPacer({
          ...{ style, chars: 12, rows: 2, minMs: 0, maxMs: 0, charsPerSecond: 20, blocksMax: 50 },
        });
        for (const each of spoken) pacer.add({ ...each, session: 's', atMs: 0, cursor: 0 });
        const texts: string[] = [];
        for (let next = pacer.next(); next !== undefined; next = pacer.next()) {
          pacer.shown(next.block, 0);
          texts.push(next.block.text);
        }
        return texts.join('\n');
      })
      .join('\n'),
  'OpenAI files': (spoken) =>
    ['json', 'text', 'srt', 'vtt', 'verbose_json'].map((format) => answer(format, spoken)).join('\n'),
  'OpenAI realtime': (spoken) => {
    const item = new TurnItem('i', 0);
    return spoken.map((each) => item.appendFinal(each)).join('');
  },
  'Deepgram files': (spoken) => {
    const upload = {
      url: '/v1/listen?punctuate=true&paragraphs=true&filler_words=true',
      headers: {},
      fields: {},
      file: { sha256: '' },
    };
    const session = deepgramFiles.open(upload as never, CONTEXT) as unknown as {
      write(event: ServerEvent): string;
    };
    return toEvents(spoken)
      .map((event) => session.write(event))
      .join('');
  },
  AssemblyAI: (spoken) => converse(assemblyaiDialect, '/v3/ws?sample_rate=16000', [], spoken),
  Vosk: (spoken) => converse(voskDialect, '/', [new Uint8Array(2)], spoken),
  WhisperLive: (spoken) => converse(whisperLiveDialect, '/', [HELLO], spoken),
  Wyoming: (spoken) =>
    converse(createWyomingDialect('all'), '/wyoming', [Buffer.from('{"type":"audio-stop"}\n')], spoken),
  'words of a decode': (spoken) =>
    joinWords(
      spoken
        .flatMap(({ words }) => words)
        .map(({ text, fromMs, toMs }) => ({
          ...{ text, space: true, from: fromMs * 16, to: toMs * 16, confidence: 1 },
        })),
    ),
  'prompt of the recogniser': (spoken) =>
    buildPrompt(
      [],
      spoken.map(({ text }) => text),
      200,
    ),
  'prompt of a cleaner': (spoken) => {
    const [last, ...before] = spoken.map(({ text }) => text).reverse();
    const context = before.reverse();
    return buildChatPrompt({ text: last!, language: spoken[0]!.language, context, instruction: '' }).user;
  },
  rules: (spoken) => spoken.map(({ text, language }) => cleanByRules(text, language)).join(''),
};

for (const [name, read] of Object.entries(READERS))
  t.test(`${name}: no space stands between Chinese or Japanese characters`, async (t) => {
    for (const language of Object.keys(SPOKEN)) {
      const text = read(speak(language));
      t.notMatch(text, NEEDLESS);
      const seen = text.replace(/\P{L}/gu, '');
      const first = SPOKEN[language]![0]!.replace(/\P{L}/gu, '');
      t.ok(seen.includes(first), `it shows the text: ${text.slice(0, 200)}`);
    }
  });

t.test('the check finds a space where there is one', async (t) => {
  for (const text of ['好 吧', '“好” 我们', '"text":" 好"', '好。 「はい」']) t.match(text, NEEDLESS, text);
  for (const text of ['我用 iPhone 打电话', '**00:00:01** 好', 'Hello 好']) t.notMatch(text, NEEDLESS, text);
});

t.test('a piece has the space before it that joins it to the one before', async (t) => {
  t.equal(withLeadingSpace('We met.', undefined), ' We met.');
  t.equal(withLeadingSpace(' Then', ' We met.'), ' Then');
  t.equal(withLeadingSpace('“好”', undefined), '“好”');
  t.equal(withLeadingSpace('走吧', '好。'), '走吧');
  t.equal(withLeadingSpace('好', 'We met.'), ' 好');
});

t.test('only spaces between such characters are needless', async (t) => {
  t.equal(removeNeedlessSpaces('今天 天气 很 好。 Then we go 回家'), '今天天气很好。 Then we go 回家');
  t.equal(removeNeedlessSpaces('안녕 하세요'), '안녕 하세요');
});
