import type { AudioKind, ChannelLayout } from '../ports/decoder.ts';

/** What the decoding process is asked; it answers each in turn. */
export type ToChild =
  | {
      readonly kind: 'open';
      readonly format: AudioKind;
      readonly layout: ChannelLayout;
      readonly raw: { readonly sampleRate: number; readonly channels: number } | undefined;
    }
  | { readonly kind: 'feed'; readonly bytes: Uint8Array }
  | { readonly kind: 'end' };

export type FromChild =
  | { readonly kind: 'decoded'; readonly sampleRate: number; readonly channels: number; readonly samples: Float32Array }
  /** Nothing yet. */
  | { readonly kind: 'nothing' }
  | { readonly kind: 'failed'; readonly problem: string };
