import { Readable } from 'node:stream';
import t, { type Test } from 'tap';
import { ZoomOutlet } from '../../../../client/cli/captions/zoom-outlet.ts';
import { captionOf } from '../../../support/caption.ts';
import { HttpSink } from '../../../support/http-sink.ts';
import { ManualClock } from '../../../support/manual-clock.ts';
import { until } from '../../../support/until.ts';

const pace = {
  style: 'pop-on',
  chars: 42,
  rows: 2,
  minMs: 0,
  maxMs: 7_000,
  charsPerSecond: 1e6,
  blocksMax: 16,
} as const;

async function open(t: Test) {
  const zoom = new HttpSink();
  await zoom.start();
  t.teardown(() => zoom.stop());
  const messages: string[] = [];
  const clock = new ManualClock();
  const outlet = new ZoomOutlet({
    url: `${zoom.url}/closedcaption?id=200610693&ns=R1pIa0VBPT0&expire=86400&sparams=id%2Cns%2Cexpire&signature=nYtXJ`,
    ...{ language: undefined, pace, clock, print: (text) => messages.push(text) },
  });
  /** Lets time pass until so many posts have come. */
  const passTimeUntil = async (count: number): Promise<void> => {
    const haveCome = async (): Promise<boolean> => {
      await new Promise((resolve) => setImmediate(resolve));
      if (zoom.all.length < count) clock.pass(1_000);
      return zoom.all.length >= count;
    };
    await until(haveCome, { what: `${count} posts have come`, everyMs: 0 });
  };
  return { zoom, outlet, messages, passTimeUntil, clock };
}

const numbers = (posts: HttpSink['all']): (string | null)[] => posts.map(({ url }) => url.searchParams.get('seq'));

t.test('each text is posted with the next number, as plain text, to the signed address', async (t) => {
  const { zoom, outlet, passTimeUntil } = await open(t);
  for (const text of ['I am sending', 'several captions.', 'Drei.'])
    outlet.take(captionOf(text, { language: text === 'Drei.' ? 'de' : 'en' }));
  await passTimeUntil(3);
  await outlet.finish(1_000);
  t.same(numbers(zoom.all), ['1', '2', '3']);
  t.same(
    zoom.all.map(({ body }) => body),
    ['I am sending\n', 'several captions.\n', 'Drei.\n'],
  );
  t.same(
    zoom.all.map(({ url }) => url.searchParams.get('lang')),
    ['en-US', 'en-US', 'de-DE'],
  );
  const [first] = zoom.all;
  t.match(first!.headers['content-type'], /^text\/plain/);
  t.match([first!.url.searchParams.get('id'), first!.url.searchParams.get('signature')], ['200610693', 'nYtXJ']);
  t.equal(first!.url.searchParams.get('sparams'), 'id,ns,expire');
});

t.test('what is sent again has the same number, so that nothing comes twice', async (t) => {
  const { zoom, outlet, passTimeUntil } = await open(t);
  zoom.moods.push(200, 503, 'lost', 'gone', 200);
  for (const text of ['One.', 'Two.', 'Three.']) outlet.take(captionOf(text));
  await passTimeUntil(6);
  await outlet.finish(1_000);
  t.same(numbers(zoom.all), ['1', '2', '2', '2', '2', '3']);
  t.same(
    [...new Map(zoom.taken.map(({ url, body }) => [url.searchParams.get('seq'), body])).values()],
    [...['One.\n', 'Two.\n', 'Three.\n']],
  );
});

t.test('a second run goes on with the number after the last', async (t) => {
  const { zoom, outlet, passTimeUntil } = await open(t);
  zoom.got = (url) => (url.pathname === '/closedcaption/seq' && url.searchParams.has('id') ? '41' : undefined);
  outlet.take(captionOf('One.'));
  await passTimeUntil(1);
  await outlet.finish(1_000);
  t.same(numbers(zoom.all), ['42']);
});

t.test('an answer without end is not waited for', async (t) => {
  const { zoom, outlet, passTimeUntil } = await open(t);
  const endless = function* () {
    yield '41';
    for (;;) yield ' '.repeat(65_536);
  };
  zoom.got = () => Readable.from(endless());
  outlet.take(captionOf('One.'));
  await passTimeUntil(1);
  await outlet.finish(1_000);
  t.same(numbers(zoom.all), ['42']);
});

t.test('a meeting that has not begun is waited for', async (t) => {
  const { zoom, outlet, messages, passTimeUntil } = await open(t);
  zoom.moods.push(400, 400, 400);
  outlet.take(captionOf('One.'));
  await passTimeUntil(4);
  await outlet.finish(1_000);
  t.same(numbers(zoom.all), ['1', '1', '1', '1']);
  t.match(messages, [/has not begun/, /goes on/]);
});

t.test('a meeting that takes nothing for a minute after it took some is over', async (t) => {
  const { zoom, outlet, clock } = await open(t);
  zoom.moods.push(200, ...Array<number>(200).fill(400));
  outlet.take(captionOf('One.'));
  outlet.take(captionOf('Two.'));
  let text: string | undefined;
  void outlet.failed.then((told) => {
    text = told;
  });
  while (text === undefined) {
    await new Promise((resolve) => setImmediate(resolve));
    clock.pass(1_000);
  }
  t.match(text, /meeting is over/);
  await outlet.finish(1_000);
});

t.test('an address that Zoom does not take ends it at once', async (t) => {
  const { zoom, outlet } = await open(t);
  zoom.moods.push(403);
  outlet.take(captionOf('One.'));
  t.match(await outlet.failed, /refuses the caption URL.*copy the one of this meeting/);
  await outlet.finish(1_000);
  t.equal(zoom.all.length, 1);
});
