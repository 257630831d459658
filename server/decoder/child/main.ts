import type { Answer, FromChild, ToChild } from '../wire.ts';
import { type Codec, openCodec, type Sound } from './codec.ts';
import { watchMemory } from './guard.ts';
import { Layout } from './layout.ts';

/** The decoding process: streams by number, piece by piece. It ends with its parent. */
const streams = new Map<number, { readonly codec: Codec; readonly layout: Layout }>();
/** A file made to blow up takes this process with it, not the server. */
const MEMORY_MB_MAX = 512;
watchMemory(MEMORY_MB_MAX);

process.on('message', (message: ToChild) => {
  const { ask } = message;
  void answer(message).then(
    (reply) => process.send?.({ ask, ...reply } satisfies FromChild),
    (error: unknown) => process.send?.({ ask, kind: 'failed', problem: problemOf(error) } satisfies FromChild),
  );
});
// A parent that is gone cannot use an answer.
process.on('disconnect', () => process.exit(0));
// Ctrl-C goes to the whole group; the parent decides when this ends.
process.on('SIGINT', () => {});

async function answer(message: ToChild): Promise<Answer> {
  const { stream } = message;
  switch (message.kind) {
    case 'open':
      streams.set(stream, {
        codec: await openCodec(message.format, message.raw),
        layout: new Layout(message.layout),
      });
      return { kind: 'nothing' };
    case 'feed':
      // A copy: what came lies anywhere in its message, and decoders read whole numbers from even places.
      return fit(await open(stream).codec.decode(new Uint8Array(message.bytes)), stream);
    case 'end':
      return fit(await open(stream).codec.flush(), stream);
    case 'close':
      streams.get(stream)?.codec.free();
      streams.delete(stream);
      return { kind: 'nothing' };
  }
}

function open(stream: number) {
  const found = streams.get(stream);
  if (found === undefined) throw new Error('the stream is closed');
  return found;
}

function fit(audio: Sound, stream: number): Answer {
  if ((audio.channelData[0]?.length ?? 0) === 0) return { kind: 'nothing' };
  return { kind: 'decoded', ...open(stream).layout.fit(audio.channelData, audio.sampleRate) };
}

/** What a decoder says is for people who know its format; one short line of it. */
function problemOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split('\n')[0]!.slice(0, 120);
}
