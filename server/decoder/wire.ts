import { z } from 'zod';
import type { ChannelLayout, PacketFormat } from '../ports/decoder.ts';

/** What the decoding process is asked about one of its streams. Each question has one answer, with its number. */
export type ToChild = { readonly stream: number; readonly ask: number } & DecoderRequest;

export type DecoderRequest =
  | {
      readonly kind: 'open';
      readonly layout: ChannelLayout;
      readonly packets: PacketFormat | undefined;
      /** Size in bytes of a file that is fed as a whole before anything is decoded; undefined for live audio. */
      readonly fileBytes: number | undefined;
    }
  /** More bytes. A file's bytes are only stored. */
  | { readonly kind: 'feed'; readonly bytes: Uint8Array }
  /** Goes on with what was fed. */
  | { readonly kind: 'read' }
  /** No more bytes will come. */
  | { readonly kind: 'end' }
  /** Forgotten, whether or not it ended. */
  | { readonly kind: 'close' };

export type FromChild = { readonly ask: number } & DecoderAnswer;

export type DecoderAnswer =
  | {
      readonly kind: 'decoded';
      readonly sampleRate: number;
      readonly channels: number;
      readonly samples: Float32Array;
      /** Whether `read` may yield more before anything else is fed. */
      readonly hasMore: boolean;
    }
  | { readonly kind: 'nothing'; readonly hasMore: boolean }
  | { readonly kind: 'failed'; readonly problem: string };

const fromChild = z.discriminatedUnion('kind', [
  z.object({
    ...{ ask: z.number(), kind: z.literal('decoded'), sampleRate: z.number().positive() },
    ...{ channels: z.int().positive(), samples: z.instanceof(Float32Array), hasMore: z.boolean() },
  }),
  z.object({ ask: z.number(), kind: z.literal('nothing'), hasMore: z.boolean() }),
  z.object({ ask: z.number(), kind: z.literal('failed'), problem: z.string() }),
]);

/** Whether something that came from a decoding process is an answer of one. */
export const isFromChild = (value: unknown): value is FromChild => fromChild.safeParse(value).success;
