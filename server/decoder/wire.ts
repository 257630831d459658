import { z } from 'zod';
import type { ChannelLayout, PacketFormat } from '../ports/decoder.ts';

/** A request to the decoding process about one of its streams. Each has one answer with the same number. */
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
  /** Continues with what was fed. */
  | { readonly kind: 'read' }
  /** No more bytes will come. */
  | { readonly kind: 'end' }
  /** The stream is no longer needed, whether or not it has ended. */
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

/** Whether a message from a decoding process is a valid answer. */
export const isFromChild = (value: unknown): value is FromChild => fromChild.safeParse(value).success;
