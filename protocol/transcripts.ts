import { z } from 'zod';
import { LIMITS } from './limits.ts';

const ms = z.int().min(0).max(4_000_000_000);

/** `1.0.3`: part, channel and sentence. Identifies a sentence in addresses and in the sources of a claim. */
export const SENTENCE_NAME = /^([1-9]\d{0,5})\.(\d{1,2})\.([1-9]\d{0,8})$/;
export const NOTE_ID = /^[A-Za-z0-9-]{1,64}$/;

export const StoredSentence = z.object({
  part: z.int().min(1).describe('Number of the session in the transcript, from 1.'),
  channel: z.int().min(0),
  sentence: z.int().min(1),
  text: z.string().describe('Text as first heard; never changes.'),
  revised: z
    .string()
    .optional()
    .describe('Text as a second hearing heard it, where that differs from `text`; may be empty.'),
  cleaned: z.string().optional().describe('Cleaned text of `revised`, else of `text`; may be empty.'),
  correction: z
    .string()
    .optional()
    .describe('Text as a person corrected it. Readers see this, else `cleaned`, else `revised`, else `text`.'),
  translations: z.record(z.string(), z.string()).optional().describe('By language, if there are any.'),
  highlight: z.boolean(),
  language: z.string(),
  fromMs: ms.describe('On the timeline of the transcript.'),
  toMs: ms,
});
export type StoredSentence = z.infer<typeof StoredSentence>;

export const StoredNote = z.object({ id: z.string(), atMs: ms, text: z.string() });
export type StoredNote = z.infer<typeof StoredNote>;

/** A statement of a summary, with the names of the sentences that support it. */
export const Claim = z.object({ text: z.string(), from: z.array(z.string()).min(1) });
export type Claim = z.infer<typeof Claim>;

export const Summary = z.object({
  summary: z.array(Claim),
  decisions: z.array(Claim),
  actions: z.array(Claim.extend({ owner: z.string().optional().describe('Who is to do it, if somebody said so.') })),
  model: z.string(),
  createdAt: z.string(),
  dropped: z.int().min(0).describe('Number of claims that no sentence supports; they are not shown.'),
});
export type Summary = z.infer<typeof Summary>;

/** Audio that is kept of a channel of a session. */
export const StoredAudio = z.object({
  part: z.int().min(1),
  channel: z.int().min(0),
  fromMs: ms.describe('Where the session begins on the timeline of the transcript.'),
  durationMs: ms,
});
export type StoredAudio = z.infer<typeof StoredAudio>;

export const StoredTranscript = z.object({
  id: z.string(),
  title: z.string(),
  startedAt: z.string().describe('ISO 8601, UTC.'),
  durationMs: ms,
  language: z.string(),
  speakers: z.record(z.string(), z.string()).describe('Names by channel.'),
  sentences: z.array(StoredSentence),
  notes: z.array(StoredNote),
  summary: Summary.optional(),
  audio: z.array(StoredAudio).optional().describe('If audio is kept.'),
});
export type StoredTranscript = z.infer<typeof StoredTranscript>;

export const TranscriptListing = z.object({
  id: z.string(),
  title: z.string(),
  startedAt: z.string(),
  durationMs: ms,
  sentences: z.int().min(0),
  snippet: z.string().optional().describe('The words around the match of a search.'),
  found: z
    .object({ sentence: z.string().optional(), note: z.string().optional() })
    .optional()
    .describe('Where the match is; neither field for a match in the title.'),
});
export type TranscriptListing = z.infer<typeof TranscriptListing>;

export interface TranscriptPage {
  readonly transcripts: readonly TranscriptListing[];
  /** Pass it as `before` to get the next, older page. */
  readonly next?: string;
}

const title = z.string().trim().max(LIMITS.titleCharsMax);

/** Body of `POST /v1/transcripts`. */
export const NewTranscript = z.strictObject({
  title: title.optional(),
  startedAt: z.iso.datetime({ offset: true }).optional(),
});
export type NewTranscript = z.infer<typeof NewTranscript>;

/** Body of `PATCH /v1/transcripts/ID`. */
export const TranscriptChange = z.strictObject({
  title: title.min(1).optional(),
  speakers: z
    .record(z.string().regex(/^\d{1,2}$/, 'channels as keys'), z.string().trim().max(100))
    .refine((names) => Object.keys(names).length <= 32, 'at most 32 speakers')
    .optional(),
});
export type TranscriptChange = z.infer<typeof TranscriptChange>;

/** Body of `PUT /v1/transcripts/ID/sentences/P.C.S`. */
export const SentenceChange = z.strictObject({
  correction: z.string().trim().max(LIMITS.correctionCharsMax).nullable().optional(),
  highlight: z.boolean().optional(),
});
export type SentenceChange = z.infer<typeof SentenceChange>;

/** Body of `PUT /v1/transcripts/ID/notes/NOTE`. */
export const NoteChange = z.strictObject({ atMs: ms, text: z.string().max(LIMITS.noteCharsMax) });
export type NoteChange = z.infer<typeof NoteChange>;

/** Body of `POST /v1/transcripts/ID/summary`, and of `PUT /v1/transcripts/template`. */
export const SummaryRequest = z.strictObject({ template: z.string().trim().max(LIMITS.templateCharsMax).optional() });
export type SummaryRequest = z.infer<typeof SummaryRequest>;

/** Body of `POST /v1/transcripts/ID/rehear`. */
export const RehearRequest = z.strictObject({
  model: z
    .string()
    .trim()
    .min(1)
    .max(100)
    .optional()
    .describe('Name of a speech model; default: what the server hears sentences a second time with.'),
});
export type RehearRequest = z.infer<typeof RehearRequest>;

/** A job that hears a stored transcript again. */
export const Rehearing = z.object({
  id: z.string().describe('The transcript.'),
  state: z.enum(['waiting', 'running', 'done', 'failed', 'stopped']),
  model: z.string().describe('The model that hears it; two, joined by ` + `, where they vote.'),
  doneMs: ms.describe('Length of the sentences that were heard again so far.'),
  totalMs: ms.describe('Length of all sentences whose audio is kept.'),
  revised: z.int().min(0).describe('Sentences so far in which other words were heard than at first.'),
  error: z
    .looseObject({ code: z.string(), message: z.string() })
    .optional()
    .describe('Why it failed: a fault with its data.'),
});
export type Rehearing = z.infer<typeof Rehearing>;
