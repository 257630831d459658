import { Fault, isFault } from '../../protocol/index.ts';
import type { ConnectedClient } from '../flow/client-channel.ts';
import type { SessionParts } from '../flow/live-session.ts';
import type { AudioDecoder, UploadedFile } from '../ports/decoder.ts';
import type { DialectContext, ErrorInfo, HttpRefusal, UploadDialect, UploadSession } from '../ports/dialect.ts';
import { readUpload, UploadMemory } from './body.ts';
import { toFaultResponse } from './http.ts';
import { Upload } from './upload.ts';

export interface UploadRequest {
  readonly request: Request;
  readonly dialect: UploadDialect;
  readonly visitor: ConnectedClient;
  readonly context: DialectContext;
}

/** Takes files and answers with their transcripts. */
export class UploadRoutes {
  readonly #parts: SessionParts;
  readonly #decoder: AudioDecoder;
  readonly #space = new UploadMemory();

  constructor(parts: SessionParts, decoder: AudioDecoder) {
    this.#parts = parts;
    this.#decoder = decoder;
  }

  /** The caller has room. Never rejects. */
  async answer({ request, dialect, visitor, context }: UploadRequest): Promise<Response> {
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
      const fault = isFault(error) ? error : new Fault('server.bug', {}, { cause: error });
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

/** A refusal in its protocol's shape, with what HTTP itself has to say. */
export function toRefusalResponse(trouble: ErrorInfo, refusal: HttpRefusal): Response {
  const ours = toFaultResponse(trouble);
  const headers = { ...Object.fromEntries(ours.headers), ...refusal.headers };
  return new Response(JSON.stringify(refusal.body), { status: refusal.status, headers });
}
