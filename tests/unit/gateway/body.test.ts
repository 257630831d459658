import t from 'tap';
import { isFault } from '../../../protocol/index.ts';
import { readBodyText, readUpload } from '../../../server/gateway/body.ts';
import { hostileForms } from '../../support/hostile-forms.ts';

const FILE = Buffer.from('RIFF\r\n--not the end\r\n\0ü', 'utf8');
const FORM = Buffer.concat([
  Buffer.from('--sep\r\ncontent-disposition: form-data; name="model"\r\n\r\nwhisper-1\r\n'),
  Buffer.from('--sep\r\ncontent-disposition: form-data; name="languages[]"\r\n\r\nde\r\n'),
  Buffer.from(
    '--sep\r\ncontent-disposition: form-data; name="file"; filename="ä.wav"\r\ncontent-type: audio/wav\r\n\r\n',
  ),
  FILE,
  Buffer.from('\r\n--sep--\r\n'),
]);

/** A request whose body comes in these pieces. */
function requestOf(pieces: readonly Uint8Array[], type: string, signal?: AbortSignal): Request {
  const body = new ReadableStream({
    start(controller) {
      for (const piece of pieces) if (piece.length > 0) controller.enqueue(Uint8Array.from(piece));
      // A client that leaves does not end its body on every transport.
      if (signal === undefined) controller.close();
    },
  });
  const headers = { 'content-type': type };
  return new Request('http://127.0.0.1/v1/audio/transcriptions', {
    method: 'POST',
    body,
    headers,
    duplex: 'half',
    ...(signal === undefined ? {} : { signal }),
  } as never);
}

t.test('a form cut at any byte, or at every byte, reads the same', async (t) => {
  const read = async (pieces: readonly Uint8Array[]) => {
    const { fields, file } = await readUpload(requestOf(pieces, 'multipart/form-data; boundary=sep'), 'form', () => {});
    return { fields, file: Buffer.concat([...file!.takeBlocks()]).toString('base64') };
  };
  const whole = await read([FORM]);
  t.same(whole.fields, [
    ['model', 'whisper-1'],
    ['languages[]', 'de'],
  ]);
  t.equal(whole.file, FILE.toString('base64'));
  for (let at = 1; at < FORM.length; at++) {
    const cut = await read([FORM.subarray(0, at), FORM.subarray(at)]);
    if (JSON.stringify(cut) !== JSON.stringify(whole)) t.fail(`cut at ${at}`);
  }
  t.same(await read([...FORM].map((byte) => Uint8Array.of(byte))), whole);
});

t.test('a recording that is the body itself is the same in whatever pieces it comes', async (t) => {
  for (let at = 0; at <= FILE.length; at++) {
    const request = requestOf([FILE.subarray(0, at), FILE.subarray(at)], 'application/octet-stream');
    const { file } = await readUpload(request, 'raw', () => {});
    t.ok(FILE.equals(Buffer.concat([...file!.takeBlocks()])), `cut at ${at}`);
  }
});

t.test('a client that leaves in the middle ends the reading of its body', async (t) => {
  for (const body of ['form', 'raw'] as const) {
    const leaving = new AbortController();
    const type = 'multipart/form-data; boundary=sep';
    let taken = 0;
    const reading = readUpload(requestOf([FORM.subarray(0, -20)], type, leaving.signal), body, (bytes) => {
      taken += bytes;
      leaving.abort();
    });
    await t.rejects(reading, { code: 'command.unreadable' } as never, body);
    t.ok(taken > 0);
  }
});

t.test('a small body is waited for until its client leaves, and no longer than a bounded time', async (t) => {
  const leaving = new AbortController();
  const left = readBodyText(requestOf([FORM], 'text/plain', leaving.signal), 10_000);
  leaving.abort();
  await t.rejects(left, { code: 'command.unreadable', message: /broke off/ } as never);
  const silent = requestOf([FORM], 'text/plain', new AbortController().signal);
  // Nothing else keeps this process up: the timer of a server does not have to.
  const keepAlive = setInterval(() => {}, 1_000);
  await t.rejects(readBodyText(silent, 10_000, 20), { code: 'command.unreadable', message: /in time/ } as never);
  clearInterval(keepAlive);
  await t.rejects(readBodyText(requestOf([FORM], 'text/plain'), 20), { code: 'frame.size' } as never);
  t.equal(await readBodyText(requestOf([FORM], 'text/plain'), 10_000), FORM.toString('utf8'));
});

t.test('a form made to keep the parser busy is refused as soon as it shows', async (t) => {
  for (const [name, { type, bytes }] of hostileForms()) {
    let taken = 0;
    const pieces = Array.from({ length: Math.ceil(bytes.length / 65_536) }, (_, i) =>
      bytes.subarray(i * 65_536, (i + 1) * 65_536),
    );
    const read = readUpload(requestOf(pieces, type), 'form', (count) => {
      taken += count;
    });
    if (name.includes('parts') || name.includes('long boundary')) {
      await t.rejects(read, { code: 'command.option' } as never, name);
      t.ok(taken <= 131_072, `${name}: after ${taken} bytes`);
    } else await read.catch((error) => t.match(error, { code: 'command.option' }, name));
  }
});

t.test('a form that ends before its end is refused, wherever that is', async (t) => {
  const outcomes = new Map<string, number>();
  // The last boundary is told from that of another part by the two dashes behind it.
  for (let at = 0; at <= FORM.length - '--\r\n'.length; at++) {
    const request = requestOf([FORM.subarray(0, at)], 'multipart/form-data; boundary=sep');
    const upload = await readUpload(request, 'form', () => {}).catch((error: unknown) => error);
    // What the parser tells later must have a listener, too.
    await new Promise((resolve) => setImmediate(resolve));
    const outcome = isFault(upload) ? upload.code : 'taken for whole';
    outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
  }
  t.same([...outcomes.keys()], ['command.option']);
});
