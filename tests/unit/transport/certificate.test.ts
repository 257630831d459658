import { X509Certificate } from 'node:crypto';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { isFault } from '../../../protocol/index.ts';
import { readCertificate, selfSignedCertificate } from '../../../server/transport/certificate.ts';

const DAY_MS = 86_400_000;

/** The fault a pair of files comes to. */
function faultOf(cert: string, key: string): string {
  try {
    readCertificate(cert, key);
    return 'none';
  } catch (error) {
    return isFault(error) ? error.message : `a bug: ${error}`;
  }
}

t.test('a pair that cannot be used says which file is wrong, and how', async (t) => {
  const root = t.testdir({ one: {}, other: {} });
  const [one, other] = [join(root, 'one'), join(root, 'other')];
  const good = await selfSignedCertificate(one, 'localhost', Date.now());
  const stranger = await selfSignedCertificate(other, 'localhost', Date.now());
  const text = join(one, 'text');
  writeFileSync(text, 'this is no certificate');
  t.equal(faultOf(good.certPath, good.keyPath), 'none');
  t.match(faultOf('/nowhere.pem', good.keyPath), /tls-cert is \/nowhere\.pem \(ENOENT\)/);
  t.match(faultOf(good.certPath, '/nowhere.pem'), /tls-key is \/nowhere\.pem \(ENOENT\)/);
  t.match(faultOf(text, good.keyPath), /tls-cert .* a certificate in PEM form/);
  t.match(faultOf(good.certPath, text), /tls-key .* a private key in PEM form, without a passphrase/);
  t.match(faultOf(good.certPath, stranger.keyPath), /tls-key .* the key of the certificate in/);
});

t.test('a self-signed certificate is for its owner alone, is kept, and is made anew when it must be', async (t) => {
  const folder = join(t.testdir({}), 'data');
  const first = await selfSignedCertificate(folder, '127.0.0.1', Date.now());
  t.equal(statSync(first.keyPath).mode & 0o777, 0o600);
  const names = new X509Certificate(first.cert);
  t.ok(names.checkHost('localhost') && names.checkIP('127.0.0.1') && names.checkIP('::1'));
  t.equal(names.checkHost('example.com'), undefined);
  t.equal((await selfSignedCertificate(folder, '127.0.0.1', Date.now())).cert, first.cert, 'kept over a restart');
  const named = await selfSignedCertificate(folder, 'studio.local', Date.now());
  t.ok(new X509Certificate(named.cert).checkHost('studio.local'), 'another host needs another one');
  const later = await selfSignedCertificate(folder, 'studio.local', Date.now() + 820 * DAY_MS);
  t.not(later.cert, named.cert, 'one that runs out is replaced');
  writeFileSync(named.keyPath, 'broken');
  await selfSignedCertificate(folder, 'studio.local', Date.now());
  t.match(readFileSync(named.keyPath, 'utf8'), /PRIVATE KEY/, 'a broken one is replaced');
});

t.test('a folder that cannot be written is a fault that names it', async (t) => {
  const file = join(t.testdir({ file: '' }), 'file');
  const error = await selfSignedCertificate(file, 'localhost', Date.now()).catch((error: unknown) => error);
  t.ok(isFault(error) && error.code === 'config.value' && /data is /.test(error.message), String(error));
});
