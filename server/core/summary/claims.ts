import { type Claim, getOwnEntry, parseJson, type Summary } from '../../../protocol/index.ts';

/** A claim of a model about a transcript, not yet verified; sentences by their number. */
export interface ClaimDraft {
  readonly text: string;
  readonly from: readonly number[];
  readonly owner?: string | undefined;
}

export interface SummaryAnswer {
  readonly summary: readonly ClaimDraft[];
  readonly decisions: readonly ClaimDraft[];
  readonly actions: readonly ClaimDraft[];
}

/** A sentence as shown to the model. */
export interface NumberedSentence {
  readonly name: string;
  readonly text: string;
  readonly speaker: string | undefined;
}

const CLAIM_CHARS_MAX = 600;
const OWNER_CHARS_MAX = 80;
/** How many claims of one kind are read; a model that does not stop says nothing new after these. */
export const CLAIMS_MAX = 40;
/** How many sentences one claim is shown with. */
const FROM_MAX = 12;

/** JSON Schema of an answer, for servers and grammars that support schemas. */
export const ANSWER_SCHEMA = {
  type: 'object',
  properties: {
    summary: { type: 'array', maxItems: 12, items: claimSchema() },
    decisions: { type: 'array', maxItems: 12, items: claimSchema() },
    actions: { type: 'array', maxItems: 12, items: claimSchema({ owner: { type: 'string' } }) },
  },
  required: ['summary', 'decisions', 'actions'],
  additionalProperties: false,
};

function claimSchema(more: object = {}): object {
  const from = { type: 'array', maxItems: FROM_MAX, items: { type: 'integer' } };
  return {
    type: 'object',
    properties: { text: { type: 'string' }, from, ...more },
    required: ['text', 'from', ...Object.keys(more)],
    additionalProperties: false,
  };
}

/**
 * Finds the answer in a reply, with or without prose, reasoning and code fences around it; undefined when there is
 * none.
 */
export function parseAnswer(reply: string): SummaryAnswer | undefined {
  const text = reply.replace(/<think>[\s\S]*?(<\/think>|$)/g, '');
  for (
    let start = text.indexOf('{'), tries = 0;
    start >= 0 && tries < 20;
    start = text.indexOf('{', start + 1), tries++
  ) {
    const end = findObjectEnd(text, start);
    if (end === undefined) continue;
    const value = parseObject(text.slice(start, end + 1));
    const lists = ['summary', 'decisions', 'actions'].map((name) => value && getOwnEntry(value, name));
    if (!lists.some(Array.isArray)) continue;
    const [summary, decisions, actions] = lists.map(readClaims);
    return { summary: summary!, decisions: decisions!, actions: actions! };
  }
  return undefined;
}

/** Finds the end of the object that begins at `from`; strings may contain braces. */
function findObjectEnd(text: string, from: number): number | undefined {
  let depth = 0;
  let inString = false;
  for (let index = from; index < text.length; index++) {
    const character = text[index];
    if (inString) {
      if (character === '\\') index++;
      else if (character === '"') inString = false;
    } else if (character === '"') inString = true;
    else if (character === '{') depth++;
    else if (character === '}' && --depth === 0) return index;
  }
  return undefined;
}

function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    return parseJson(text) as Record<string, unknown>;
  } catch {
    return undefined;
  }
}

function readClaims(value: unknown): ClaimDraft[] {
  if (!Array.isArray(value)) return [];
  return value.slice(0, CLAIMS_MAX).flatMap((each: unknown) => {
    if (typeof each !== 'object' || each === null) return [];
    const { text, from, owner } = each as Record<string, unknown>;
    if (typeof text !== 'string' || text.trim() === '') return [];
    const numbers = (Array.isArray(from) ? from : [from]).map(readNumber).filter((number) => number !== undefined);
    const drafts = { text: normaliseText(text, CLAIM_CHARS_MAX), from: [...new Set(numbers)].slice(0, FROM_MAX) };
    return [
      typeof owner === 'string' && owner.trim() !== ''
        ? { ...drafts, owner: normaliseText(owner, OWNER_CHARS_MAX) }
        : drafts,
    ];
  });
}

/** Models write a number as 3, "3" or "[3]". */
function readNumber(value: unknown): number | undefined {
  const digits = typeof value === 'number' ? String(value) : typeof value === 'string' ? value : '';
  const match = /^\s*[[(#]?\s*(\d{1,9})\s*[\])]?\s*$/.exec(digits);
  return match === null ? undefined : Number(match[1]);
}

function normaliseText(text: string, charsMax: number): string {
  const line = text.replace(/[\s\p{Cc}]+/gu, ' ').trim();
  return line.length > charsMax ? `${line.slice(0, charsMax - 1)}…` : line;
}

export type CheckedSummary = Pick<Summary, 'summary' | 'decisions' | 'actions' | 'dropped'>;

/** Keeps only claims that the cited sentences support; `sentences` are those shown to the model, from number 1. */
export function checkAnswer(
  answer: SummaryAnswer,
  sentences: readonly NumberedSentence[],
  supports: (claim: string, sentences: readonly NumberedSentence[]) => boolean,
): CheckedSummary {
  let dropped = 0;
  const check = (drafts: readonly ClaimDraft[]): (Claim & { readonly owner?: string })[] =>
    drafts.flatMap(({ text, from, owner }) => {
      const cited = from.map((number) => sentences[number - 1]).filter((each) => each !== undefined);
      if (cited.length === 0 || !supports(text, cited)) {
        dropped++;
        return [];
      }
      const claim = { text, from: cited.map(({ name }) => name) };
      // The owner counts only if a sentence names them, or they said it.
      const isSupported =
        owner !== undefined && cited.some((each) => each.speaker === owner || supports(owner, [each]));
      return [isSupported ? { ...claim, owner } : claim];
    });
  const summary = check(answer.summary);
  const decisions = check(answer.decisions).map(withoutOwner);
  return { summary: summary.map(withoutOwner), decisions, actions: check(answer.actions), dropped };
}

const withoutOwner = ({ text, from }: Claim): Claim => ({ text, from });
