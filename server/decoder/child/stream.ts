import type { ChannelLayout, PacketFormat } from '../../ports/decoder.ts';
import type { DecoderAnswer } from '../wire.ts';
import { ChannelMapper } from './channel-mapper.ts';
import { type Codec, type DecodedSound, openCodec } from './codec.ts';
import { FileInput } from './file-input.ts';
import type { Input } from './input.ts';
import { LiveInput } from './live-input.ts';

export interface StreamOptions {
  readonly layout: ChannelLayout;
  readonly packets: PacketFormat | undefined;
  readonly fileBytes: number | undefined;
}

/** Decodes one file or live stream from bytes to samples. */
export class DecodingStream {
  readonly #input: Input;
  readonly #mapper: ChannelMapper;
  readonly #packets: PacketFormat | undefined;
  #codec: Codec | undefined;
  #state: 'fed' | 'ending' | 'ended' = 'fed';

  constructor({ layout, packets, fileBytes }: StreamOptions) {
    this.#input = fileBytes === undefined ? new LiveInput(packets !== undefined) : new FileInput(fileBytes);
    this.#mapper = new ChannelMapper(layout);
    this.#packets = packets;
  }

  feed(bytes: Uint8Array): Promise<DecoderAnswer> {
    this.#input.write(bytes);
    return this.read();
  }

  end(): Promise<DecoderAnswer> {
    this.#input.end();
    this.#state = 'ending';
    return this.read();
  }

  /** Decodes one slice, or flushes the codec when there are no more. */
  async read(): Promise<DecoderAnswer> {
    const { kind } = this.#input;
    if (kind === undefined) return { kind: 'nothing', hasMore: false };
    this.#codec ??= await openCodec(kind, this.#packets);
    const slice = this.#input.takeSlice();
    // A copy, because slices start anywhere in the input, and decoders read numbers at aligned offsets.
    if (slice !== undefined) return this.#toAnswer(await this.#codec.decode(slice.slice()));
    if (this.#state !== 'ending') return { kind: 'nothing', hasMore: false };
    this.#state = 'ended';
    return this.#toAnswer(await this.#codec.flush());
  }

  free(): void {
    this.#codec?.free();
  }

  #toAnswer({ channelData, sampleRate }: DecodedSound): DecoderAnswer {
    const hasMore = this.#input.hasSlice || this.#state === 'ending';
    if ((channelData[0]?.length ?? 0) === 0) return { kind: 'nothing', hasMore };
    return { kind: 'decoded', hasMore, ...this.#mapper.convert(channelData, sampleRate) };
  }
}
