import { type FaultRow, row } from './fault-row.ts';

/** How requests for stored transcripts can fail: part of the table of faults. */
export const TRANSCRIPT_FAULTS = {
  'transcript.unknown': row(
    'client',
    404,
    1008,
    'never',
    (d: { what: string }) => `There is no ${d.what} of yours here; it may have been deleted, or have expired.`,
  ),
  'transcript.full': row(
    'client',
    409,
    1008,
    'never',
    (d: { what: string; limit: number }) => `A transcript holds at most ${d.limit} ${d.what}; begin another.`,
  ),
  'transcript.busy': row(
    'capacity',
    503,
    1013,
    'after',
    (_: object) =>
      'Too many requests of this key for stored transcripts are waiting; read the answers, then ask again.',
  ),
  'transcript.space': row(
    'client',
    507,
    1008,
    'after',
    (_: object) =>
      'The stored transcripts of this key, or of all keys, have reached the size limit of this server; delete some, or ask its operator for more.',
  ),
  'transcript.absent': row(
    'operator',
    501,
    1011,
    'never',
    (d: { problem: string }) => `No transcripts are stored here: ${d.problem}.`,
  ),
  'transcript.failed': row(
    'operator',
    507,
    1011,
    'after',
    (d: { problem: string }) => `The stored transcripts cannot be read or written at the moment: ${d.problem}.`,
  ),
  'rehear.unknown': row(
    'client',
    404,
    1008,
    'never',
    (_: object) =>
      'This transcript has not been heard again since the server started; begin with POST /v1/transcripts/ID/rehear.',
  ),
  'rehear.audio': row(
    'client',
    409,
    1008,
    'never',
    (_: object) =>
      'No audio of this transcript is kept, so nothing can be heard again. To keep it next time, start the server with --keep-audio and the session with keep: {audio: true}.',
  ),
  'rehear.recording': row(
    'client',
    409,
    1008,
    'after',
    (_: object) => 'This transcript is still being recorded; hear it again when its session has ended.',
  ),
  'rehear.busy': row(
    'client',
    409,
    1008,
    'after',
    (d: { model: string; got: string }) =>
      `This transcript is being heard again with ${d.model} already; wait for that, or stop it before you ask for ${d.got}.`,
  ),
  'rehear.full': row(
    'capacity',
    503,
    1013,
    'after',
    (d: { waiting: number; of: 'server' | 'key' }) =>
      `${d.waiting} transcripts of this ${d.of} wait to be heard again; try again when one is done.`,
  ),
  'rehear.model': row(
    'client',
    404,
    1008,
    'never',
    (d: { model: string; present: readonly string[]; isKnown: boolean }) =>
      d.isKnown
        ? `Model ${d.model} is not on this server, which has ${d.present.join(', ')}; fetch it there with \`sotto models pull ${d.model}\`.`
        : `Model ${d.model} is not known; this server has ${d.present.join(', ')}, and \`sotto models list\` names others.`,
  ),
  'rehear.memory': row(
    'capacity',
    503,
    1013,
    'after',
    (d: { model: string; needMb: number; freeMb: number }) =>
      `Model ${d.model} needs about ${d.needMb} MB, and ${d.freeMb} MB are free on the server; choose a smaller one.`,
  ),
  'rehear.absent': row(
    'operator',
    501,
    1011,
    'never',
    (d: { problem: string }) => `Nothing can be heard again here: ${d.problem}.`,
  ),
  'rehear.failed': row(
    'server',
    500,
    1011,
    'same',
    (d: { problem: string }) => `Hearing a transcript again failed: ${d.problem}.`,
  ),
  'summary.absent': row(
    'operator',
    501,
    1011,
    'never',
    (_: object) =>
      'No language model for summaries is set up here; start the server with --assistant-url and --assistant-model (any OpenAI-compatible server, such as Ollama), or with --assistant-model alone for a GGUF file.',
  ),
  'assistant.failed': row(
    'server',
    502,
    1011,
    'after',
    (d: { problem: string }) => `The language model failed: ${d.problem}.`,
  ),
} as const satisfies Record<string, FaultRow>;
