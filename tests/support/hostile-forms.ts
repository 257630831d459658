import { randomBytes } from 'node:crypto';

/** A body of a form, or of a recording, and how it is sent. */
export interface HostileBody {
  readonly type: string;
  readonly bytes: Uint8Array;
  /** Sent in chunks of so many bytes; as a whole when undefined. */
  readonly step?: number;
}

const LIMIT = 8 << 20;

export function formWith(file: Uint8Array, boundary = 'sep'): HostileBody {
  const head = `--${boundary}\r\ncontent-disposition: form-data; name="file"; filename="a"\r\n\r\n`;
  const bytes = Buffer.concat([Buffer.from(head), file, Buffer.from(`\r\n--${boundary}--\r\n`)]);
  return { type: `multipart/form-data; boundary=${boundary}`, bytes };
}

/** Forms that are cheap to send and dear to parse, by name. */
export function hostileForms(): ReadonlyMap<string, HostileBody> {
  const type = 'multipart/form-data; boundary=sep';
  const part = '--sep\r\ncontent-disposition: form-data; name="a"\r\n\r\nb\r\n';
  const repeat = (text: string, bytes: number): Buffer => Buffer.alloc(bytes, text, 'latin1');
  const dashes = '-'.repeat(70);
  const header = `--sep\r\ncontent-disposition: form-data; name="a"\r\nx: ${'y'.repeat(LIMIT)}\r\n\r\nb\r\n--sep--`;
  const headers = `--sep\r\n${'x: y\r\n'.repeat(LIMIT / 6)}\r\nb\r\n--sep--`;
  return new Map<string, HostileBody>([
    ['a hundred thousand parts', { type, bytes: repeat(part, LIMIT) }],
    ['parts without end', { type, bytes: repeat('--sep\r\n\r\n\r\n', LIMIT) }],
    ['one header of 8 MiB', { type, bytes: Buffer.from(header) }],
    ['a million headers', { type, bytes: Buffer.from(headers) }],
    ['almost boundaries', formWith(repeat('\r\n--se', LIMIT))],
    ['line breaks', formWith(repeat('\r\n', LIMIT))],
    ['a boundary of dashes in dashes', formWith(repeat('-', LIMIT), dashes)],
    ['its beginning again and again', formWith(repeat(`\r\n--${dashes.slice(1)}`, LIMIT), dashes)],
    ['no part at all', { type, bytes: repeat('x', LIMIT) }],
    ['single bytes', { ...formWith(randomBytes(200_000)), step: 1 }],
    ['a long boundary', formWith(repeat('x', 1_000), 'b'.repeat(4_000))],
  ]);
}
