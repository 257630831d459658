import { Fault, getOwnEntry, LIMITS, parseJson } from '../../protocol/index.ts';

/** One Wyoming event: a line of JSON, then more JSON as its data, then bytes. */
export interface WyomingEvent {
  readonly type: string;
  readonly data: Readonly<Record<string, unknown>>;
  readonly payload: Uint8Array;
}

/** The protocol version to announce; readers ignore it. */
const VERSION = '1.9.0';
const NEWLINE = 0x0a;
const EMPTY = new Uint8Array(0);

/** Encodes an event; its data follows the header line. */
export function encodeWyomingEvent(type: string, data: object = {}): Uint8Array {
  const block = Buffer.from(JSON.stringify(data));
  const line = JSON.stringify({ type, version: VERSION, data_length: block.length });
  return Buffer.concat([Buffer.from(`${line}\n`), block]);
}

/** Splits a byte stream into events, however it is cut. Never holds more than one event of the largest size. */
export class WyomingReader {
  #line: Uint8Array[] = [];
  #lineBytes = 0;
  #header: { readonly type: string; readonly data: object } | undefined;
  /** The data block and the payload, and how many of their bytes have arrived. */
  #block = EMPTY;
  #payload = EMPTY;
  #filled = 0;

  /** Throws `command.unreadable` and `frame.size`; the stream is lost then. */
  read(bytes: Uint8Array): WyomingEvent[] {
    const events: WyomingEvent[] = [];
    let rest = bytes;
    while (rest.length > 0) {
      rest = this.#header === undefined ? this.#readLine(rest) : this.#fillBody(rest);
      const event = this.#takeEvent();
      if (event !== undefined) events.push(event);
    }
    return events;
  }

  #readLine(bytes: Uint8Array): Uint8Array {
    const end = bytes.indexOf(NEWLINE);
    const part = end < 0 ? bytes : bytes.subarray(0, end);
    this.#lineBytes += part.length;
    checkLimit(this.#lineBytes, LIMITS.textBytesMax);
    this.#line.push(part);
    if (end < 0) return EMPTY;
    const text = Buffer.concat(this.#line).toString('utf8');
    this.#line = [];
    this.#lineBytes = 0;
    if (text.trim() !== '') this.#readHeader(text);
    return bytes.subarray(end + 1);
  }

  #readHeader(text: string): void {
    const header = parseObject(text);
    const { type, data } = header;
    if (typeof type !== 'string') throw new Fault('command.unreadable', { problem: 'its line has no type' });
    this.#header = { type, data: typeof data === 'object' && data !== null ? data : {} };
    this.#block = new Uint8Array(readLength(header, 'data_length', LIMITS.textBytesMax));
    this.#payload = new Uint8Array(readLength(header, 'payload_length', LIMITS.frameBytesMax));
    this.#filled = 0;
  }

  #fillBody(bytes: Uint8Array): Uint8Array {
    const inBlock = this.#filled < this.#block.length;
    const [target, at] = inBlock ? [this.#block, this.#filled] : [this.#payload, this.#filled - this.#block.length];
    const part = bytes.subarray(0, target.length - at);
    target.set(part, at);
    this.#filled += part.length;
    return bytes.subarray(part.length);
  }

  #takeEvent(): WyomingEvent | undefined {
    if (this.#header === undefined || this.#filled < this.#block.length + this.#payload.length) return undefined;
    const { type, data } = this.#header;
    const blockData = this.#block.length === 0 ? {} : parseObject(Buffer.from(this.#block).toString('utf8'));
    this.#header = undefined;
    return { type, data: { ...data, ...blockData }, payload: this.#payload };
  }
}

function parseObject(text: string): Record<string, unknown> {
  const value = parseJson(text);
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw new Fault('command.unreadable', { problem: 'it is not an object' });
}

function readLength(header: Readonly<Record<string, unknown>>, name: string, max: number): number {
  const length = getOwnEntry(header, name) ?? 0;
  if (typeof length !== 'number' || !Number.isInteger(length) || length < 0)
    throw new Fault('command.unreadable', { problem: `its ${name} is no length` });
  checkLimit(length, max);
  return length;
}

function checkLimit(bytes: number, max: number): void {
  if (bytes > max) throw new Fault('frame.size', { bytes, limit: max });
}
