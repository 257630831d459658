import { z } from 'zod';
import { Fault } from '../../protocol/index.ts';
import type { Access } from '../ports/access.ts';

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
    wanted = Wanted.parse(text === '' ? {} : JSON.parse(text));
  } catch {
    throw new Fault('command.option', { name: 'body', got: '(another)', want: '{"seconds": 10 to 3600}' });
  }
  return access.mint(caller, wanted.seconds);
}

async function readBounded(request: Request): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of request.body ?? []) {
    bytes += chunk.length;
    if (bytes > BODY_BYTES_MAX) throw new Fault('frame.size', { bytes, limit: BODY_BYTES_MAX });
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
