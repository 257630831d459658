import { createHash } from 'node:crypto';
import { isAbsolute, resolve } from 'node:path';
import { findModel, MODELS, type ModelEntry } from './registry.ts';

/** What a person wrote where a model is expected. */
export type ModelAddress =
  | { readonly kind: 'known'; readonly model: ModelEntry }
  /** `file` is its name in the cache; `shown` is the URL without its query, which may contain a key. */
  | { readonly kind: 'url'; readonly url: string; readonly shown: string; readonly file: string }
  | { readonly kind: 'path'; readonly path: string }
  | { readonly kind: 'unknown'; readonly name: string };

/** Parses a registry name, an https or http URL of a .bin or .gguf file, or a path (with a slash, or ending so). */
export function parseModelAddress(text: string): ModelAddress {
  const model = findModel(text) ?? MODELS.find(({ url }) => url !== '' && url === text);
  if (model !== undefined) return { kind: 'known', model };
  if (/^https?:\/\//i.test(text)) return parseUrl(text);
  if (/^[a-z][a-z0-9+.-]+:\/\//i.test(text)) return { kind: 'unknown', name: text };
  if (isAbsolute(text) || /[\\/]|\.(bin|gguf)$/.test(text)) return { kind: 'path', path: resolve(text) };
  return { kind: 'unknown', name: text };
}

function parseUrl(text: string): ModelAddress {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const shown = url === undefined ? text : `${url.origin}${url.pathname}`;
  // The name becomes a file in the cache folder, so only plain names are allowed; passwords in URLs end up in logs.
  const match = /^([\w-][\w.-]{0,100})\.(bin|gguf)$/.exec(url?.pathname.split('/').at(-1) ?? '');
  if (url === undefined || match === null || url.username !== '' || url.password !== '') {
    return { kind: 'unknown', name: shown };
  }
  // Two publishers may give different files the same name.
  const urlHash = createHash('sha256').update(shown).digest('hex').slice(0, 8);
  return { kind: 'url', url: url.href, shown, file: `${match[1]}.${urlHash}.${match[2]}` };
}
