import { frameBytes, OPCODE, type RawFrame } from './raw-socket.ts';

/** What a raw socket sends: a beginning, and then one block over and over. */
export interface Flood {
  readonly head: string;
  readonly block: Buffer;
  /** Which port it is for. */
  readonly to: 'http' | 'wyoming';
}

const BLOCK_BYTES = 1 << 20;
const http = (start: string, lines: string): string => `${start} HTTP/1.1\r\nhost: 127.0.0.1\r\n${lines}\r\n`;
const UPGRADE = http(
  'GET /v1/stream',
  'connection: Upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\nsec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==\r\n',
);
const { text, binary, ping, pong, continuation } = OPCODE;
const repeated = (bytes: Buffer): Buffer =>
  Buffer.concat(Array<Buffer>(Math.ceil(BLOCK_BYTES / bytes.length)).fill(bytes));
const frames = (frame: RawFrame, head = UPGRADE): Flood => ({ head, block: repeated(frameBytes(frame)), to: 'http' });
const START = frameBytes({ opcode: text, payload: '{"type":"start"}' }).toString('latin1');
const FRAGMENT = frameBytes({ opcode: binary, fin: false, payload: 'x' }).toString('latin1');
const chunks = (start: string, lines = ''): Flood => ({
  head: http(start, `transfer-encoding: chunked\r\n${lines}`),
  block: repeated(Buffer.from('1\r\nx\r\n')),
  to: 'http',
});
const FORM = 'content-type: multipart/form-data; boundary=sep\r\n';

/** Streams of bytes in which each is cheap to send and dear to take, by name. */
export function floods(): ReadonlyMap<string, Flood> {
  const wyoming = (line: string): Flood => ({ head: '', block: repeated(Buffer.from(line)), to: 'wyoming' });
  return new Map<string, Flood>([
    ['single bytes to a form', chunks('POST /v1/audio/transcriptions', FORM)],
    ['single bytes to a file', chunks('POST /v1/listen')],
    ['single bytes to a token', chunks('POST /v1/token', 'content-type: application/json\r\n')],
    ['single bytes to nowhere', chunks('POST /v1/nowhere')],
    ['single bytes to a GET', chunks('GET /v1/info')],
    ['requests in a row', { head: '', block: repeated(Buffer.from(http('GET /v1/info', ''))), to: 'http' }],
    ['requests in a row to nowhere', { head: '', block: repeated(Buffer.from(http('GET /v1/x', ''))), to: 'http' }],
    [
      'full headers in a row',
      { head: '', block: repeated(Buffer.from(http('GET /v1/info', 'a:b\r\n'.repeat(1_900)))), to: 'http' },
    ],
    ['frames before a start', frames({ opcode: binary, payload: 'x' })],
    ['audio of one byte', frames({ opcode: binary, payload: 'x' }, UPGRADE + START)],
    ['empty audio', frames({ opcode: binary, payload: '' }, UPGRADE + START)],
    ['keepalives', frames({ opcode: text, payload: '{"type":"keepalive"}' }, UPGRADE + START)],
    ['texts that are nothing', frames({ opcode: text, payload: '{' }, UPGRADE + START)],
    ['fragments of one byte', frames({ opcode: continuation, fin: false, payload: 'x' }, UPGRADE + START + FRAGMENT)],
    ['empty fragments', frames({ opcode: continuation, fin: false, payload: '' }, UPGRADE + START + FRAGMENT)],
    ['pings', frames({ opcode: ping, payload: '' }, UPGRADE + START)],
    ['pongs', frames({ opcode: pong, payload: '' }, UPGRADE + START)],
    ['Wyoming: descriptions', wyoming('{"type":"describe"}\n')],
    ['Wyoming: empty lines', wyoming('\n')],
    ['Wyoming: empty audio', wyoming('{"type":"audio-chunk","data":{"rate":16000,"width":2,"channels":1}}\n')],
  ]);
}
