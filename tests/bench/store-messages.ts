/** The messages between the bench of stored transcripts and its server. */
export type StoreRequest =
  | { readonly kind: 'keep'; readonly meetings: number; readonly sentences: number }
  | { readonly kind: 'expire' }
  | { readonly kind: 'reset' }
  | { readonly kind: 'report' };

export type StoreAnswer =
  | { readonly kind: 'open'; readonly url: string }
  | { readonly kind: 'kept'; readonly ids: readonly string[] }
  | { readonly kind: 'ready' }
  /** Of the event loop since the last reset, ms. */
  | { readonly kind: 'report'; readonly p99: number; readonly max: number };
