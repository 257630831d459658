import { z } from 'zod';
import type { AudioKind, ChannelLayout } from '../ports/decoder.ts';

/** What the decoding process is asked about one of its streams. Each question has one answer, with its number. */
export type ToChild = { readonly stream: number; readonly ask: number } & Question;

export type Question =
  | {
      readonly kind: 'open';
      readonly format: AudioKind;
      readonly layout: ChannelLayout;
      readonly raw: { readonly sampleRate: number; readonly channels: number } | undefined;
    }
  | { readonly kind: 'feed'; readonly bytes: Uint8Array }
  | { readonly kind: 'end' }
  /** Forgotten, whether or not it ended. */
  | { readonly kind: 'close' };

export type FromChild = { readonly ask: number } & Answer;

export type Answer =
  | {
      readonly kind: 'decoded';
      readonly sampleRate: number;
      readonly channels: number;
      readonly samples: Float32Array;
    }
  /** Nothing yet. */
  | { readonly kind: 'nothing' }
  | { readonly kind: 'failed'; readonly problem: string };

const fromChild = z.discriminatedUnion('kind', [
  z.object({
    ...{ ask: z.number(), kind: z.literal('decoded'), sampleRate: z.number().positive() },
    ...{ channels: z.int().positive(), samples: z.instanceof(Float32Array) },
  }),
  z.object({ ask: z.number(), kind: z.literal('nothing') }),
  z.object({ ask: z.number(), kind: z.literal('failed'), problem: z.string() }),
]);

/** Whether something that came from a decoding process is an answer of one. */
export const isFromChild = (value: unknown): value is FromChild => fromChild.safeParse(value).success;
