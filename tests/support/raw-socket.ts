import { connect, type Socket } from 'node:net';

export const OPCODE = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;

export interface RawFrame {
  readonly opcode: number;
  readonly payload?: Uint8Array | string;
  /** Default true. */
  readonly fin?: boolean;
  /** Reserved bits, 0 to 7; default 0. */
  readonly reserved?: number;
  /** Default true, as a client must. */
  readonly masked?: boolean;
  /** What the header says, where that is not the truth. */
  readonly claimedBytes?: bigint;
}

/** The bytes of one WebSocket frame, right or wrong as wanted. */
export function frameBytes(frame: RawFrame): Buffer {
  const { opcode, payload = '', fin = true, reserved = 0, masked = true, claimedBytes } = frame;
  const body = Buffer.from(payload as string);
  const length = claimedBytes ?? BigInt(body.length);
  const head: number[] = [(fin ? 0x80 : 0) | (reserved << 4) | opcode];
  const mask = masked ? 0x80 : 0;
  if (length < 126n) head.push(mask | Number(length));
  else if (length < 65_536n) head.push(mask | 126, Number(length >> 8n), Number(length & 255n));
  else head.push(mask | 127, ...Array.from({ length: 8 }, (_, i) => Number((length >> BigInt(56 - 8 * i)) & 255n)));
  if (!masked) return Buffer.concat([Buffer.from(head), body]);
  const key = [0x12, 0x34, 0x56, 0x78];
  for (let i = 0; i < body.length; i++) body[i]! ^= key[i % 4]!;
  return Buffer.concat([Buffer.from([...head, ...key]), body]);
}

export interface RawSocket {
  readonly socket: Socket;
  write(...frames: RawFrame[]): void;
  /** Resolves when the server has ended the connection, with the close status it said, 1006 without one. */
  readonly ended: Promise<number>;
  /** The server has said that it closes, or has gone. */
  readonly isOver: boolean;
  /** Text frames of the server, in order. */
  readonly texts: string[];
}

/**
 * A WebSocket client with no scruples: resolves when the server has answered 101, rejects on any other answer with its
 * status, 0 without one. `headers` are whole lines, each with its end.
 */
export function openRawSocket(
  port: number,
  path = '/v1/stream',
  reads: 'all' | 'nothing' = 'all',
  headers = '',
): Promise<RawSocket> {
  const socket = connect(port, '127.0.0.1');
  const texts: string[] = [];
  let received: Buffer = Buffer.alloc(0);
  let status = 1006;
  socket.write(
    `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n${headers}\r\n`,
  );
  const ended = new Promise<number>((resolve) => socket.once('close', () => resolve(status)));
  socket.on('error', () => {});
  const raw = {
    socket,
    ended,
    get isOver() {
      return status !== 1006 || socket.destroyed;
    },
    texts,
    write: (...frames: RawFrame[]) => socket.write(Buffer.concat(frames.map(frameBytes))),
  };
  return new Promise((resolve, reject) => {
    let open = false;
    let refusal = 0;
    void ended.then(() => reject(new RefusedUpgrade(refusal)));
    socket.on('data', (chunk: Buffer) => {
      received = Buffer.concat([received, chunk]);
      if (!open) {
        const end = received.indexOf('\r\n\r\n');
        if (end < 0) return;
        if (!received.subarray(0, 12).equals(Buffer.from('HTTP/1.1 101'))) {
          refusal = Number(received.subarray(9, 12).toString('latin1')) || 0;
          return void socket.destroy();
        }
        open = true;
        received = received.subarray(end + 4);
        if (reads === 'nothing') socket.pause();
        resolve(raw);
      }
      for (let frame = cut(received); frame !== undefined; frame = cut(received)) {
        received = frame.rest;
        if (frame.opcode === OPCODE.text) texts.push(frame.body.toString('utf8'));
        if (frame.opcode === OPCODE.close && frame.body.length >= 2) status = frame.body.readUInt16BE(0);
      }
    });
  });
}

/** The server answered an upgrade with another status, or not at all: 0. */
export class RefusedUpgrade extends Error {
  readonly status: number;

  constructor(status: number) {
    super(`the connection ended before it was open (${status})`);
    this.status = status;
  }
}

/** The first frame of a server's bytes, if it is whole. */
function cut(bytes: Buffer): { opcode: number; body: Buffer; rest: Buffer } | undefined {
  if (bytes.length < 2) return undefined;
  const short = bytes[1]! & 127;
  const header = short === 127 ? 10 : short === 126 ? 4 : 2;
  if (bytes.length < header) return undefined;
  const length = short === 127 ? Number(bytes.readBigUInt64BE(2)) : short === 126 ? bytes.readUInt16BE(2) : short;
  if (bytes.length < header + length) return undefined;
  const end = header + length;
  return { opcode: bytes[0]! & 15, body: bytes.subarray(header, end), rest: bytes.subarray(end) };
}
