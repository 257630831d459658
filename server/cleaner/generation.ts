import { buildChatPrompt, splitForSottoClean } from '../core/clean/prompt.ts';
import type { Generation } from '../llm/wire.ts';
import type { CleanRequest } from '../ports/cleaner.ts';

/** How a model is spoken to: our own tiny one by its control tokens, any other by its chat template. */
export type PromptStyle = 'sotto-clean' | 'chat';

/** Tokens of the model's context, for prompt and answer together. */
export const CONTEXT_TOKENS: Readonly<Record<PromptStyle, number>> = { 'sotto-clean': 512, chat: 2_048 };

/** What a model is asked to write for one sentence. */
export function buildGeneration(request: CleanRequest, style: PromptStyle): Generation {
  if (style === 'chat')
    return { kind: 'chat', ...buildChatPrompt(request), maxTokens: Math.max(64, request.text.length) };
  return {
    kind: 'tagged',
    parts: splitForSottoClean(lowerCaseShouting(request.text)),
    ...{ before: '<|raw|>', behind: '<|clean|>' },
  };
}

/** The embedded model has seen no text all in capitals. */
function lowerCaseShouting(text: string): string {
  return /\p{Lu}/u.test(text) && !/\p{Ll}/u.test(text) && text.length > 8 ? text.toLowerCase() : text;
}
