import type { DecoderStream, DecoderThread } from '../../libav/decoder-thread.ts';
import type { DecodedStep, Source } from '../../libav/messages.ts';
import type { ChannelLayout, PacketFormat } from '../../ports/decoder.ts';
import type { DecoderAnswer } from '../wire.ts';
import { ChannelMapper } from './channel-mapper.ts';

export interface StreamOptions {
  readonly layout: ChannelLayout;
  readonly packets: PacketFormat | undefined;
  readonly fileBytes: number | undefined;
}

/** Decodes one file or live stream from bytes to samples. */
export class DecodingStream {
  readonly #stream: DecoderStream;
  readonly #mapper: ChannelMapper;

  constructor(thread: DecoderThread, { layout, packets, fileBytes }: StreamOptions) {
    this.#stream = thread.open(toSource(packets, fileBytes));
    this.#mapper = new ChannelMapper(layout);
  }

  async feed(bytes: Uint8Array): Promise<DecoderAnswer> {
    return this.#toAnswer(await this.#stream.feed(bytes));
  }

  async end(): Promise<DecoderAnswer> {
    return this.#toAnswer(await this.#stream.end());
  }

  async read(): Promise<DecoderAnswer> {
    return this.#toAnswer(await this.#stream.read());
  }

  free(): void {
    this.#stream.close();
  }

  #toAnswer({ piece, hasMore }: DecodedStep): DecoderAnswer {
    if (piece === undefined) return { kind: 'nothing', hasMore };
    return { kind: 'decoded', hasMore, ...this.#mapper.convert(piece.planes, piece.sampleRate) };
  }
}

function toSource(packets: PacketFormat | undefined, fileBytes: number | undefined): Source {
  if (fileBytes !== undefined) return { kind: 'memory', size: fileBytes };
  return packets === undefined ? { kind: 'live' } : { kind: 'packets', ...packets };
}
