import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { extname, join, normalize } from 'node:path';
import { Fault, getOwnEntry } from '../../protocol/index.ts';
import { decodePathSegment } from '../core/url/percent-escapes.ts';
import { SECURITY_HEADERS } from './security-headers.ts';

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.map': 'application/json',
  '.webmanifest': 'application/manifest+json',
};

/** Addresses of the pages and their files; `client/web/build.mjs` makes the files. */
const PAGES: Readonly<Record<string, string>> = {
  '/': '/index.html',
  '/captions': '/captions.html',
  '/overlay': '/overlay.html',
  '/overlay/settings': '/overlay-settings.html',
  '/meeting': '/meeting.html',
};

/** A version of a file by its metadata, and the tag of its content. */
interface Version {
  readonly name: string;
  readonly etag: string;
}

/** Maximum number of remembered tags; there are far fewer files. */
const VERSIONS_MAX = 1_024;

/** Serves the files of the built pages. */
export class StaticFiles {
  readonly #folder: string;
  readonly #versions = new Map<string, Version>();

  constructor(folder: string) {
    this.#folder = folder;
  }

  /**
   * Answers with the file at a path, or with 304 when the client has it already: browsers ask each time (`no-cache`) and get
   * the whole file only when it has changed. Rejects with `http.unknown`.
   */
  async answer(pathname: string, ifNoneMatch: string | null): Promise<Response> {
    const file = getOwnEntry(PAGES, pathname) ?? pathname;
    const type = getOwnEntry(TYPES, extname(file));
    const path = normalize(decodePathSegment(file));
    const unknown = new Fault('http.unknown', { path: pathname });
    if (type === undefined || path.includes('..')) throw unknown;
    try {
      return await this.#answer(join(this.#folder, path), type, ifNoneMatch);
    } catch {
      throw unknown;
    }
  }

  async #answer(path: string, type: string, ifNoneMatch: string | null): Promise<Response> {
    const { size, mtimeNs, ino } = await stat(path, { bigint: true });
    const name = `${ino} ${mtimeNs} ${size}`;
    const known = this.#versions.get(path);
    if (known?.name === name && matches(ifNoneMatch, known.etag)) return notModified(known.etag);
    const bytes = await readFile(path);
    const etag = known?.name === name ? known.etag : tagOf(bytes);
    // If the file changes between `stat` and `readFile`, its metadata differs at the next request.
    if (this.#versions.size < VERSIONS_MAX) this.#versions.set(path, { name, etag });
    if (matches(ifNoneMatch, etag)) return notModified(etag);
    return new Response(bytes, { headers: { 'content-type': type, ...headersFor(etag) } });
  }
}

const headersFor = (etag: string) => ({ etag, 'cache-control': 'no-cache', ...SECURITY_HEADERS });

const notModified = (etag: string): Response => new Response(null, { status: 304, headers: headersFor(etag) });

/** Equal content has an equal tag, also in other processes and after a restart. */
const tagOf = (bytes: Uint8Array): string => `"${createHash('sha256').update(bytes).digest('base64url').slice(0, 27)}"`;

/** Whether `If-None-Match` contains a tag (RFC 9110, 13.1.2: `W/` is ignored, `*` matches any). */
function matches(ifNoneMatch: string | null, etag: string): boolean {
  if (ifNoneMatch === null) return false;
  return ifNoneMatch.split(',').some((each) => ['*', etag].includes(each.trim().replace(/^W\//, '')));
}
