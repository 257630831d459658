import { z } from 'zod';
import { FAULTS, Fault, isFault, parseJson } from '../../protocol/index.ts';
import type { Access } from '../ports/access.ts';
import { json } from './http.ts';

const BODY_BYTES_MAX = 1_024;
const Wanted = z.strictObject({ seconds: z.int().min(10).max(3_600).default(300) });

/**
 * `POST /v1/token` with a key: a token a browser may hold, good for `seconds` (10 to 3600, default 300) to open
 * sessions. A session that is open outlives its token.
 */
export async function mintToken(request: Request, credential: string | undefined, access: Access): Promise<object> {
  const caller = await access.admit(credential, 'token');
  const text = await readBounded(request);
  let wanted: z.infer<typeof Wanted>;
  try {
    wanted = Wanted.parse(text === '' ? {} : parseJson(text));
  } catch {
    throw new Fault('command.option', { name: 'body', got: '(another)', want: '{"seconds": 10 to 3600}' });
  }
  return access.mint(caller, wanted.seconds);
}

/** AssemblyAI's own limits. */
const TEMPORARY_SECONDS = { least: 1, most: 600 } as const;

/** `GET /v3/token?expires_in_seconds=60`: the same for AssemblyAI's clients, in the shape they read. */
export async function temporaryToken(
  request: Request,
  credential: string | undefined,
  access: Access,
): Promise<Response> {
  const { least, most } = TEMPORARY_SECONDS;
  const asked = new URL(request.url).searchParams.get('expires_in_seconds') ?? '60';
  const seconds = /^\d{1,4}$/.test(asked) ? Number(asked) : 0;
  try {
    if (seconds < least || seconds > most) {
      const want = `${least} to ${most}`;
      throw new Fault('command.option', { name: 'expires_in_seconds', got: asked.slice(0, 40), want });
    }
    const caller = await access.admit(credential, 'token');
    // Where nobody needs a key, anything opens the door; the client's code goes on as it is.
    const token = access.needsKey ? (await access.mint(caller, seconds)).token : 'none-needed';
    return json({ token, expires_in_seconds: seconds }, 200);
  } catch (error) {
    if (!isFault(error)) throw error;
    return json({ error: error.message }, FAULTS[error.code].http);
  }
}

/** Bodies are small wherever no file is sent. */
export async function readBounded(request: Request, bytesMax = BODY_BYTES_MAX): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  try {
    for await (const chunk of request.body ?? []) {
      bytes += chunk.length;
      if (bytes > bytesMax) throw new Fault('frame.size', { bytes, limit: bytesMax });
      chunks.push(chunk);
    }
  } catch (error) {
    // Whoever leaves in the middle of a request is no bug of ours.
    throw isFault(error) ? error : new Fault('command.unreadable', { problem: 'it broke off' }, { cause: error });
  }
  return Buffer.concat(chunks).toString('utf8');
}
