import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { hostname, networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { Fault } from '../../protocol/index.ts';
import { replaceFile } from '../files/replace-file.ts';

/** What proves to clients who this server is. The paths are for libraries that read the files themselves. */
export interface Certificate {
  readonly certPath: string;
  readonly keyPath: string;
  /** PEM: the certificate, and after it those that vouch for it. */
  readonly cert: string;
  readonly key: string;
  /** When it ends, ms since 1970. */
  readonly expiresMs: number;
}

/** As long as every system accepts. */
const SELF_SIGNED_MS = 825 * 86_400_000;
/** A self-signed one is made anew when it has less than this left. */
const RENEW_MS = 7 * 86_400_000;

/** Reads a pair of PEM files. Throws a `config.value` fault that says which of the two is wrong, and how. */
export function readCertificate(certPath: string, keyPath: string): Certificate {
  const cert = read('tls-cert', certPath, 'a PEM file of a certificate');
  const key = read('tls-key', keyPath, "a PEM file of the certificate's private key");
  const parsed = parse(cert, certPath);
  let secret: KeyObject;
  try {
    secret = createPrivateKey(key);
  } catch (cause) {
    throw wrong('tls-key', keyPath, 'a private key in PEM form, without a passphrase', cause);
  }
  if (!parsed.checkPrivateKey(secret)) throw wrong('tls-key', keyPath, `the key of the certificate in ${certPath}`);
  return { certPath, keyPath, cert, key, expiresMs: Date.parse(parsed.validTo) };
}

/**
 * A certificate that vouches for itself, for development: clients must be told to trust its file. It lies in `folder`,
 * readable by its owner alone, and stays the same over restarts until it runs out or `host` is another one.
 */
export async function selfSignedCertificate(folder: string, host: string, nowMs: number): Promise<Certificate> {
  const certPath = join(folder, 'self-signed.crt');
  const keyPath = join(folder, 'self-signed.key');
  try {
    const old = readCertificate(certPath, keyPath);
    const x509 = new X509Certificate(old.cert);
    const known = namesOf(host).every((name) => (isIP(name) === 0 ? x509.checkHost(name) : x509.checkIP(name)));
    if (known && old.expiresMs - nowMs > RENEW_MS) return old;
  } catch {
    // There is none yet, or it is broken: a new one is as good.
  }
  try {
    const { cert, key } = await generate(host, nowMs);
    replaceFile(keyPath, () => key, { sync: true });
    replaceFile(certPath, () => cert, { sync: true });
  } catch (cause) {
    throw wrong('data', folder, 'a folder that can be written, for the self-signed certificate', cause);
  }
  return readCertificate(certPath, keyPath);
}

/** What clients may call a server that listens on `host`; on all addresses, whatever this machine is called. */
function namesOf(host: string): string[] {
  const all = host === '0.0.0.0' || host === '::';
  // A link-local address is good only with a zone, which no certificate can name.
  const addresses = Object.values(networkInterfaces()).flatMap((each) => each?.map(({ address }) => address) ?? []);
  const own = all ? [hostname(), ...addresses.filter((address) => !/^fe80:/i.test(address))] : [host];
  return [...new Set(['localhost', '127.0.0.1', '::1', ...own])];
}

async function generate(host: string, nowMs: number): Promise<{ cert: string; key: string }> {
  // Loaded only where it is wanted: it is a big library for a thing done every two years.
  const selfsigned = await import('selfsigned');
  const made = await selfsigned.generate([{ name: 'commonName', value: 'Sotto on this machine' }], {
    ...{ keyType: 'ec', algorithm: 'sha256' },
    notBeforeDate: new Date(nowMs - 3_600_000),
    notAfterDate: new Date(nowMs + SELF_SIGNED_MS),
    extensions: [
      { name: 'basicConstraints', cA: false },
      { name: 'keyUsage', digitalSignature: true },
      { name: 'extKeyUsage', serverAuth: true },
      {
        name: 'subjectAltName',
        altNames: namesOf(host).map((name) =>
          isIP(name) === 0 ? { type: 2 as const, value: name } : { type: 7 as const, ip: name },
        ),
      },
    ],
  });
  return { cert: made.cert, key: made.private };
}

function read(option: string, path: string, want: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    throw wrong(option, `${path} (${(cause as NodeJS.ErrnoException).code})`, want, cause);
  }
}

function parse(pem: string, path: string): X509Certificate {
  try {
    return new X509Certificate(pem);
  } catch (cause) {
    throw wrong('tls-cert', path, 'a certificate in PEM form', cause);
  }
}

function wrong(name: string, got: string, want: string, cause?: unknown): Fault {
  return new Fault('config.value', { name, got, want }, { cause });
}
