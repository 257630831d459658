import { type Claim, getOwnEntry, parseJson, type Summary } from '../../../protocol/index.ts';

/** What a model says of a transcript, before anybody has looked whether it is true; sentences by their number. */
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

/** A sentence as the model was shown it. */
export interface NumberedSentence {
  readonly name: string;
  readonly text: string;
  readonly speaker: string | undefined;
}

const CLAIM_CHARS_MAX = 600;
const OWNER_CHARS_MAX = 80;
/** Claims of one kind that are looked at; a model that does not stop says nothing new after these. */
export const CLAIMS_MAX = 40;
/** Sentences one claim is shown with. */
const FROM_MAX = 12;

/** JSON Schema of an answer, for servers and grammars that can keep to one. */
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

/** The answer in a reply, with or without prose, thoughts and fences around it; undefined when there is none. */
export function parseAnswer(reply: string): SummaryAnswer | undefined {
  const text = reply.replace(/<think>[\s\S]*?(<\/think>|$)/g, '');
  for (let at = text.indexOf('{'), tries = 0; at >= 0 && tries < 20; at = text.indexOf('{', at + 1), tries++) {
    const end = closing(text, at);
    if (end === undefined) continue;
    const value = parse(text.slice(at, end + 1));
    const lists = ['summary', 'decisions', 'actions'].map((name) => value && getOwnEntry(value, name));
    if (!lists.some(Array.isArray)) continue;
    const [summary, decisions, actions] = lists.map(readClaims);
    return { summary: summary!, decisions: decisions!, actions: actions! };
  }
  return undefined;
}

/** Where the object that begins at `from` ends; strings may hold braces. */
function closing(text: string, from: number): number | undefined {
  let depth = 0;
  let inString = false;
  for (let at = from; at < text.length; at++) {
    const sign = text[at];
    if (inString) {
      if (sign === '\\') at++;
      else if (sign === '"') inString = false;
    } else if (sign === '"') inString = true;
    else if (sign === '{') depth++;
    else if (sign === '}' && --depth === 0) return at;
  }
  return undefined;
}

function parse(text: string): Record<string, unknown> | undefined {
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
    const said = { text: tidy(text, CLAIM_CHARS_MAX), from: [...new Set(numbers)].slice(0, FROM_MAX) };
    return [typeof owner === 'string' && owner.trim() !== '' ? { ...said, owner: tidy(owner, OWNER_CHARS_MAX) } : said];
  });
}

/** Models write a number as 3, "3" or "[3]". */
function readNumber(value: unknown): number | undefined {
  const digits = typeof value === 'number' ? String(value) : typeof value === 'string' ? value : '';
  const match = /^\s*[[(#]?\s*(\d{1,9})\s*[\])]?\s*$/.exec(digits);
  return match === null ? undefined : Number(match[1]);
}

function tidy(text: string, charsMax: number): string {
  const line = text.replace(/[\s\p{Cc}]+/gu, ' ').trim();
  return line.length > charsMax ? `${line.slice(0, charsMax - 1)}…` : line;
}

export type CheckedSummary = Pick<Summary, 'summary' | 'decisions' | 'actions' | 'dropped'>;

/** Only what sentences bear out; `sentences` are those that were shown, from number 1. */
export function checkAnswer(
  answer: SummaryAnswer,
  sentences: readonly NumberedSentence[],
  bearsOut: (claim: string, sentences: readonly NumberedSentence[]) => boolean,
): CheckedSummary {
  let dropped = 0;
  const check = (said: readonly ClaimDraft[]): (Claim & { readonly owner?: string })[] =>
    said.flatMap(({ text, from, owner }) => {
      const resting = from.map((number) => sentences[number - 1]).filter((each) => each !== undefined);
      if (resting.length === 0 || !bearsOut(text, resting)) {
        dropped++;
        return [];
      }
      const claim = { text, from: resting.map(({ name }) => name) };
      // Who is to do it counts only where it was said, or who said it.
      const isSaid = owner !== undefined && resting.some((each) => each.speaker === owner || bearsOut(owner, [each]));
      return [isSaid ? { ...claim, owner } : claim];
    });
  const summary = check(answer.summary);
  const decisions = check(answer.decisions).map(withoutOwner);
  return { summary: summary.map(withoutOwner), decisions, actions: check(answer.actions), dropped };
}

const withoutOwner = ({ text, from }: Claim): Claim => ({ text, from });
