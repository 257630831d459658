import { Fault, isFault, type StoredTranscript, type Summary } from '../../protocol/index.ts';
import {
  ANSWER_SCHEMA,
  type CheckedSummary,
  CLAIMS_MAX,
  checkAnswer,
  type NumberedSentence,
  parseAnswer,
} from '../core/summary/claims.ts';
import { isSupported } from '../core/summary/content.ts';
import {
  buildMergePrompt,
  buildPiecePrompt,
  buildSystemPrompt,
  DEFAULT_TEMPLATE,
  estimateWeight,
  numberSentences,
  splitIntoPieces,
} from '../core/summary/prompt.ts';
import type { Assistant } from '../ports/assistant.ts';

/** How many pieces one transcript is read in at most: eight hours of speech with a small model. */
const PIECES_MAX = 64;
/** Summaries waiting for their turn; each may take minutes of processing. */
const QUEUED_MAX = 4;
const ANSWER_TOKENS_MAX = 1_500;
const TOTAL_MS_MAX = 30 * 60_000;
/** Minimum of the transcript a model must accept at once to be useful, characters. */
const PIECE_WEIGHT_MIN = 1_000;

interface RunningSummary {
  readonly template: string;
  readonly summary: Promise<Summary>;
}

/**
 * Summarises transcripts, one at a time. Long ones are read in pieces, whose claims are then merged. Whatever the model
 * says, only claims supported by the sentences it cites are kept.
 */
export class Summariser {
  readonly template = DEFAULT_TEMPLATE;
  readonly #assistant: Assistant | undefined;
  readonly #nowMs: () => number;
  readonly #running = new Map<string, RunningSummary>();
  #queue: Promise<unknown> = Promise.resolve();

  constructor(assistant: Assistant | undefined, nowMs: () => number) {
    this.#assistant = assistant;
    this.#nowMs = nowMs;
  }

  /** The model's name; null without one. */
  get name(): string | null {
    return this.#assistant?.name ?? null;
  }

  /**
   * Continues when the client has disconnected, because it may take longer than clients wait; asking for the same again
   * returns the same promise. Rejects with `summary.absent` or `assistant.failed`.
   */
  summarise(transcript: StoredTranscript, template: string): Promise<Summary> {
    const assistant = this.#assistant;
    if (assistant === undefined) return Promise.reject(new Fault('summary.absent', {}));
    const running = this.#running.get(transcript.id);
    if (running?.template === template) return running.summary;
    if (this.#running.size > QUEUED_MAX)
      return Promise.reject(
        createFault(`${this.#running.size} summaries are being written; try again when they are done`),
      );
    const signal = AbortSignal.timeout(TOTAL_MS_MAX);
    const summary = this.#queue.then(() => this.#write(assistant, { transcript, template, signal }));
    const entry = { template, summary };
    this.#running.set(transcript.id, entry);
    this.#queue = summary.then(
      () => this.#onEnded(transcript.id, entry),
      () => this.#onEnded(transcript.id, entry),
    );
    return summary;
  }

  #onEnded(id: string, entry: RunningSummary): void {
    if (this.#running.get(id) === entry) this.#running.delete(id);
  }

  async #write(
    assistant: Assistant,
    input: { transcript: StoredTranscript; template: string; signal: AbortSignal },
  ): Promise<Summary> {
    const { transcript, template, signal } = input;
    const sentences = numberSentences(transcript);
    const model = assistant.name;
    const createdAt = new Date(this.#nowMs()).toISOString();
    if (sentences.length === 0) return { ...EMPTY_SUMMARY, model, createdAt };
    const system = buildSystemPrompt(template);
    const room = assistant.promptCharsMax - estimateWeight(system) - 200;
    if (room < PIECE_WEIGHT_MIN)
      throw createFault('the template leaves its model no room for the transcript; shorten it');
    const pieces = splitIntoPieces(sentences, room);
    if (pieces.length > PIECES_MAX)
      throw createFault(`the transcript is longer than ${PIECES_MAX} times what the model takes at once`);
    const requestSummary = (user: string): Promise<CheckedSummary> =>
      requestAnswer(assistant, { system, user, sentences, signal });
    let parts: CheckedSummary[] = [];
    for (const [i, piece] of pieces.entries())
      parts.push(await requestSummary(buildPiecePrompt(piece, i + 1, pieces.length)));
    let dropped = parts.reduce((sum, part) => sum + part.dropped, 0);
    const numbers = new Map(sentences.map(({ name }, i) => [name, i + 1]));
    const numberOf = (name: string): number => numbers.get(name)!;
    while (parts.length > 1) {
      const merged: CheckedSummary[] = [];
      for (const group of groupNeighbours(parts, (each) => estimateWeight(buildMergePrompt(each, numberOf)) <= room)) {
        const one =
          group.length === 1
            ? group[0]!
            : await requestSummary(buildMergePrompt(group, numberOf)).catch(concatOnFailure(group));
        if (group.length > 1) dropped += one.dropped;
        merged.push(one);
      }
      // Claims that do not even fit in pairs cannot be merged by this model; they are shown as they are.
      parts = merged.length < parts.length ? merged : [concatParts(merged)];
    }
    const { summary, decisions, actions } = parts[0]!;
    return { summary, decisions, actions, model, createdAt, dropped };
  }
}

const EMPTY_SUMMARY: CheckedSummary = { summary: [], decisions: [], actions: [], dropped: 0 };

/** Requests one answer, and a second time if the first cannot be parsed. */
async function requestAnswer(
  assistant: Assistant,
  input: { system: string; user: string; sentences: readonly NumberedSentence[]; signal: AbortSignal },
): Promise<CheckedSummary> {
  const { system, user, sentences, signal } = input;
  for (let attempt = 1; ; attempt++) {
    const reminder = attempt === 1 ? '' : '\n\nReply with the JSON object alone.';
    const request = { system, user: user + reminder, schema: ANSWER_SCHEMA, maxTokens: ANSWER_TOKENS_MAX };
    const answer = parseAnswer(await assistant.complete(request, signal));
    if (answer !== undefined) return checkAnswer(answer, sentences, isSupported);
    if (attempt === 2) throw createFault('its reply is not the JSON that was asked for');
  }
}

/** Groups neighbours as long as they fit. */
function groupNeighbours(
  parts: readonly CheckedSummary[],
  fits: (group: readonly CheckedSummary[]) => boolean,
): CheckedSummary[][] {
  const groups: CheckedSummary[][] = [];
  for (const part of parts) {
    const last = groups.at(-1);
    if (last !== undefined && fits([...last, part])) last.push(part);
    else groups.push([part]);
  }
  return groups;
}

function concatParts(parts: readonly CheckedSummary[]): CheckedSummary {
  return {
    summary: parts.flatMap(({ summary }) => summary).slice(0, CLAIMS_MAX),
    decisions: parts.flatMap(({ decisions }) => decisions).slice(0, CLAIMS_MAX),
    actions: parts.flatMap(({ actions }) => actions).slice(0, CLAIMS_MAX),
    dropped: 0,
  };
}

/** Checked claims are not lost because the model fails to merge them. */
function concatOnFailure(parts: readonly CheckedSummary[]): (error: unknown) => CheckedSummary {
  return (error) => {
    if (isFault(error) && error.code === 'assistant.failed') return concatParts(parts);
    throw error;
  };
}

const createFault = (problem: string): Fault => new Fault('assistant.failed', { problem });
