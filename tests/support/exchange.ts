import type { Test } from 'tap';
import { Fault, isFault, type ServerEvent } from '../../protocol/index.ts';
import type {
  ErrorInfo,
  HttpEndpoint,
  HttpEndpointContext,
  HttpRefusal,
  ParsedUpload,
  UploadDialect,
  UploadSession,
} from '../../server/ports/dialect.ts';
import { CONTEXT, linesOf } from './conversation.ts';
import { uploadedFile } from './uploaded-file.ts';

/**
 * A line of a recorded exchange over HTTP: what came in (`post` a file of `bytes` zeros, `ask` a question, `event` of the
 * session, `error`), or what must come of it (`session` how the upload is to be heard, `piece` of the answer, a text or
 * what it says as JSON, `refusal`, `answer` to a question).
 */
interface Line {
  readonly post?: { readonly path: string; readonly bytes?: number } & Partial<ParsedUpload>;
  readonly ask?: { readonly method: string; readonly url: string; readonly body?: unknown };
  readonly event?: ServerEvent;
  readonly error?: ErrorInfo;
  readonly session?: object;
  readonly piece?: object | string;
  readonly refusal?: object;
  readonly answer?: object;
}

/** Replays uploads and requests: everything must come out, in order, and nothing else. */
export async function replayExchange(
  t: Test,
  routes: { readonly uploads?: ReadonlyMap<string, UploadDialect>; readonly endpoints?: readonly HttpEndpoint[] },
  file: string,
): Promise<void> {
  let session: UploadSession | undefined;
  const out: { kind: 'session' | 'piece' | 'refusal' | 'answer'; value: unknown }[] = [];
  const say = (text: string): void => {
    if (text !== '') out.push({ kind: 'piece', value: text.startsWith('{') ? JSON.parse(text) : text });
  };
  for (const [at, line] of linesOf<Line>(file).entries()) {
    const kind = (['session', 'piece', 'refusal', 'answer'] as const).find((each) => line[each] !== undefined);
    if (kind !== undefined) {
      const got = out.shift();
      t.equal(got?.kind, kind, `line ${at + 1}`);
      if (typeof line[kind] === 'string') t.equal(got?.value, line[kind], `line ${at + 1}`);
      else t.match(got?.value, line[kind]!, `line ${at + 1}`);
      continue;
    }
    t.same(out, [], `nothing more before line ${at + 1}`);
    if (line.post !== undefined) {
      const dialect = routes.uploads!.get(line.post.path)!;
      try {
        session = dialect.open(buildUpload(line.post), CONTEXT);
        const { start, layout, delivery, contentType, samples } = session;
        out.push({ kind: 'session', value: { start, layout, delivery, contentType, samples } });
      } catch (error) {
        if (!isFault(error)) throw error;
        out.push({ kind: 'refusal', value: pickAnswer(dialect.refuse(error, CONTEXT)) });
      }
    } else if (line.event !== undefined) say(session!.write(line.event));
    else if (line.error !== undefined) say(session!.error(line.error));
    else if (line.ask !== undefined) out.push(await answerTo(routes.endpoints!, line.ask));
  }
  t.same(out, []);
}

function buildUpload({ path, bytes, url, headers = {}, fields = [] }: NonNullable<Line['post']>): ParsedUpload {
  return {
    url: url ?? path,
    headers,
    fields,
    file: bytes === undefined ? undefined : uploadedFile(new Uint8Array(bytes)),
  };
}

const pickAnswer = ({ status, headers, body }: HttpRefusal): object => ({ status, headers, body });

async function answerTo(endpoints: readonly HttpEndpoint[], { method, url, body }: NonNullable<Line['ask']>) {
  const path = url.split('?')[0]!;
  const endpoint = endpoints.find(
    (each) => each.method === method && (each.path.endsWith('/') ? path.startsWith(each.path) : path === each.path),
  )!;
  const context: HttpEndpointContext = {
    ...CONTEXT,
    identity: { key: 'k1', scopes: ['token'], sessionsMax: undefined, quota: { minutes: 0 }, countAudio: () => true },
    mintToken: async (seconds) => ({ token: `token-for-${seconds}`, expires: '' }),
  };
  try {
    return { kind: 'answer', value: pickAnswer(await endpoint.answer({ url, body }, context)) } as const;
  } catch (error) {
    const fault = isFault(error) ? error : new Fault('server.bug', {}, { cause: error });
    return { kind: 'answer', value: pickAnswer(endpoint.refuse(fault, CONTEXT)) } as const;
  }
}
