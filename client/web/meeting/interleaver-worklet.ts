import type { ResamplerDesign } from '../audio/resample.ts';
import { ChannelInterleaver } from './channel-interleaver.ts';

// The audio thread's globals, which the DOM's types do not know.
declare function registerProcessor(name: string, processor: unknown): void;
declare class AudioWorkletProcessor {
  readonly port: MessagePort;
}

/** Both inputs of one node are asked for in the same call: whatever the two devices do, the channels stay in step. */
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
