import { Fault, toFault } from '../../protocol/index.ts';
import { buildWavHeader } from '../core/audio/wav-header.ts';
import type { ConnectedClient } from '../flow/client-channel.ts';
import type { SessionParts } from '../flow/live-session.ts';
import type { AudioDecoder, PacketFormat, UploadedFile } from '../ports/decoder.ts';
import type { DialectContext, UploadDialect, UploadSession } from '../ports/dialect.ts';
import { readUpload, UploadMemory } from './body.ts';
import { toRefusalResponse } from './responses.ts';
import type { HttpRoute } from './route-table.ts';
import type { SessionCapacity } from './session-capacity.ts';
import { Upload } from './upload.ts';

interface UploadRequest {
  readonly request: Request;
  readonly dialect: UploadDialect;
  readonly client: ConnectedClient;
  readonly context: DialectContext;
}

/** Routes that transcribe uploaded files. */
export class UploadRoutes {
  readonly #parts: SessionParts;
  readonly #decoder: AudioDecoder;
  readonly #capacity: SessionCapacity;
  readonly #context: () => DialectContext;
  readonly #memory = new UploadMemory();

  constructor(
    parts: SessionParts,
    decoder: AudioDecoder,
    capacity: SessionCapacity,
    /** Creates the context of each dialect. */
    context: () => DialectContext,
  ) {
    this.#parts = parts;
    this.#decoder = decoder;
    this.#capacity = capacity;
    this.#context = context;
  }

  /** One route for each path at which a protocol accepts files. */
  httpRoutes(dialects: ReadonlyMap<string, UploadDialect>): readonly HttpRoute[] {
    return [...dialects].map(([path, dialect]) => ({
      ...{ method: 'POST', path, scope: 'stream' },
      handle: async ({ request, identity, remoteAddress: address }) => {
        this.#capacity.check(identity!, address);
        const client = { identity: identity!, address };
        return this.#answer({ request, dialect, client, context: this.#context() });
      },
      refuse: (fault) => toRefusalResponse(fault, dialect.refuse(fault, this.#context())),
    }));
  }

  /** Never rejects. */
  async #answer({ request, dialect, client, context }: UploadRequest): Promise<Response> {
    const upload = new Upload(this.#parts, client);
    const space = this.#memory.open();
    const gone = (): void => upload.abandon();
    request.signal.addEventListener('abort', gone, { once: true });
    const release = (): void => {
      space[Symbol.dispose]();
      upload.leave();
      request.signal.removeEventListener('abort', gone);
    };
    try {
      const parsed = await readUpload(request, dialect.body, (bytes) => space.take(bytes), dialect.fileField);
      if (parsed.file === undefined || parsed.file.size === 0)
        throw new Fault('command.option', { name: dialect.fileField ?? 'file', got: '(none)', want: 'an audio file' });
      const answer = dialect.open(parsed, context);
      const file = answer.samples === undefined ? parsed.file : addWavHeader(parsed.file, answer.samples);
      if (answer.delivery === 'streamed') return this.#stream(upload, file, answer, release);
      let body = '';
      const errorInfo = await upload.run(file, answer, this.#decoder, (event) => {
        body += answer.write(event);
      });
      release();
      if (errorInfo !== undefined) return toRefusalResponse(errorInfo, dialect.refuse(errorInfo, context));
      return new Response(body, { headers: buildHeaders(answer, context) });
    } catch (error) {
      release();
      const fault = toFault(error);
      if (fault.code === 'server.bug')
        this.#parts.log.error({ upload: upload.id, err: error }, 'a bug ended an upload');
      return toRefusalResponse(fault, dialect.refuse(fault, context));
    }
  }

  /** Streams events as they come. If the client does not read them, only memory for its own words is used. */
  #stream(upload: Upload, file: UploadedFile, answer: UploadSession, release: () => void): Response {
    const encoder = new TextEncoder();
    let open = true;
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => {
        const put = (text: string): void => {
          if (open && text !== '') controller.enqueue(encoder.encode(text));
        };
        void upload
          .run(file, answer, this.#decoder, (event) => put(answer.write(event)))
          .then((errorInfo) => {
            release();
            if (errorInfo !== undefined) put(answer.error(errorInfo));
            if (open) controller.close();
            open = false;
          })
          .catch((error) => {
            this.#parts.log.error({ code: 'server.bug', err: error }, 'a bug ended an upload');
            if (open) controller.error(error);
            open = false;
          });
      },
      cancel: () => {
        open = false;
        upload.abandon();
      },
    });
    return new Response(body, { headers: { 'content-type': answer.contentType, 'cache-control': 'no-store' } });
  }
}

/** Bare samples as the file that the decoder reads: the header comes first. */
function addWavHeader(file: UploadedFile, format: PacketFormat): UploadedFile {
  const header = buildWavHeader(format, file.size);
  const { size, sha256 } = file;
  return {
    ...{ size: size + header.length, sha256 },
    *takeBlocks() {
      yield header;
      yield* file.takeBlocks();
    },
  };
}

function buildHeaders(answer: UploadSession, { id }: DialectContext): Record<string, string> {
  return { 'content-type': answer.contentType, 'cache-control': 'no-store', 'x-request-id': id };
}
