import { isAbsolute, resolve } from 'node:path';
import { findModel, type ModelEntry } from './registry.ts';

/** What somebody wrote where a model is wanted. */
export type ModelAddress =
  | { readonly kind: 'known'; readonly model: ModelEntry }
  | { readonly kind: 'url'; readonly url: string; readonly file: string }
  | { readonly kind: 'path'; readonly path: string }
  | { readonly kind: 'unknown'; readonly name: string };

/** A registry name, an https or http URL, or a path (with a slash, or ending in .bin or .gguf). */
export function readAddress(text: string): ModelAddress {
  const model = findModel(text);
  if (model !== undefined) return { kind: 'known', model };
  if (/^https?:\/\//i.test(text)) {
    const file = new URL(text).pathname.split('/').at(-1) ?? '';
    // The name becomes a file in the cache folder, so nothing but a plain name will do.
    return /^[\w.-]+\.(bin|gguf)$/.test(file) ? { kind: 'url', url: text, file } : { kind: 'unknown', name: text };
  }
  if (isAbsolute(text) || /[\\/]|\.(bin|gguf)$/.test(text)) return { kind: 'path', path: resolve(text) };
  return { kind: 'unknown', name: text };
}
