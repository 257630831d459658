import { z } from 'zod';

/** A text to generate, greedily. */
export type Generation =
  | {
      /** Formatted by the model's chat template. */
      readonly kind: 'chat';
      readonly system: string;
      readonly user: string;
      /** JSON Schema that constrains the answer. */
      readonly schema?: object | undefined;
      readonly maxTokens: number;
    }
  | {
      /** Each part stands between two control tokens; the parts are generated in order, and joined with spaces. */
      readonly kind: 'tagged';
      readonly parts: readonly string[];
      readonly before: string;
      readonly behind: string;
    };

export interface ModelSetup {
  readonly modelPath: string;
  readonly threads: number;
  readonly contextTokens: number;
  /** Whether the prefix that a prompt shares with the previous one is reused. If not, a prompt that is too long is refused. */
  readonly keepsContext: boolean;
  /** Generated before the model is ready, because the first run allocates buffers. */
  readonly warmUp?: Generation | undefined;
}

/** Messages to the process of a GGUF model. */
export type ToModel =
  | { readonly kind: 'setup'; readonly setup: ModelSetup }
  | { readonly kind: 'generate'; readonly id: number; readonly generation: Generation }
  | { readonly kind: 'cancel'; readonly id: number }
  | { readonly kind: 'ping' };

export type FromModel =
  | { readonly kind: 'ready' }
  /** The model could not be loaded. The problem may contain the file's name. */
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

/** Whether a value received from the process is a valid message. */
export const isFromModel = (value: unknown): value is FromModel => fromModel.safeParse(value).success;
