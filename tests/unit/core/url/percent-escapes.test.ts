import t from 'tap';
import { Fault } from '../../../../protocol/index.ts';
import { decodePathSegment, findBrokenEscape, isAddressFault } from '../../../../server/core/url/percent-escapes.ts';

t.test('a segment is decoded as UTF-8', async (t) => {
  t.equal(decodePathSegment('plain'), 'plain');
  t.equal(decodePathSegment('a%20b%2Fc'), 'a b/c');
  t.equal(decodePathSegment('%E4%BD%A0'), '你');
  t.equal(decodePathSegment('100%25'), '100%');
});

t.test('an address whose escapes cannot be decoded has a fault that shows the escape', async (t) => {
  for (const [url, shown] of [
    ['/rooms/%', '%'],
    ['/rooms/%4', '%4'],
    ['/rooms/%zz?x=%20', '%zz'],
    ['/rooms/a%00b', '%00'],
    ['/rooms/%FF%FE', '%FF%FE'],
    ['/rooms/%E4%BD', '%E4%BD'],
  ] as const) {
    const fault = findBrokenEscape(url);
    t.equal(fault?.code, 'command.option', url);
    t.match(fault?.message, `the escape ${shown}`, url);
    t.throws(() => decodePathSegment(url), { code: 'command.option' }, url);
  }
});

t.test('any other address has none', async (t) => {
  for (const url of ['/', '/v1/listen?model=x', '/%41', '/a%25', '/rooms/%e4%bd%a0'])
    t.equal(findBrokenEscape(url), undefined);
});

t.test('no more of a long address than forty characters is shown', async (t) => {
  const message = findBrokenEscape(`/${'%FF'.repeat(1_000)}`)!.message;
  t.match(message, '%FF'.repeat(13));
  t.ok(message.length < 300);
});

t.test('such a fault is told from that of an option', async (t) => {
  t.ok(isAddressFault(findBrokenEscape('/rooms/%zz')!));
  t.notOk(isAddressFault(new Fault('command.option', { name: 'task', got: 'x', want: 'y' })));
  t.notOk(isAddressFault(new Fault('upload.busy', {})));
});
