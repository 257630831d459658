import { Fault, LIMITS } from '../../protocol/index.ts';
import type { Clock } from '../ports/clock.ts';
import type { AudioStream, ClipRange, TranscriptStore } from '../ports/transcripts.ts';
import { jsonResponse } from './responses.ts';

/** Seconds that are read from the store at a time: 180 kB. */
const BLOCK_SECONDS = 60;
/** A reader that takes nothing for this long is cut off, ms. */
const STALL_MS = 30_000;
const AUDIO_TYPE = 'audio/ogg; codecs=opus';

type Block = NonNullable<Awaited<ReturnType<TranscriptStore['readAudio']>>>;

interface AudioRequest {
  readonly store: TranscriptStore;
  readonly owner: string;
  readonly id: string;
  readonly url: URL;
}

/** Kept audio as a file. It is read from the store as its reader takes it; when it is deleted meanwhile, the file ends. */
export class AudioAnswer {
  readonly #first: Block;
  readonly #name: string;
  readonly #readBlock: (fromSecond: number) => Promise<Block | undefined>;

  constructor(first: Block, name: string, readBlock: (fromSecond: number) => Promise<Block | undefined>) {
    this.#first = first;
    this.#name = name;
    this.#readBlock = readBlock;
  }

  /** `release` is called when the body has been read, its reader disconnects, or it takes nothing for 30 s. */
  respond(clock: Clock, release: () => void): Response {
    const { headers } = jsonResponse({}, 200);
    headers.set('content-type', AUDIO_TYPE);
    headers.set('content-disposition', `attachment; filename="${this.#name}"`);
    return new Response(this.#createBody(clock, release), { headers });
  }

  #createBody(clock: Clock, release: () => void): ReadableStream<Uint8Array> {
    let next: Block | undefined = this.#first;
    let fromSecond = 0;
    let stall: Disposable | undefined;
    const end = (): void => {
      stall?.[Symbol.dispose]();
      release();
    };
    const expect = (controller: ReadableStreamDefaultController<Uint8Array>): void => {
      stall = clock.setTimer(STALL_MS, () => {
        controller.error(new Error(`audio was not read for ${STALL_MS / 1_000} s`));
        end();
      });
    };
    return new ReadableStream<Uint8Array>(
      {
        start: expect,
        pull: async (controller) => {
          stall?.[Symbol.dispose]();
          const block: Block | undefined = next ?? (await this.#readBlock(fromSecond).catch(() => undefined));
          next = undefined;
          fromSecond += BLOCK_SECONDS;
          if (block !== undefined && block.bytes.length > 0) controller.enqueue(block.bytes);
          if (block !== undefined && !block.isLast) return expect(controller);
          controller.close();
          end();
        },
        cancel: end,
      },
      { highWaterMark: 0 },
    );
  }
}

/** The audio of one channel of one session of a transcript, by default the first; all of it, or a piece. */
export async function readAudio(request: AudioRequest): Promise<AudioAnswer> {
  const query = request.url.searchParams;
  const stream = parseStream(query);
  const range = parseRange(query);
  return range === undefined ? readWhole(request, stream) : readClip(request, stream, range);
}

async function readWhole({ store, owner, id }: AudioRequest, stream: AudioStream): Promise<AudioAnswer> {
  const readBlock = (fromSecond: number): Promise<Block | undefined> =>
    store.readAudio(owner, id, stream, { fromSecond, seconds: BLOCK_SECONDS });
  const first = await readBlock(0);
  if (first === undefined) throw new Fault('transcript.unknown', { what: 'audio' });
  return new AudioAnswer(first, `${stream.part}.${stream.channel}.opus`, readBlock);
}

async function readClip(
  { store, owner, id }: AudioRequest,
  stream: AudioStream,
  range: ClipRange,
): Promise<AudioAnswer> {
  const clip = await store.readAudioClip(owner, id, stream, range);
  if (clip === undefined) throw new Fault('transcript.unknown', { what: 'audio' });
  if (clip.kind === 'outside')
    throw new Fault('command.option', {
      ...{ name: 'from', got: String(range.fromMs) },
      want: `a time within the audio of this session, ${clip.fromMs} to ${clip.toMs} ms`,
    });
  const name = `${stream.part}.${stream.channel}.${range.fromMs}-${range.toMs}.opus`;
  return new AudioAnswer({ bytes: clip.bytes, isLast: true }, name, async () => undefined);
}

const parseStream = (query: URLSearchParams): AudioStream => ({
  part: readNumber(query, 'part', /^[1-9]\d{0,5}$/, 'the number of a session of the transcript, from 1') ?? 1,
  channel: readNumber(query, 'channel', /^\d{1,2}$/, 'a channel, from 0') ?? 0,
});

/** Undefined asks for all of the audio. */
function parseRange(query: URLSearchParams): ClipRange | undefined {
  const want = 'whole milliseconds on the timeline of the transcript';
  const [fromMs, toMs] = ['from', 'to'].map((name) => readNumber(query, name, /^\d{1,10}$/, want));
  if (fromMs === undefined && toMs === undefined) return undefined;
  const latestMs = (fromMs ?? 0) + LIMITS.clipMsMax;
  if (fromMs === undefined)
    throw new Fault('command.option', { name: 'from', got: 'missing', want: `${want}, with to` });
  if (toMs === undefined || toMs <= fromMs || toMs > latestMs)
    throw new Fault('command.option', {
      ...{ name: 'to', got: toMs === undefined ? 'missing' : String(toMs) },
      want: `a time after from, at most ${latestMs} ms: a piece is at most ${LIMITS.clipMsMax / 1_000} s long`,
    });
  return { fromMs, toMs };
}

function readNumber(query: URLSearchParams, name: string, form: RegExp, want: string): number | undefined {
  const given = query.get(name);
  if (given === null) return undefined;
  if (form.test(given)) return Number(given);
  throw new Fault('command.option', { name, got: given.slice(0, 20), want });
}
