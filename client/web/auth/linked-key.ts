/** As it is where it was never encoded. */
export function decodeHashPart(encoded: string): string {
  try {
    return decodeURIComponent(encoded);
  } catch {
    return encoded;
  }
}

/**
 * The key or token that a page's address brings behind `#`. A viewer's token, `#token=…` of a page for viewers, is the
 * page's own and no key.
 */
export function readKeyFromHash(hash: string, page: 'speaker' | 'viewer'): string | undefined {
  const [, name, value] = /^#(key|token)=([^&]+)$/.exec(hash) ?? [];
  if (value === undefined || (name === 'token' && page === 'viewer')) return undefined;
  return decodeHashPart(value);
}

/**
 * What becomes of a key that a link brings. Anybody can send a link: taken unasked, the key in it would put what is said
 * from then on into its owner's hands, and the key that was held would be gone.
 */
export function decideOnLinkedKey(held: string | undefined, brought: string): 'take' | 'keep' | 'ask' {
  if (held === undefined) return 'take';
  return held === brought ? 'keep' : 'ask';
}
