import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SignJWT, UnsecuredJWT } from 'jose';
import t from 'tap';
import { ApiKeyAuth } from '../../../server/access/api-key-auth.ts';
import { KEYS_MAX, KeyFile } from '../../../server/access/key-file.ts';
import { addKey, revokeKey } from '../../../server/access/keys.ts';
import { UsageCounter } from '../../../server/access/usage.ts';
import type { Scope } from '../../../server/ports/authenticator.ts';

const silent = { debug() {}, info() {}, warn() {}, error() {} };
const DAY = 86_400_000;

/** Authentication by keys, with a clock that is set by hand. */
function open() {
  const folder = mkdtempSync(join(tmpdir(), 'sotto-'));
  const clock = { ms: Date.parse('2030-05-05T12:00:00Z') };
  const file = new KeyFile(folder);
  const usage = new UsageCounter(folder, () => clock.ms, silent);
  const auth = new ApiKeyAuth(file, usage, () => clock.ms);
  let keys = 0;
  const add = (more: object = {}): string =>
    addKey(file, { name: `k${++keys}`, scopes: ['stream', 'token'], ...more }, clock.ms).text;
  return { folder, clock, file, auth, usage, add };
}

t.test('the file holds hashes only, and is readable by its owner alone', async (t) => {
  const { file, add } = open();
  const key = add();
  t.match(key, /^sotto_[0-9a-f]{8}_[\w-]{43}$/);
  const stored = readFileSync(file.path, 'utf8');
  t.notOk(stored.includes(key.slice(15)));
  t.equal(statSync(file.path).mode & 0o777, 0o600);
  chmodSync(file.path, 0o644);
  t.throws(() => file.read(), { message: /readable by others/ });
  chmodSync(file.path, 0o600);
  writeFileSync(file.path, '{"version":1}');
  t.throws(() => file.read(), { message: /not a file of keys/ });
});

t.test('who has a key comes in, nobody else does', async (t) => {
  const { auth, add } = open();
  const key = add();
  t.match(await auth.authenticate(key, 'stream'), { key: key.slice(6, 14) });
  await t.rejects(auth.authenticate(undefined, 'stream'), { code: 'auth.missing' });
  const last = key.at(-1) === 'A' ? 'B' : 'A';
  for (const wrong of [
    `${key.slice(0, -1)}${last}`,
    `${key}a`,
    'sotto_',
    'x'.repeat(10_000),
    key.toUpperCase(),
    `${key} `,
  ])
    await t.rejects(auth.authenticate(wrong, 'stream'), { code: 'auth.invalid' }, wrong.slice(0, 70));
});

t.test('a key ends when it is revoked or expires, at once', async (t) => {
  const { auth, clock, file, add } = open();
  const key = add({ name: 'phone', days: 2 });
  clock.ms += DAY;
  await auth.authenticate(key, 'stream');
  clock.ms += DAY;
  await t.rejects(auth.authenticate(key, 'stream'), { code: 'auth.expired' });
  const other = add({ name: 'tablet' });
  await auth.authenticate(other, 'stream');
  revokeKey(file, 'tablet', clock.ms);
  await t.rejects(auth.authenticate(other, 'stream'), { code: 'auth.invalid' });
  t.throws(() => revokeKey(file, 'tablet', clock.ms), { code: 'config.value' });
  t.ok(add({ name: 'tablet' }), 'the name is free again');
  t.throws(() => add({ name: 'tablet' }), { code: 'config.value' }, 'but not twice');
});

t.test('a key does what its scopes say', async (t) => {
  const { auth, add } = open();
  const key = add({ scopes: ['metrics'] });
  await auth.authenticate(key, 'metrics');
  for (const scope of ['stream', 'token'] as Scope[])
    await t.rejects(auth.authenticate(key, scope), { code: 'auth.scope' }, scope);
});

t.test('a token opens sessions for its time and no longer than its key is good', async (t) => {
  const { auth, clock, file, add } = open();
  const key = add({ name: 'site' });
  const { token, expires } = await auth.mintToken(await auth.authenticate(key, 'token'), 60);
  t.equal(expires, '2030-05-05T12:01:00.000Z');
  t.match(await auth.authenticate(token, 'stream'), { key: key.slice(6, 14) });
  await t.rejects(auth.authenticate(token, 'token'), { code: 'auth.scope' }, 'it cannot mint its successor');
  await t.rejects(auth.authenticate(token, 'metrics'), { code: 'auth.scope' });
  clock.ms += 61_000;
  await t.rejects(auth.authenticate(token, 'stream'), { code: 'auth.expired' });
  clock.ms -= 61_000;
  revokeKey(file, 'site', clock.ms);
  await t.rejects(auth.authenticate(token, 'stream'), { code: 'auth.invalid' });
});

t.test('a forged token is refused', async (t) => {
  const { auth, file, add } = open();
  const id = add().slice(6, 14);
  const secret = Buffer.from(file.read()!.tokenSecret, 'base64url');
  const claims = (alg: string) =>
    new SignJWT({}).setProtectedHeader({ alg }).setSubject(id).setAudience('sotto').setExpirationTime('100y');
  await auth.authenticate(await claims('HS256').sign(secret), 'stream');
  const forged = [
    new UnsecuredJWT({}).setSubject(id).setAudience('sotto').setExpirationTime('100y').encode(),
    await claims('HS256').sign(Buffer.alloc(32)),
    await claims('HS512').sign(Buffer.concat([secret, secret])),
    await new SignJWT({}).setProtectedHeader({ alg: 'HS256' }).setSubject(id).setAudience('sotto').sign(secret),
    await claims('HS256').setAudience('another').sign(secret),
    await claims('HS256').setSubject('00000000').sign(secret),
    'eyJ',
    'ey..',
    `ey${'.'.repeat(9_000)}`,
  ];
  for (const token of forged) await t.rejects(auth.authenticate(token, 'stream'), { code: 'auth.invalid' });
});

t.test('a key has its minutes a day, across restarts, and new ones at midnight', async (t) => {
  const { auth, folder, clock, file, usage, add } = open();
  const key = add({ minutesPerDay: 2 });
  const identity = await auth.authenticate(key, 'stream');
  t.ok(identity.countAudio(119_000));
  await auth.authenticate(key, 'stream');
  t.notOk(identity.countAudio(1_000));
  await t.rejects(auth.authenticate(key, 'stream'), { code: 'auth.quota', message: /2 minutes/ });
  usage.save();
  const again = new ApiKeyAuth(file, new UsageCounter(folder, () => clock.ms, silent), () => clock.ms);
  await t.rejects(again.authenticate(key, 'stream'), { code: 'auth.quota' });
  clock.ms += DAY;
  await again.authenticate(key, 'stream');
});

t.test(
  'keys of a file from before there were scopes for transcripts and viewers keep what they could do',
  async (t) => {
    const { auth, folder, file, add } = open();
    const streams = add({ scopes: ['stream', 'token'] });
    const counts = add({ scopes: ['metrics'] });
    writeFileSync(file.path, JSON.stringify({ ...file.read(), version: 1 }), { mode: 0o600 });
    const again = new ApiKeyAuth(new KeyFile(folder), new UsageCounter(folder, Date.now, silent), () =>
      Date.parse('2030-05-05'),
    );
    t.ok(auth);
    for (const scope of ['stream', 'transcripts', 'viewers', 'token'] as Scope[])
      await again.authenticate(streams, scope);
    await t.rejects(again.authenticate(streams, 'metrics'), { code: 'auth.scope' });
    for (const scope of ['transcripts', 'viewers'] as Scope[])
      await t.rejects(again.authenticate(counts, scope), { code: 'auth.scope' }, scope);
  },
);

t.test('a file never gets more keys than can be read again', async (t) => {
  const { file, clock, add } = open();
  add({ name: 'first' });
  revokeKey(file, 'first', clock.ms);
  const [revoked] = file.read()!.keys;
  const { hash, created } = revoked!;
  const id = (i: number): string => i.toString(16).padStart(8, '0');
  const good = Array.from({ length: KEYS_MAX - 1 }, (_, i) => {
    return { id: id(i), name: `n${i}`, scopes: ['stream' as const], hash, created };
  });
  file.update((keys) => [...keys, ...good]);
  add({ name: 'last' });
  t.equal(file.read()!.keys.length, KEYS_MAX);
  t.notOk(
    file.read()!.keys.some((key) => key.id === revoked!.id),
    'one that was taken back makes room',
  );
  t.throws(() => add({ name: 'one more' }), { code: 'config.value' });
  t.equal(file.read()!.keys.length, KEYS_MAX, 'the file is as it was');
});

t.test('servers that share a folder share the minutes of a key', async (t) => {
  const { folder, clock, file, usage, add } = open();
  const text = add({ minutesPerDay: 2 });
  const key = file.read()!.keys.find(({ id }) => text.includes(id))!;
  const other = new UsageCounter(folder, () => clock.ms, silent);
  usage.add(key, 50_000);
  other.add(key, 50_000);
  usage.save();
  other.save();
  usage.add(key, 1_000);
  usage.save();
  const next = new UsageCounter(folder, () => clock.ms, silent);
  t.notOk(next.isSpent(key));
  t.notOk(next.add(key, 19_000), 'both have been counted');
});

t.test('usage that cannot be saved is one line, and counts all the same', async (t) => {
  const { folder, clock, file, add } = open();
  const text = add({ minutesPerDay: 1 });
  const key = file.read()!.keys.find(({ id }) => text.includes(id))!;
  const lines: string[] = [];
  const note = (_: object, line: string): void => void lines.push(line);
  const usage = new UsageCounter(folder, () => clock.ms, { ...silent, warn: note, info: note });
  mkdirSync(join(folder, 'usage.json'));
  for (let i = 0; i < 5; i++) {
    clock.ms += 10_000;
    usage.add(key, 10_000);
  }
  t.same(lines, ['the usage of keys cannot be saved']);
  rmSync(join(folder, 'usage.json'), { recursive: true });
  clock.ms += 10_000;
  t.notOk(usage.add(key, 10_000), 'the minute is over');
  t.equal(lines.length, 2);
  t.ok(new UsageCounter(folder, () => clock.ms, silent).isSpent(key), 'and all of it is in the file');
});
