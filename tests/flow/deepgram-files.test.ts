import { readFileSync } from 'node:fs';
import { DeepgramClient } from '@deepgram/sdk';
import t from 'tap';
import { openScriptedServer, script } from '../support/scripted-server.ts';

const server = await openScriptedServer(script('Hello there. How are you?', 0.6));
t.teardown(() => server.close());
const bytes = readFileSync(new URL('../fixtures/formats/short_01.mp3', import.meta.url));
const client = new DeepgramClient({ apiKey: 'any', baseUrl: server.url });

interface Answer {
  readonly metadata: {
    readonly duration: number;
    readonly channels: number;
    readonly sha256: string;
    readonly request_id: string;
  };
  readonly results: {
    readonly channels: readonly {
      readonly alternatives: readonly {
        readonly transcript: string;
        readonly words: readonly { readonly word: string }[];
        readonly paragraphs?: { readonly paragraphs: object[] };
      }[];
    }[];
    readonly utterances?: readonly { readonly transcript: string; readonly start: number }[];
  };
}

t.test("Deepgram's own client gets the transcript of a file", async (t) => {
  const options = { model: 'nova-3', smart_format: true, utterances: true, language: 'en' };
  const answer = (await client.listen.v1.media.transcribeFile(bytes, options as never)) as unknown as Answer;
  const [alternative] = answer.results.channels[0]!.alternatives;
  t.equal(alternative!.transcript, 'Hello there. How are you?');
  t.same(
    alternative!.words.map(({ word }) => word),
    ['hello', 'there', 'how', 'are', 'you'],
  );
  t.equal(alternative!.paragraphs!.paragraphs.length, 1);
  t.same(
    answer.results.utterances!.map(({ transcript }) => transcript),
    ['Hello there.', 'How are you?'],
  );
  t.match(answer.metadata, { channels: 1, sha256: /^[0-9a-f]{64}$/, request_id: /-/ });
  t.ok(Math.abs(answer.metadata.duration - 3.5) < 0.2);
});

const post = async (query: string, headers: Record<string, string> = {}, body: BodyInit = bytes) => {
  const response = await fetch(`${server.url}/v1/listen?${query}`, { method: 'POST', headers, body });
  return {
    status: response.status,
    headers: response.headers,
    body: (await response.json()) as Answer & { err_code: string; request_id: string },
  };
};

t.test('without wishes text is plain, and channels of their own are kept apart when asked', async (t) => {
  const { body } = await post('model=nova-3');
  t.equal(body.results.channels[0]!.alternatives[0]!.transcript, 'hello there how are you');
  t.notOk('utterances' in body.results);
  t.equal(
    (await post('multichannel=true&detect_language=true')).body.results.channels.length,
    1,
    'a file of one channel has one',
  );
});

t.test('what is not taken is refused in the shape its clients read', async (t) => {
  const url = { 'content-type': 'application/json' };
  for (const [query, headers, body] of [
    ['', url, '{"url":"http://127.0.0.1/"}'],
    ['callback=http://127.0.0.1/', {}, bytes],
    ['', {}, 'no audio at all'],
    ['language=%C3%BC', {}, bytes],
  ] as const) {
    const got = await post(query, headers, body);
    t.ok([400, 415].includes(got.status), String(got.status));
    t.equal(got.body.err_code, 'Bad Request');
    t.equal(got.body.request_id, got.headers.get('dg-request-id'));
  }
  t.equal(server.registry.size, 0);
});

t.test(
  'who asks for a token gets one, as good as any where no key is needed, and never for longer than an hour',
  async (t) => {
    const granted = await client.auth.v1.tokens.grant({ ttl_seconds: 60 });
    t.match(granted, { access_token: 'none-needed', expires_in: 60 });
    const refused: unknown = await client.auth.v1.tokens.grant({ ttl_seconds: 7_200 }).catch((error: unknown) => error);
    t.match(refused, { statusCode: 400 });
  },
);

t.test(
  'hesitations are not in a transcript unless filler words are asked for, and words are replaced on request',
  async (t) => {
    const hesitant = await openScriptedServer(script('I um like New York.', 0.6));
    t.teardown(() => hesitant.close());
    const textOf = async (query: string): Promise<string> => {
      const response = await fetch(`${hesitant.url}/v1/listen?punctuate=true&${query}`, {
        method: 'POST',
        body: bytes,
      });
      return ((await response.json()) as Answer).results.channels[0]!.alternatives[0]!.transcript;
    };
    t.equal(await textOf('filler_words=true'), 'I um like New York.');
    t.equal(await textOf('replace=new%20york:NYC'), 'I like NYC.');
  },
);
