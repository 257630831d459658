import { Fault, toFault } from '../../protocol/index.ts';
import type { ConnectedClient } from '../flow/client-channel.ts';
import type { SessionParts } from '../flow/live-session.ts';
import type { AudioDecoder, UploadedFile } from '../ports/decoder.ts';
import type { DialectContext, UploadDialect, UploadSession } from '../ports/dialect.ts';
import { readUpload, UploadMemory } from './body.ts';
import { toRefusalResponse } from './responses.ts';
import type { HttpRoute } from './route-table.ts';
import type { SessionCapacity } from './session-capacity.ts';
import { Upload } from './upload.ts';

interface UploadRequest {
  readonly request: Request;
  readonly dialect: UploadDialect;
  readonly visitor: ConnectedClient;
  readonly context: DialectContext;
}

/** Takes files and answers with their transcripts. */
export class UploadRoutes {
  readonly #parts: SessionParts;
  readonly #decoder: AudioDecoder;
  readonly #capacity: SessionCapacity;
  readonly #context: () => DialectContext;
  readonly #space = new UploadMemory();

  constructor(
    parts: SessionParts,
    decoder: AudioDecoder,
    capacity: SessionCapacity,
    /** What a dialect may not find out by itself. */
    context: () => DialectContext,
  ) {
    this.#parts = parts;
    this.#decoder = decoder;
    this.#capacity = capacity;
    this.#context = context;
  }

  /** One route for each path at which another protocol takes files. */
  httpRoutes(dialects: ReadonlyMap<string, UploadDialect>): readonly HttpRoute[] {
    return [...dialects].map(([path, dialect]) => ({
      ...{ method: 'POST', path, scope: 'stream' },
      handle: async ({ request, identity, remoteAddress: address }) => {
        this.#capacity.check(identity!, address);
        const visitor = { identity: identity!, address };
        return this.#answer({ request, dialect, visitor, context: this.#context() });
      },
      refuse: (fault) => toRefusalResponse(fault, dialect.refuse(fault, this.#context())),
    }));
  }

  /** Never rejects. */
  async #answer({ request, dialect, visitor, context }: UploadRequest): Promise<Response> {
    const upload = new Upload(this.#parts, visitor);
    const space = this.#space.open();
    const gone = (): void => upload.abandon();
    request.signal.addEventListener('abort', gone, { once: true });
    const release = (): void => {
      space[Symbol.dispose]();
      upload.leave();
      request.signal.removeEventListener('abort', gone);
    };
    try {
      const posted = await readUpload(request, dialect.body, (bytes) => space.take(bytes));
      if (posted.file === undefined || posted.file.size === 0)
        throw new Fault('command.option', { name: 'file', got: '(none)', want: 'an audio file' });
      const answer = dialect.open(posted, context);
      if (answer.delivery === 'streamed') return this.#growing(upload, posted.file, answer, release);
      let body = '';
      const trouble = await upload.run(posted.file, answer, this.#decoder, (event) => {
        body += answer.write(event);
      });
      release();
      if (trouble !== undefined) return toRefusalResponse(trouble, dialect.refuse(trouble, context));
      return new Response(body, { headers: headersOf(answer, context) });
    } catch (error) {
      release();
      const fault = toFault(error);
      if (fault.code === 'server.bug')
        this.#parts.log.error({ upload: upload.id, err: error }, 'a bug ended an upload');
      return toRefusalResponse(fault, dialect.refuse(fault, context));
    }
  }

  /** Events go out as they come; a client that does not read them holds up nothing but memory for its own words. */
  #growing(upload: Upload, file: UploadedFile, answer: UploadSession, release: () => void): Response {
    const encoder = new TextEncoder();
    let open = true;
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => {
        const put = (text: string): void => {
          if (open && text !== '') controller.enqueue(encoder.encode(text));
        };
        void upload
          .run(file, answer, this.#decoder, (event) => put(answer.write(event)))
          .then((trouble) => {
            release();
            if (trouble !== undefined) put(answer.error(trouble));
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

function headersOf(answer: UploadSession, { id }: DialectContext): Record<string, string> {
  return { 'content-type': answer.contentType, 'cache-control': 'no-store', 'x-request-id': id };
}
