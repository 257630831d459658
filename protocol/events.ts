import { z } from 'zod';
import { AudioFormat } from './audio.ts';

const seq = z.int().min(1).describe('Counts every event of a session from 1 without a gap.');
const sentence = z.int().min(1).describe('Number of the sentence in its session, from 1.');
const ms = z.int().min(0);
const channel = z.int().min(0).describe('Channel of the audio, from 0; always 0 when channels are mixed.');

export const WireWord = z.object({
  text: z.string().describe('Surface form with its punctuation.'),
  fromMs: ms,
  toMs: ms,
  confidence: z.number().min(0).max(1),
});
export type WireWord = z.infer<typeof WireWord>;

export const Ready = z.object({
  type: z.literal('ready'),
  seq,
  session: z.string().describe('Id of the session.'),
  secret: z.string().describe('Needed to resume it; shown once.'),
  resumeMs: ms.describe('How long the session waits for a client whose connection was lost; 0: not at all.'),
  aliveMs: ms
    .optional()
    .describe('Longest silence of the server. After two and a half times as long, treat the connection as dead.'),
  model: z.string(),
  engine: z.string(),
  language: z.string().describe('Current language, or `auto`.'),
  languages: z.union([z.literal('all'), z.array(z.string())]).describe('Languages that this model knows.'),
  audio: AudioFormat,
  transcript: z.string().optional().describe('Id of the transcript stored of this session, if there is one.'),
  part: z.int().min(1).optional().describe('Number of this session in that transcript, from 1.'),
  transcriptMs: ms.optional().describe('Where the session begins on the timeline of that transcript.'),
});

const samples = z.int().min(0).describe('Whole samples received of each channel, at the sample rate of `start`.');

/** Answer to `start` with `resume`. The events after the client's last one follow, then new ones. */
export const Resumed = z.object({
  type: z.literal('resumed'),
  seq: z.int().min(0).describe('The number that the client sent; this event has none of its own.'),
  session: z.string(),
  audioMs: ms,
  samples: samples.describe('Continue from this sample: everything before it has arrived, nothing after it has.'),
  commands: z
    .int()
    .min(0)
    .describe('How many `configure`, `flush` and `finish` messages have arrived; send the others again.'),
});

export const Speech = z.object({
  type: z.literal('speech'),
  seq,
  channel,
  state: z.enum(['start', 'end']),
  atMs: ms,
  confidence: z
    .number()
    .min(0)
    .max(1)
    .optional()
    .describe('Of an end after silence: how sure the server is that the speaker is done.'),
  continues: z
    .literal(true)
    .optional()
    .describe('Of an end: speech that never paused was cut because of its length. Its next `start` follows at once.'),
});

/** Sent where `endpoint.eagerConfidence` is set. */
export const Turn = z.object({
  type: z.literal('turn'),
  seq,
  channel,
  state: z
    .enum(['eager', 'resumed'])
    .describe(
      '`eager`: speech is probably over, and its further finals will be `text`. `resumed`: it goes on after all, or they will be others.',
    ),
  atMs: ms.describe('Where the voice was last heard; of `resumed`, how far the audio was judged.'),
  text: z.string().optional().describe('Of `eager`: the text of the finals that will follow, joined.'),
  words: z.array(WireWord).optional().describe('Of `eager`: the words of `text`.'),
  confidence: z.number().min(0).max(1).optional().describe('Of `eager`: how sure the server is that speech is over.'),
});

/** Sent where `endpoint.gapMs` is set: that much audio has no word since the last one. Once per last word. */
export const Gap = z.object({
  type: z.literal('gap'),
  seq,
  channel,
  wordMs: ms.describe('End of the last word.'),
});

export const Settled = z.object({
  type: z.literal('settled'),
  seq,
  channel,
  atMs: ms.describe('Where the speech ended, as in its `speech` event.'),
});

export const Partial = z.object({
  type: z.literal('partial'),
  seq,
  channel,
  sentence,
  revision: z.int().min(1).describe('Counts the partials of this sentence.'),
  stable: z.string().describe('Never changes: a prefix of every later partial and of the final.'),
  tentative: z.string().describe('May change. Append to `stable` as it is: it brings its own space.'),
  words: z.array(WireWord).describe('Words of stable and tentative together.'),
  stableWords: z.int().min(0).describe('How many of `words` are stable.'),
  fromMs: ms,
  toMs: ms,
});

export const Final = z.object({
  type: z.literal('final'),
  seq,
  channel,
  sentence,
  text: z.string(),
  words: z.array(WireWord),
  fromMs: ms,
  toMs: ms,
  language: z.string(),
});

export const Revised = z.object({
  type: z.literal('revised'),
  seq,
  channel,
  sentence,
  text: z.string().describe('What the second hearing of the sentence heard. Empty when it heard nothing there.'),
  words: z.array(WireWord),
  model: z.string().describe('The model that heard it again.'),
});

export const Change = z.object({
  kind: z.enum(['removed', 'replaced', 'inserted']),
  from: z.int().min(0).describe('Offset in the text that was cleaned, UTF-16 units.'),
  to: z.int().min(0),
  text: z.string().describe('The text in its place; empty when removed.'),
});
export type Change = z.infer<typeof Change>;

export const Cleaned = z.object({
  type: z.literal('cleaned'),
  seq,
  channel,
  sentence,
  text: z.string().describe('May be empty when the sentence was nothing but fillers.'),
  changes: z.array(Change),
  revised: z
    .literal(true)
    .optional()
    .describe('It cleans, and `changes` refers to, the text of `revised`, not the final.'),
  model: z.string().describe('The model that cleaned it, or `rules` for the deterministic cleaner.'),
  tookMs: ms,
});

export const Translated = z.object({
  type: z.literal('translated'),
  seq,
  channel,
  sentence,
  language: z.string().describe('ISO 639 code of the translation.'),
  text: z
    .string()
    .describe('Translation of the cleaned text, or of what was heard where cleaning is off. Empty when that text is.'),
  model: z.string().describe('The model that translated it.'),
  tookMs: ms,
});

export const NOTICES = [
  'lag',
  'suppressed',
  'clean.skipped',
  'clean.refused',
  'language',
  'model',
  'engine.restarted',
  'audio.clipped',
  'audio.invalid',
  'keep.skipped',
  'translate.skipped',
] as const;

export const Notice = z.object({
  type: z.literal('notice'),
  seq,
  code: z.enum(NOTICES),
  text: z.string().describe('For people; may change between versions.'),
  sentence: sentence.optional(),
  channel: channel.optional(),
  fromMs: ms.optional(),
  toMs: ms.optional(),
  behindMs: ms.optional().describe('Of `lag`: how far decoding is behind the audio; 0 while it keeps up.'),
});

export const Ack = z.object({
  type: z.literal('ack'),
  seq,
  audioMs: ms.describe('Audio received so far; a client can discard everything before it.'),
  samples,
});

export const Flushed = z.object({
  type: z.literal('flushed'),
  seq,
  id: z.string().optional(),
  audioMs: ms.describe('Everything before this is final.'),
});

export const Done = z.object({
  type: z.literal('done'),
  seq,
  audioMs: ms,
  sentences: z.int().min(0),
});

export const Alive = z.object({
  type: z.literal('alive'),
  seq: seq.describe('Number of the last event that was sent; this one has none of its own.'),
});

export const FaultEvent = z.object({
  type: z.literal('fault'),
  seq,
  code: z.string().describe('Stable name from the fault table.'),
  text: z.string(),
  retry: z.enum(['never', 'same', 'elsewhere', 'after']),
  fatal: z.boolean().describe('Whether the session ends with it.'),
});

/** Every event of the server, sent as a text frame. Clients ignore types that they do not know. */
export const ServerEvent = z.discriminatedUnion('type', [
  Ready,
  Resumed,
  Speech,
  Turn,
  Settled,
  Gap,
  Partial,
  Final,
  Revised,
  Cleaned,
  Translated,
  Notice,
  Ack,
  Flushed,
  Done,
  Alive,
  FaultEvent,
]);
export type ServerEvent = z.infer<typeof ServerEvent>;
/** One event of a kind: `EventOf<'final'>`. */
export type EventOf<T extends ServerEvent['type']> = Extract<ServerEvent, { type: T }>;

type Unnumbered<E> = E extends unknown ? Omit<E, 'seq'> : never;
/** An event before the session's outbox has numbered it. */
export type EventBody = Unnumbered<ServerEvent>;
