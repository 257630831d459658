import type { FromChild, ToChild } from '../wire.ts';
import { type Codec, openCodec } from './codec.ts';
import { watchMemory } from './guard.ts';
import { Layout } from './layout.ts';

/** The decoding process: one stream at a time, piece by piece, and ends with its parent. */
let codec: Codec | undefined;
let layout = new Layout('mix');
/** A file made to blow up takes this process with it, not the server. */
const MEMORY_MB_MAX = 512;
watchMemory(MEMORY_MB_MAX);

process.on('message', (message: ToChild) => {
  void answer(message).then(
    (reply) => process.send?.(reply),
    (error: unknown) => process.send?.({ kind: 'failed', problem: problemOf(error) } satisfies FromChild),
  );
});
// A parent that is gone cannot use an answer.
process.on('disconnect', () => process.exit(0));
// Ctrl-C goes to the whole group; the parent decides when this ends.
process.on('SIGINT', () => {});

async function answer(message: ToChild): Promise<FromChild> {
  switch (message.kind) {
    case 'open':
      codec?.free();
      codec = undefined;
      layout = new Layout(message.layout);
      codec = await openCodec(message.format, message.raw);
      return { kind: 'nothing' };
    case 'feed':
      return fit(await codec!.decode(message.bytes));
    case 'end': {
      const last = fit(await codec!.flush());
      codec = undefined;
      return last;
    }
  }
}

function fit(audio: { readonly channelData: readonly Float32Array[]; readonly sampleRate: number }): FromChild {
  if ((audio.channelData[0]?.length ?? 0) === 0) return { kind: 'nothing' };
  return { kind: 'decoded', ...layout.fit(audio.channelData, audio.sampleRate) };
}

/** What a decoder says is for people who know its format; one short line of it. */
function problemOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split('\n')[0]!.slice(0, 120);
}
