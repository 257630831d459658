import { z } from 'zod';
import { AudioFormat } from './audio.ts';
import { LIMITS } from './limits.ts';
import { RoomName } from './viewer-events.ts';

/** How long a silence has to be to end a sentence. */
export const EndpointSettings = z.object({
  minMs: z.int().min(100).max(5_000).describe('Shortest silence that ends speech after a finished sentence.'),
  maxMs: z.int().min(200).max(10_000).describe('Longest wait after an unfinished phrase.'),
  confidence: z
    .number()
    .min(0.5)
    .max(1)
    .describe(
      'How sure the server must be that the speaker is done. Scales every wait: 0.5 takes 0.58 of it, 0.9 1.9 times as long, and 1 waits for `gapMs`. Default 0.7.',
    ),
  eagerConfidence: z
    .number()
    .min(0.3)
    .max(0.9)
    .nullable()
    .describe('From this confidence on, `turn` announces a likely end. Null, the default, announces none.'),
  gapMs: z
    .int()
    .min(500)
    .max(60_000)
    .describe(
      'Audio without a new word that ends speech, whatever the confidence, and also in noise; `gap` reports it. Default: 5000 of silence, without `gap`.',
    ),
});
export type EndpointSettings = z.infer<typeof EndpointSettings>;

export const PartialSettings = z.object({
  mode: z
    .enum(['revisable', 'stable', 'off'])
    .describe('`revisable` also shows the tail that may change; `stable` only words that never will; `off` none.'),
  everyMs: z.int().min(100).max(10_000).describe('Shortest time between two partials of one sentence.'),
});
export type PartialSettings = z.infer<typeof PartialSettings>;

export const CleanupSettings = z.object({
  mode: z
    .enum(['default', 'llm', 'openai', 'rules', 'off'])
    .describe('Who cleans finals: `default` is the cleaner that the server was started with.'),
  instruction: z
    .string()
    .max(LIMITS.instructionCharsMax)
    .describe('An instruction for the cleaner, such as "British spelling". The embedded model follows none.'),
});
export type CleanupSettings = z.infer<typeof CleanupSettings>;

const Language = z
  .string()
  .regex(/^(auto|[a-z]{2,3}|(zh|yue)-Han[st])$/, 'a two- or three-letter language code, zh-Hans, zh-Hant, or auto')
  .describe(
    'ISO 639 code of the speech, or `auto`. `zh-Hans` and `zh-Hant` are Chinese written in simplified and traditional characters; ' +
      'with `zh`, the script of the first sentence is kept.',
  );

const vocabulary = z
  .array(z.string().min(1).max(100))
  .max(100)
  .refine(
    (words) => words.join('').length <= LIMITS.vocabularyCharsMax,
    `at most ${LIMITS.vocabularyCharsMax} characters in all`,
  )
  .describe('Names and words to expect; raises their recall.');

/** Settings that may change while a session runs. */
const changeable = {
  language: Language.optional(),
  languages: z.array(Language).max(20).optional().describe('With `auto`: only these are considered.'),
  vocabulary: vocabulary.optional(),
  partials: PartialSettings.partial().optional(),
  cleanup: CleanupSettings.partial().optional(),
  endpoint: EndpointSettings.partial().optional(),
};

/** First message of every session. */
export const Start = z.object({
  type: z.literal('start'),
  audio: AudioFormat.optional().describe('Default: pcm_s16le, 16 kHz, one channel.'),
  task: z.enum(['transcribe', 'translate']).optional().describe('`translate` gives English text. Default transcribe.'),
  source: z
    .enum(['live', 'recording'])
    .optional()
    .describe(
      '`recording`: audio that is sent as fast as it is taken, where words are wanted right rather than soon. It is decoded in stretches of up to 28 s, without partials. Default live.',
    ),
  model: z
    .string()
    .min(1)
    .max(200)
    .optional()
    .describe('Name of a model that the server offers. Default: the server’s own.'),
  room: RoomName.optional().describe(
    'Room in which viewers can follow the session. Default: one named after the session id.',
  ),
  translations: z
    .array(z.string().regex(/^[a-z]{2,3}$/, 'a two- or three-letter language code'))
    .max(LIMITS.translationsMax)
    .optional()
    .describe('Languages to translate each sentence into, where the server has a model for it.'),
  revise: z
    .boolean()
    .optional()
    .describe(
      'Hear sentences a second time, and send `revised` where that hears other words. Default true, for a `recording` false.',
    ),
  resume: z
    .object({
      session: z.string().max(100),
      secret: z.string().max(100),
      seq: z.int().min(0).describe('Number of the last event received.'),
      attempt: z
        .object({ of: z.string().max(40), number: z.int().min(1) })
        .optional()
        .describe(
          'A name for the client, and a number that grows with each of its attempts: an attempt that arrives late does not take the session over.',
        ),
    })
    .optional()
    .describe(
      'Resume a session whose connection was lost. Every other field is ignored, except whether `keep` is present.',
    ),
  keep: z
    .object({
      transcript: z.string().max(100).optional().describe('Append to this stored transcript.'),
      title: z
        .string()
        .max(LIMITS.titleCharsMax)
        .optional()
        .describe('Title of the transcript. Default: the time at which it began.'),
      audio: z
        .boolean()
        .optional()
        .describe('Keep the audio as well, so that it can be played and heard again, where the server allows that.'),
    })
    .optional()
    .describe('Store what is said as a transcript that can be searched, corrected and exported later.'),
  ...changeable,
});
export type Start = z.infer<typeof Start>;

/** Changes settings from the next sentence on. There is no answer; a bad value is a `fault`, and nothing changes. */
export const Configure = z.object({ type: z.literal('configure'), ...changeable });
export type Configure = z.infer<typeof Configure>;

/** Finalises everything sent so far. Answered by the finals, then `flushed` with the same id. */
export const Flush = z.object({ type: z.literal('flush'), id: z.string().max(100).optional() });
export type Flush = z.infer<typeof Flush>;

/** Keeps an idle session open while no audio is sent. */
export const Keepalive = z.object({ type: z.literal('keepalive') });
export type Keepalive = z.infer<typeof Keepalive>;

/** No more audio follows. Answered by the last finals, their cleanings, and `done`. */
export const Finish = z.object({ type: z.literal('finish') });
export type Finish = z.infer<typeof Finish>;

/** What a client may send as a text frame. Binary frames are audio. Unknown fields are ignored. */
export const ClientMessage = z.discriminatedUnion('type', [Start, Configure, Flush, Keepalive, Finish]);
export type ClientMessage = z.infer<typeof ClientMessage>;

/** What a dialect passes to the session: a message, or audio as received. */
export type Command = ClientMessage | { readonly type: 'audio'; readonly bytes: Uint8Array };
