import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { Busboy } from '@fastify/busboy';
import { Fault, isFault, LIMITS } from '../../protocol/index.ts';
import type { Posted } from '../ports/dialect.ts';

/** Fields of a form beside its file. */
const FIELDS_MAX = 200;
/** A form says little beside its file: names, and the headers of its parts. */
const FORM_OVERHEAD_BYTES = 262_144;

/** Memory for uploaded files, shared by all who upload. */
export class UploadSpace {
  #held = 0;

  /** One upload's part of it; given back with `using`. */
  open(): Disposable & { take(bytes: number): void } {
    let mine = 0;
    return {
      take: (bytes) => {
        mine += bytes;
        this.#held += bytes;
        if (mine > LIMITS.uploadBytesMax + FORM_OVERHEAD_BYTES)
          throw new Fault('upload.size', { limit: LIMITS.uploadBytesMax });
        if (this.#held > LIMITS.uploadsBytesMax) throw new Fault('upload.busy', {});
      },
      [Symbol.dispose]: () => {
        this.#held -= mine;
        mine = 0;
      },
    };
  }
}

type Take = (bytes: number) => void;

/** The file and the fields, held in memory. Throws `upload.size`, `upload.busy` and `command.option`. */
export async function readPosted(request: Request, body: 'form' | 'raw', take: Take): Promise<Posted> {
  const { pathname, search } = new URL(request.url);
  const headers = Object.fromEntries(request.headers);
  const length = Number(headers['content-length'] ?? 0);
  if (length > LIMITS.uploadBytesMax + FORM_OVERHEAD_BYTES)
    throw new Fault('upload.size', { limit: LIMITS.uploadBytesMax });
  const head = { url: pathname + search, headers };
  if (body === 'form') return { ...head, ...(await readForm(request, headers['content-type'] ?? '', take)) };
  const chunks: Uint8Array[] = [];
  try {
    for await (const chunk of chunksOf(request)) {
      take(chunk.length);
      chunks.push(chunk);
    }
  } catch (error) {
    // Whoever leaves in the middle of a request is no bug of ours.
    throw isFault(error) ? error : new Fault('command.unreadable', { problem: 'it broke off' }, { cause: error });
  }
  return { ...head, fields: [], file: chunks.length === 0 ? undefined : Buffer.concat(chunks) };
}

async function* chunksOf(request: Request): AsyncGenerator<Uint8Array> {
  if (request.body !== null) yield* request.body as unknown as AsyncIterable<Uint8Array>;
}

async function readForm(request: Request, type: string, take: Take): Promise<Pick<Posted, 'fields' | 'file'>> {
  const want = 'a form (multipart/form-data) with the audio in its field `file`';
  if (!/^multipart\/form-data\s*;.*boundary=/i.test(type))
    throw new Fault('command.option', { name: 'content-type', got: type.slice(0, 60) || '(none)', want });
  const fields: [string, string][] = [];
  const chunks: Uint8Array[] = [];
  let hasFile = false;
  const form = new Busboy({
    headers: { 'content-type': type },
    limits: { files: 1, fields: FIELDS_MAX, parts: FIELDS_MAX + 1, fieldSize: LIMITS.textBytesMax, headerPairs: 100 },
  });
  form.on('field', (name, value) => fields.push([name, value]));
  form.on('file', (name, stream) => {
    hasFile ||= name === 'file';
    stream.on('data', (chunk: Uint8Array) => name === 'file' && chunks.push(chunk));
  });
  const count = new Transform({
    transform(chunk: Uint8Array, _, done) {
      try {
        take(chunk.length);
        done(null, chunk);
      } catch (error) {
        done(error as Error);
      }
    },
  });
  try {
    await pipeline(Readable.from(chunksOf(request)), count, form);
  } catch (cause) {
    if (isFault(cause)) throw cause;
    throw new Fault('command.option', { name: 'body', got: '(a broken form)', want }, { cause });
  }
  return { fields, file: hasFile ? Buffer.concat(chunks) : undefined };
}
