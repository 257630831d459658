import { z } from 'zod';

const cursor = z
  .int()
  .min(0)
  .describe('Position in the room. It grows with every event, with gaps, and also across restarts of the server.');
const session = z
  .string()
  .describe('Id of the session that spoke. Session, channel and sentence together identify a sentence.');
const channel = z.int().min(0).describe('Channel of the audio, from 0.');
const sentence = z.int().min(1).describe('Number of the sentence in its session, from 1.');
const ms = z.int().min(0);
const speech = { cursor, session, channel };

export const RoomName = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{0,63}$/, 'up to 64 of a-z, 0-9 and -, not beginning with -')
  .describe('Name of a room.');

export const ViewerRoom = z.object({
  type: z.literal('room'),
  cursor,
  state: z.enum(['live', 'idle']).describe('`live`: somebody has a session in it.'),
  sessions: z.array(z.string()).describe('Ids of the sessions in it.'),
  language: z.string().optional().describe('Current language of the newest session, or `auto`.'),
  cut: z.literal(true).optional().describe('Some events after the requested cursor are no longer available.'),
});

export const ViewerPartial = z.object({
  type: z.literal('partial'),
  ...speech,
  sentence,
  revision: z.int().min(1).describe('Counts the partials of this sentence; some may be left out.'),
  stable: z.string().describe('Never changes: a prefix of every later partial and of the final.'),
  tentative: z.string().describe('May change. Append to `stable` as it is. Both empty: nothing was said after all.'),
  fromMs: ms,
  toMs: ms,
});

export const ViewerWord = z.object({ text: z.string(), fromMs: ms, toMs: ms, confidence: z.number().min(0).max(1) });

export const ViewerFinal = z.object({
  type: z.literal('final'),
  ...speech,
  sentence,
  text: z.string(),
  language: z.string(),
  fromMs: ms.describe('In the audio of its session.'),
  toMs: ms,
  atMs: ms.describe('Wall-clock time of the server when the final was sent, ms since 1970.'),
  words: z.array(ViewerWord).optional().describe('Only with `words=1`.'),
});

export const ViewerRevised = z.object({
  type: z.literal('revised'),
  ...speech,
  sentence,
  text: z.string().describe('What the second hearing of the sentence heard. Empty when it heard nothing there.'),
  words: z.array(ViewerWord).optional().describe('Only with `words=1`.'),
});

export const ViewerCleaned = z.object({
  type: z.literal('cleaned'),
  ...speech,
  sentence,
  text: z.string().describe('May be empty when the sentence was nothing but fillers.'),
});

export const ViewerTranslated = z.object({
  type: z.literal('translated'),
  ...speech,
  sentence,
  language: z.string(),
  text: z.string(),
});

export const ViewerSpeech = z.object({
  type: z.literal('speech'),
  ...speech,
  state: z.enum(['start', 'end']),
  atMs: ms.describe('In the audio of its session.'),
});

export const ViewerAlive = z.object({ type: z.literal('alive'), cursor });

export const ViewerFault = z.object({
  type: z.literal('fault'),
  cursor,
  code: z.string().describe('Stable name from the fault table.'),
  text: z.string(),
  retry: z.enum(['never', 'same', 'elsewhere', 'after']),
});

/** Every event that a viewer of a room receives, as JSON. Viewers ignore types that they do not know. */
export const ViewerEvent = z.discriminatedUnion('type', [
  ViewerRoom,
  ViewerPartial,
  ViewerFinal,
  ViewerRevised,
  ViewerCleaned,
  ViewerTranslated,
  ViewerSpeech,
  ViewerAlive,
  ViewerFault,
]);
export type ViewerEvent = z.infer<typeof ViewerEvent>;
/** One event of a kind: `ViewerEventOf<'final'>`. */
export type ViewerEventOf<T extends ViewerEvent['type']> = Extract<ViewerEvent, { type: T }>;
