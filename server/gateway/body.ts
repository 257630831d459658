import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { Busboy, type BusboyInstance } from '@fastify/busboy';
import { Fault, isFault, LIMITS } from '../../protocol/index.ts';
import type { ParsedUpload } from '../ports/dialect.ts';
import { FileBlocks } from './file-blocks.ts';

/** Maximum number of form fields, besides the file. */
const FIELDS_MAX = 200;
const PARTS_MAX = FIELDS_MAX + 1;
/** Bytes and boundaries of a form that are parsed in one turn: even a part of a few bytes costs the parser 0.1 ms. */
const FORM_PIECE_BYTES = 8_192;
const FORM_PIECE_PARTS = 16;
/** Longest form without its file: field names and part headers take little. */
const FORM_OVERHEAD_BYTES = 262_144;
/** Longest headers of one part of a form, bytes. */
const PART_HEADER_BYTES_MAX = 16_384;
/** The limit of RFC 2046, characters. */
const BOUNDARY_CHARS_MAX = 70;
/** Bytes and chunks of one body that are read in one turn of the event loop. */
const TURN_BYTES = 131_072;
const TURN_CHUNKS = 64;

/** Memory for uploaded files, shared by all clients. */
export class UploadMemory {
  #held = 0;

  /** Opens one upload's share, which is released when it is disposed of. */
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

/** Time limit for a complete body that is not a file, ms. A client on the slowest network needs a few seconds. */
const SMALL_BODY_TIMEOUT_MS = 30_000;

/**
 * Reads a body that is not a file, as text. Throws `frame.size`, and `command.unreadable` when the client disconnects or takes
 * longer than `timeoutMs` (default 30 s).
 */
export async function readBodyText(
  request: Request,
  bytesMax: number,
  timeoutMs = SMALL_BODY_TIMEOUT_MS,
): Promise<string> {
  const late = AbortSignal.timeout(timeoutMs);
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  try {
    for await (const chunk of chunksOf(request.body, AbortSignal.any([request.signal, late]))) {
      bytes += chunk.length;
      if (bytes > bytesMax) throw new Fault('frame.size', { bytes, limit: bytesMax });
      chunks.push(chunk);
    }
  } catch (error) {
    if (late.aborted) throw new Fault('command.unreadable', { problem: 'it did not come in time' });
    throw isFault(error) ? error : brokenOff(error);
  }
  return Buffer.concat(chunks).toString('utf8');
}

type Take = (bytes: number) => void;

/** Reads an uploaded file and its form fields into memory. Throws `upload.size`, `upload.busy` and `command.option`. */
export async function readUpload(
  request: Request,
  body: 'form' | 'raw',
  take: Take,
  fileField = 'file',
): Promise<ParsedUpload> {
  const { pathname, search } = new URL(request.url);
  const headers = Object.fromEntries(request.headers);
  const length = Number(headers['content-length'] ?? 0);
  if (length > LIMITS.uploadBytesMax + FORM_OVERHEAD_BYTES)
    throw new Fault('upload.size', { limit: LIMITS.uploadBytesMax });
  const head = { url: pathname + search, headers };
  if (body === 'form') {
    const form = { type: headers['content-type'] ?? '', fileField };
    return { ...head, ...(await readForm(request, form, take)) };
  }
  const file = new FileBlocks();
  try {
    for await (const chunk of chunksOf(request.body, request.signal)) {
      take(chunk.length);
      file.write(chunk);
    }
  } catch (error) {
    throw isFault(error) ? error : brokenOff(error);
  }
  return { ...head, fields: [], file: file.finish() };
}

/** The fault of a client that disconnects in the middle of a request: not a bug. */
const brokenOff = (cause?: unknown): Fault => new Fault('command.unreadable', { problem: 'it broke off' }, { cause });

/**
 * Yields the body in chunks of bounded size. Chunks that have already arrived are read without a turn of the event loop, so
 * this yields to the loop every now and then. Throws when the client disconnects, which not every transport's stream does.
 */
async function* chunksOf(body: Request['body'], signal: AbortSignal): AsyncGenerator<Uint8Array> {
  if (body === null) return;
  const reader = body.getReader();
  const cancel = (): void => void reader.cancel().catch(() => {});
  signal.addEventListener('abort', cancel, { once: true });
  let bytes = 0;
  let chunks = 0;
  try {
    for (;;) {
      if (signal.aborted) throw brokenOff();
      const { done, value } = await reader.read();
      if (signal.aborted) throw brokenOff();
      if (done) return;
      for (let at = 0; at < value.length; at += TURN_BYTES) {
        const chunk = value.subarray(at, at + TURN_BYTES);
        bytes += chunk.length;
        chunks++;
        if (bytes >= TURN_BYTES || chunks >= TURN_CHUNKS) {
          bytes = 0;
          chunks = 0;
          await nextTurn();
        }
        yield chunk;
      }
    }
  } finally {
    signal.removeEventListener('abort', cancel);
    cancel();
  }
}

async function readForm(
  request: Request,
  { type, fileField }: { readonly type: string; readonly fileField: string },
  take: Take,
): Promise<Pick<ParsedUpload, 'fields' | 'file'>> {
  const want = `a form (multipart/form-data) with the audio in its field \`${fileField}\``;
  const boundary = /^multipart\/form-data\s*;.*\bboundary=(?:"([^"]+)"|([^\s;"]+))/i.exec(type)?.slice(1).join('');
  if (boundary === undefined || boundary.length > BOUNDARY_CHARS_MAX)
    throw new Fault('command.option', { name: 'content-type', got: type.slice(0, 60) || '(none)', want });
  const fields: [string, string][] = [];
  const file = new FileBlocks();
  let hasFile = false;
  const form = new Busboy({
    headers: { 'content-type': type },
    limits: {
      files: 1,
      fields: FIELDS_MAX,
      parts: PARTS_MAX,
      fieldSize: LIMITS.textBytesMax,
      headerPairs: 100,
      headerSize: PART_HEADER_BYTES_MAX,
    },
  });
  form.on('field', (name, value) => fields.push([name, value]));
  form.on('file', (name, stream) => {
    hasFile ||= name === fileField;
    stream.on('data', (chunk: Uint8Array) => name === fileField && file.write(chunk));
    // A form that ends inside its file also emits an error on this stream; without a listener that would end the process.
    stream.on('error', () => {
      problem ||= '(a form that ends inside its file)';
    });
  });
  let problem = '';
  form.on('partsLimit', () => {
    problem = `(a form of more than ${PARTS_MAX} parts)`;
  });
  // Whoever waits for a write or the end is rejected with it.
  form.on('error', () => {});
  try {
    for await (const chunk of chunksOf(request.body, request.signal)) {
      take(chunk.length);
      for (const { piece, hasManyParts } of piecesOf(chunk, `--${boundary}`)) {
        await written(form, piece);
        if (problem !== '') break;
        if (hasManyParts) await nextTurn();
      }
      if (problem !== '') break;
    }
    if (problem === '') await pipeline(Readable.from([]), form);
  } catch (cause) {
    if (isFault(cause)) throw cause;
    throw new Fault('command.option', { name: 'body', got: '(a broken form)', want }, { cause });
  }
  if (problem !== '') throw new Fault('command.option', { name: 'body', got: problem, want });
  return { fields, file: hasFile ? file.finish() : undefined };
}

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Splits a chunk so that no piece starts more than a few parts: the parser can be interrupted only between writes. */
function* piecesOf(chunk: Uint8Array, mark: string): Generator<{ piece: Uint8Array; hasManyParts: boolean }> {
  const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
  for (let at = 0; at < bytes.length; ) {
    let piece = bytes.subarray(at, at + FORM_PIECE_BYTES);
    let marks = 0;
    for (let found = piece.indexOf(mark); found >= 0; found = piece.indexOf(mark, found + mark.length))
      if (++marks === FORM_PIECE_PARTS) {
        piece = piece.subarray(0, found + mark.length);
        break;
      }
    yield { piece, hasManyParts: marks === FORM_PIECE_PARTS };
    at += piece.length;
  }
}

function written(form: BusboyInstance, piece: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    form.once('error', reject);
    form.write(piece, (error?: Error | null) => {
      form.off('error', reject);
      if (error) reject(error);
      else resolve();
    });
  });
}
