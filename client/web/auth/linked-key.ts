/** Decodes a part of a URL; text that was never encoded stays as it is. */
export function decodeHashPart(encoded: string): string {
  try {
    return decodeURIComponent(encoded);
  } catch {
    return encoded;
  }
}

/**
 * The key or token in the fragment of a page's address. On pages for viewers, `#token=…` is a viewer token, which the page reads
 * itself, and not a key.
 */
export function readKeyFromHash(hash: string, page: 'speaker' | 'viewer'): string | undefined {
  const [, name, value] = /^#(key|token)=([^&]+)$/.exec(hash) ?? [];
  if (value === undefined || (name === 'token' && page === 'viewer')) return undefined;
  return decodeHashPart(value);
}

/**
 * What to do with a key from a link. Anybody can send a link: if its key were accepted without asking, everything recorded from
 * then on would belong to the owner of that key, and the stored key would be lost.
 */
export function decideOnLinkedKey(held: string | undefined, brought: string): 'take' | 'keep' | 'ask' {
  if (held === undefined) return 'take';
  return held === brought ? 'keep' : 'ask';
}
