import { z } from 'zod';

/** One text that a model is to write, greedily. */
export type Generation =
  | {
      /** By the chat template of the model. */
      readonly kind: 'chat';
      readonly system: string;
      readonly user: string;
      /** JSON Schema the answer is held to. */
      readonly schema?: object | undefined;
      readonly maxTokens: number;
    }
  | {
      /** Each part between two control tokens of the model, one after the other; what comes out is joined by spaces. */
      readonly kind: 'tagged';
      readonly parts: readonly string[];
      readonly before: string;
      readonly behind: string;
    };

export interface ModelSetup {
  readonly modelPath: string;
  readonly threads: number;
  readonly contextTokens: number;
  /** Whether what one prompt has in common with the last need not be read again. Where not, a prompt that is too long is refused. */
  readonly keepsContext: boolean;
  /** Written before it is ready: the first run plans buffers. */
  readonly warmUp?: Generation | undefined;
}

/** To the process of a GGUF model. */
export type ToModel =
  | { readonly kind: 'setup'; readonly setup: ModelSetup }
  | { readonly kind: 'generate'; readonly id: number; readonly generation: Generation }
  | { readonly kind: 'cancel'; readonly id: number }
  | { readonly kind: 'ping' };

export type FromModel =
  | { readonly kind: 'ready' }
  /** The problem may name the file. */
  | { readonly kind: 'refused'; readonly problem: string }
  | { readonly kind: 'generated'; readonly id: number; readonly text: string }
  | { readonly kind: 'failed'; readonly id: number; readonly problem: string }
  | { readonly kind: 'alive'; readonly memoryMb: number };

const fromModel = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('ready') }),
  z.object({ kind: z.literal('refused'), problem: z.string() }),
  z.object({ kind: z.literal('generated'), id: z.number(), text: z.string() }),
  z.object({ kind: z.literal('failed'), id: z.number(), problem: z.string() }),
  z.object({ kind: z.literal('alive'), memoryMb: z.number() }),
]);

/** Whether something that came from the process of a model is a message of one. */
export const isFromModel = (value: unknown): value is FromModel => fromModel.safeParse(value).success;
