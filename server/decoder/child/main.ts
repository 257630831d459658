import { DecoderThread } from '../../libav/decoder-thread.ts';
import { endWithParent, firstLineOf, sendToParent } from '../../process/child/parent-link.ts';
import type { DecoderAnswer, FromChild, ToChild } from '../wire.ts';
import { ResourceGuard, type ResourceLimits } from './guard.ts';
import { DecodingStream } from './stream.ts';

/** The decoding process: streams by number, decoded piece by piece. It ends with its parent. */
const thread = new DecoderThread();
const streams = new Map<number, DecodingStream>();
/** Audio crafted to exhaust resources ends this process, not the server. */
const guard = new ResourceGuard();
/** Every codec here decodes ten times faster than this on any machine that can also recognise speech. */
const CPU_LIMITS = { cpuMs: 10_000, cpuMsPerSecond: 200, cpuMsPerAnswer: 10_000 };
/** A file decoder holds a whole file besides its codec. */
const FILE_LIMITS: ResourceLimits = { memoryMbMax: 512, ...CPU_LIMITS };
/** What a decoder says of a file is for people who know its format: one short line. */
const PROBLEM_CHARS_MAX = 120;
const LIVE_LIMITS: ResourceLimits = { memoryMbMax: 384, ...CPU_LIMITS };

process.on('message', (message: ToChild) => {
  const { ask } = message;
  // Processor time is counted anew for each stream.
  if (message.kind === 'open') guard.setLimits(message.fileBytes === undefined ? LIVE_LIMITS : FILE_LIMITS);
  void guard
    .run(() => handleMessage(message))
    .then(
      (reply) => send({ ask, ...reply }),
      (error: unknown) => send({ ask, kind: 'failed', problem: firstLineOf(error, PROBLEM_CHARS_MAX) }),
    );
});
endWithParent();

async function handleMessage(message: ToChild): Promise<DecoderAnswer> {
  const { stream } = message;
  switch (message.kind) {
    case 'open':
      streams.set(stream, new DecodingStream(thread, message));
      return { kind: 'nothing', hasMore: false };
    case 'feed':
      return grantTime(await findStream(stream).feed(message.bytes));
    case 'end':
      return grantTime(await findStream(stream).end());
    case 'read':
      return grantTime(await findStream(stream).read());
    case 'close':
      streams.get(stream)?.free();
      streams.delete(stream);
      return { kind: 'nothing', hasMore: false };
  }
}

function findStream(stream: number): DecodingStream {
  const found = streams.get(stream);
  if (found === undefined) throw new Error('the stream is closed');
  return found;
}

function grantTime(reply: DecoderAnswer): DecoderAnswer {
  if (reply.kind === 'decoded') guard.grant(reply.samples.length / reply.channels / reply.sampleRate);
  return reply;
}

const send: (message: FromChild) => void = sendToParent;
