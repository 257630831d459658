import type { AssistantRequest } from '../ports/assistant.ts';

export type ToAssistant =
  | { readonly kind: 'setup'; readonly modelPath: string; readonly threads: number; readonly contextTokens: number }
  | { readonly kind: 'ask'; readonly id: number; readonly request: AssistantRequest }
  | { readonly kind: 'cancel'; readonly id: number };

export type FromAssistant =
  | { readonly kind: 'answered'; readonly id: number; readonly text: string }
  | { readonly kind: 'failed'; readonly id: number; readonly problem: string };
