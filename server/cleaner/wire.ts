import { z } from 'zod';
import type { CleanRequest } from '../core/clean/request.ts';

/** How a model is spoken to: our own tiny one by its control tokens, any other by its chat template. */
export type PromptStyle = 'sotto-clean' | 'chat';

export type ToCleaner =
  | { readonly kind: 'setup'; readonly modelPath: string; readonly style: PromptStyle; readonly threads: number }
  | { readonly kind: 'rewrite'; readonly id: number; readonly request: CleanRequest }
  | { readonly kind: 'cancel'; readonly id: number }
  | { readonly kind: 'ping' };

export type FromCleaner =
  | { readonly kind: 'ready' }
  | { readonly kind: 'refused'; readonly problem: string }
  | { readonly kind: 'rewritten'; readonly id: number; readonly text: string }
  | { readonly kind: 'failed'; readonly id: number; readonly problem: string }
  | { readonly kind: 'alive'; readonly memoryMb: number };

const fromCleaner = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('ready') }),
  z.object({ kind: z.literal('refused'), problem: z.string() }),
  z.object({ kind: z.literal('rewritten'), id: z.number(), text: z.string() }),
  z.object({ kind: z.literal('failed'), id: z.number(), problem: z.string() }),
  z.object({ kind: z.literal('alive'), memoryMb: z.number() }),
]);

/** Whether something that came from a cleaner's process is a message of one. */
export const isFromCleaner = (value: unknown): value is FromCleaner => fromCleaner.safeParse(value).success;
