import t from 'tap';
import { fetchWithRedirects } from '../../../models/redirects.ts';

/** Follows a chain of redirects without any network; resolves with the addresses asked. */
async function chain(first: string, ...hops: string[]): Promise<string[]> {
  const asked: string[] = [];
  using _ = replaceFetch(async (url) => {
    asked.push(url);
    const location = hops.shift();
    return location === undefined ? new Response('ok') : new Response(null, { status: 302, headers: { location } });
  });
  await fetchWithRedirects(first, { headers: {}, signal: AbortSignal.timeout(1_000) });
  return asked;
}

function replaceFetch(answer: (url: string) => Promise<Response>): Disposable {
  const before = globalThis.fetch;
  globalThis.fetch = ((url: string) => answer(url)) as typeof fetch;
  return {
    [Symbol.dispose]: () => {
      globalThis.fetch = before;
    },
  };
}

t.test('a redirect to another host is followed', async (t) => {
  t.same(await chain('https://a.com/m', 'https://b.com/n', '/o'), [
    'https://a.com/m',
    'https://b.com/n',
    'https://b.com/o',
  ]);
  t.equal((await chain('http://10.0.0.1/m', 'http://192.168.1.2/m')).length, 2, 'within the own network, too');
});

t.test('a redirect to where the operator did not send us is not', async (t) => {
  await t.rejects(chain('https://a.com/m', 'http://a.com/m'), { message: /from https to http/ });
  for (const inside of [
    '127.0.0.1',
    '127.1',
    '0x7f000001',
    '2130706433',
    '10.1.2.3',
    '172.20.0.1',
    '192.168.0.1',
    '169.254.169.254',
    '0.0.0.0',
    '[::1]',
    '[::]',
    '[::ffff:127.0.0.1]',
    '[fd00::1]',
    '[fe80::1]',
    'localhost',
    'x.localhost',
    'nas',
    'nas.local',
    'metadata.google.internal',
  ])
    await t.rejects(chain('http://a.com/m', `http://${inside}/m`), { message: /local network/ }, inside);
});
