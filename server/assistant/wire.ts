import { z } from 'zod';
import type { AssistantRequest } from '../ports/assistant.ts';

export type ToAssistant =
  | { readonly kind: 'setup'; readonly modelPath: string; readonly threads: number; readonly contextTokens: number }
  | { readonly kind: 'ask'; readonly id: number; readonly request: AssistantRequest }
  | { readonly kind: 'cancel'; readonly id: number }
  | { readonly kind: 'ping' };

export type FromAssistant =
  | { readonly kind: 'ready' }
  | { readonly kind: 'refused'; readonly problem: string }
  | { readonly kind: 'answered'; readonly id: number; readonly text: string }
  | { readonly kind: 'failed'; readonly id: number; readonly problem: string }
  | { readonly kind: 'alive'; readonly memoryMb: number };

const fromAssistant = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('ready') }),
  z.object({ kind: z.literal('refused'), problem: z.string() }),
  z.object({ kind: z.literal('answered'), id: z.number(), text: z.string() }),
  z.object({ kind: z.literal('failed'), id: z.number(), problem: z.string() }),
  z.object({ kind: z.literal('alive'), memoryMb: z.number() }),
]);

/** Whether something that came from an assistant's process is a message of one. */
export const isFromAssistant = (value: unknown): value is FromAssistant => fromAssistant.safeParse(value).success;
