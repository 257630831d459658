import { createHmac } from 'node:crypto';
import t, { type Test } from 'tap';
import { WebhookOutlet } from '../../../../client/cli/captions/webhook-outlet.ts';
import { captionOf } from '../../../support/caption.ts';
import { HttpSink } from '../../../support/http-sink.ts';
import { ManualClock } from '../../../support/manual-clock.ts';
import { until } from '../../../support/until.ts';

async function open(t: Test, secret?: string) {
  const server = new HttpSink();
  await server.start();
  t.teardown(() => server.stop());
  const messages: string[] = [];
  const clock = new ManualClock();
  clock.pass(1_700_000_000_000);
  const outlet = new WebhookOutlet({
    ...{ url: `${server.url}/hook?tenant=7`, room: 'main', secret, clock },
    print: (text) => messages.push(text),
  });
  const passTimeUntil = async (count: number): Promise<void> => {
    const haveCome = async (): Promise<boolean> => {
      await new Promise((resolve) => setImmediate(resolve));
      if (server.all.length < count) clock.pass(1_000);
      return server.all.length >= count;
    };
    await until(haveCome, { what: `${count} posts have come`, everyMs: 0 });
  };
  return { server, outlet, messages, passTimeUntil, clock };
}

const bodies = (server: HttpSink) => server.all.map(({ body }) => JSON.parse(body));

t.test('captions come as JSON, numbered, with their session, language and times', async (t) => {
  const { server, outlet, passTimeUntil } = await open(t);
  outlet.take(captionOf('One.'));
  outlet.take(captionOf('Two.', { sentence: 2, fromMs: 1_000, toMs: 2_000 }));
  await passTimeUntil(2);
  await outlet.finish(1_000);
  t.strictSame(bodies(server)[0], {
    ...{ transcript: 'One.', sequence: 1, room: 'main', session: 's', channel: 0, sentence: 1, language: 'en' },
    ...{ cursor: 1, fromMs: 0, toMs: 1_000, atMs: 1_700_000_000_000 },
  });
  t.match(server.all[1], { headers: { 'content-type': 'application/json', 'idempotency-key': 'main.s.0.2.en' } });
  t.equal(server.all[0]!.url.search, '?tenant=7');
});

t.test('what is not taken is sent again with the same key and number before anything else', async (t) => {
  const { server, outlet, passTimeUntil } = await open(t);
  server.moods.push(500, 429, 'gone', 'lost', 200);
  outlet.take(captionOf('One.'));
  outlet.take(captionOf('Two.', { sentence: 2 }));
  await passTimeUntil(6);
  await outlet.finish(1_000);
  t.same(
    bodies(server).map(({ sequence }) => sequence),
    [1, 1, 1, 1, 1, 2],
  );
  t.same(new Set(server.all.map(({ headers }) => headers['idempotency-key'])).size, 2);
  const taken = new Map(server.taken.map(({ headers, body }) => [headers['idempotency-key'], JSON.parse(body)]));
  t.same(
    [...taken.values()].map(({ transcript }) => transcript),
    ['One.', 'Two.'],
    'who forgets what it has seen gets each once',
  );
});

t.test('a receiver that names a time is not asked before it', async (t) => {
  const { server, outlet, clock } = await open(t);
  server.moods.push(429);
  server.headers = { 'retry-after': '30' };
  outlet.take(captionOf('One.'));
  await server.waitFor(1);
  while (clock.waiting === 0) await new Promise((resolve) => setImmediate(resolve));
  clock.pass(29_999);
  for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve));
  t.equal(server.all.length, 1);
  clock.pass(1);
  await server.waitFor(2);
  await outlet.finish(1_000);
});

t.test('the signature is that of id, time and body', async (t) => {
  const key = Buffer.from('0123456789abcdef0123456789abcdef');
  const { server, outlet, passTimeUntil } = await open(t, `whsec_${key.toString('base64')}`);
  outlet.take(captionOf('Ünï.'));
  await passTimeUntil(1);
  await outlet.finish(1_000);
  const { headers, body } = server.all[0]!;
  const signedText = `${headers['webhook-id']}.${headers['webhook-timestamp']}.${body}`;
  t.equal(headers['webhook-signature'], `v1,${createHmac('sha256', key).update(signedText).digest('base64')}`);
  t.equal(headers['webhook-id'], headers['idempotency-key']);
  t.match(headers['webhook-timestamp'], /^17000000/);
});

t.test('a refused caption is left out and reported once, and the next ones are sent', async (t) => {
  const { server, outlet, messages, passTimeUntil } = await open(t);
  server.moods.push(422, 422, 200);
  for (const sentence of [1, 2, 3]) outlet.take(captionOf('Text.', { sentence }));
  await passTimeUntil(3);
  await outlet.finish(1_000);
  t.match(messages, [/refused a caption \(status 422\)/, /goes on/]);
});

t.test('no redirect is followed', async (t) => {
  const { server, outlet } = await open(t);
  server.headers = { location: '/elsewhere' };
  server.moods.push(302);
  outlet.take(captionOf('One.'));
  t.match(await outlet.failed, /sends elsewhere \(status 302\)/);
  await outlet.finish(1_000);
  t.equal(server.all.length, 1);
});

t.test('an address that is not there any more ends it', async (t) => {
  const { server, outlet } = await open(t);
  server.moods.push(410);
  outlet.take(captionOf('One.'));
  t.match(await outlet.failed, /status 410/);
  await outlet.finish(1_000);
});
