import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { hostname, networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { Fault } from '../../protocol/index.ts';
import { replaceFile } from '../files/replace-file.ts';

/** The server's certificate and private key. The paths are for libraries that read the files themselves. */
export interface Certificate {
  readonly certPath: string;
  readonly keyPath: string;
  /** PEM: the certificate, followed by the intermediate certificates. */
  readonly cert: string;
  readonly key: string;
  /** When it expires, ms since 1970. */
  readonly expiresMs: number;
}

/** The longest validity that every system accepts. */
const VALIDITY_MS = 825 * 86_400_000;
/** A self-signed certificate is replaced when less than this is left. */
const RENEWAL_MS = 7 * 86_400_000;

/** Reads a pair of PEM files. Throws a `config.value` fault that says which of the two is wrong, and how. */
export function readCertificate(certPath: string, keyPath: string): Certificate {
  const cert = read('tls-cert', certPath, 'a PEM file of a certificate');
  const key = read('tls-key', keyPath, "a PEM file of the certificate's private key");
  const parsed = parse(cert, certPath);
  let secret: KeyObject;
  try {
    secret = createPrivateKey(key);
  } catch (cause) {
    throw createConfigFault('tls-key', keyPath, 'a private key in PEM form, without a passphrase', cause);
  }
  if (!parsed.checkPrivateKey(secret))
    throw createConfigFault('tls-key', keyPath, `the key of the certificate in ${certPath}`);
  return { certPath, keyPath, cert, key, expiresMs: Date.parse(parsed.validTo) };
}

/**
 * A self-signed certificate for development: clients must be told to trust its file. It is stored in `folder`, readable
 * only by its owner, and reused across restarts until it is about to expire or `host` changes.
 */
export async function selfSignedCertificate(folder: string, host: string, nowMs: number): Promise<Certificate> {
  const certPath = join(folder, 'self-signed.crt');
  const keyPath = join(folder, 'self-signed.key');
  try {
    const old = readCertificate(certPath, keyPath);
    const x509 = new X509Certificate(old.cert);
    const coversHost = listHostNames(host).every((name) =>
      isIP(name) === 0 ? x509.checkHost(name) : x509.checkIP(name),
    );
    if (coversHost && old.expiresMs - nowMs > RENEWAL_MS) return old;
  } catch {
    // There is none yet, or it is broken: create a new one.
  }
  try {
    const { cert, key } = await generate(host, nowMs);
    replaceFile(keyPath, () => key, { sync: true });
    replaceFile(certPath, () => cert, { sync: true });
  } catch (cause) {
    throw createConfigFault('data', folder, 'a folder that can be written, for the self-signed certificate', cause);
  }
  return readCertificate(certPath, keyPath);
}

/**
 * The names by which clients may reach a server that listens on `host`; all names of this machine if it listens on all
 * addresses.
 */
function listHostNames(host: string): string[] {
  const isWildcard = host === '0.0.0.0' || host === '::';
  // A link-local address is only valid with a zone, which no certificate can name.
  const addresses = Object.values(networkInterfaces()).flatMap((each) => each?.map(({ address }) => address) ?? []);
  const own = isWildcard ? [hostname(), ...addresses.filter((address) => !/^fe80:/i.test(address))] : [host];
  return [...new Set(['localhost', '127.0.0.1', '::1', ...own])];
}

async function generate(host: string, nowMs: number): Promise<{ cert: string; key: string }> {
  // Loaded only when needed: a large library for something done every two years.
  const selfsigned = await import('selfsigned');
  const generated = await selfsigned.generate([{ name: 'commonName', value: 'Sotto on this machine' }], {
    ...{ keyType: 'ec', algorithm: 'sha256' },
    notBeforeDate: new Date(nowMs - 3_600_000),
    notAfterDate: new Date(nowMs + VALIDITY_MS),
    extensions: [
      { name: 'basicConstraints', cA: false },
      { name: 'keyUsage', digitalSignature: true },
      { name: 'extKeyUsage', serverAuth: true },
      {
        name: 'subjectAltName',
        altNames: listHostNames(host).map((name) =>
          isIP(name) === 0 ? { type: 2 as const, value: name } : { type: 7 as const, ip: name },
        ),
      },
    ],
  });
  return { cert: generated.cert, key: generated.private };
}

function read(option: string, path: string, want: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    throw createConfigFault(option, `${path} (${(cause as NodeJS.ErrnoException).code})`, want, cause);
  }
}

function parse(pem: string, path: string): X509Certificate {
  try {
    return new X509Certificate(pem);
  } catch (cause) {
    throw createConfigFault('tls-cert', path, 'a certificate in PEM form', cause);
  }
}

function createConfigFault(name: string, got: string, want: string, cause?: unknown): Fault {
  return new Fault('config.value', { name, got, want }, { cause });
}
