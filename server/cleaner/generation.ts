import { buildChatPrompt, splitForSottoClean } from '../core/clean/prompt.ts';
import type { Generation } from '../llm/wire.ts';
import type { CleanRequest } from '../ports/cleaner.ts';

/** How a model is prompted: our own small model with its control tokens, any other with its chat template. */
export type PromptStyle = 'sotto-clean' | 'chat';

/** Size of the context in tokens, for prompt and answer together. */
export const CONTEXT_TOKENS: Readonly<Record<PromptStyle, number>> = { 'sotto-clean': 512, chat: 2_048 };

/** Builds the request that cleans one sentence. */
export function buildGeneration(request: CleanRequest, style: PromptStyle): Generation {
  if (style === 'chat')
    return { kind: 'chat', ...buildChatPrompt(request), maxTokens: Math.max(64, request.text.length) };
  return {
    kind: 'tagged',
    parts: splitForSottoClean(lowerCaseShouting(request.text)),
    ...{ before: '<|raw|>', behind: '<|clean|>' },
  };
}

/** Lower-cases text that is all in capitals, which the embedded model was not trained on. */
function lowerCaseShouting(text: string): string {
  return /\p{Lu}/u.test(text) && !/\p{Ll}/u.test(text) && text.length > 8 ? text.toLowerCase() : text;
}
