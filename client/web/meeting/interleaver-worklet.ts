import type { ResamplerDesign } from '../audio/resample.ts';
import { ChannelInterleaver } from './channel-interleaver.ts';

// Globals of the audio thread, which are missing from the DOM's types.
declare function registerProcessor(name: string, processor: unknown): void;
declare class AudioWorkletProcessor {
  readonly port: MessagePort;
}

/** One node processes both inputs in the same call, so the channels stay in step whatever the two devices do. */
class PairCapture extends AudioWorkletProcessor {
  readonly #pair: ChannelInterleaver;

  constructor({ processorOptions }: { readonly processorOptions: ResamplerDesign }) {
    super();
    this.#pair = new ChannelInterleaver(processorOptions);
  }

  process([me, them]: Float32Array[][], [out]: Float32Array[][]): boolean {
    const frames = out?.[0]?.length ?? 128;
    for (const block of this.#pair.push(me?.[0], them?.[0], frames)) {
      this.port.postMessage(block, [block.pcm.buffer]);
    }
    return true;
  }
}

registerProcessor('sotto-pair', PairCapture);
