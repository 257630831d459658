/** What the thread is started with. */
export interface ThreadSetup {
  /** Path of the model, an ONNX file. */
  readonly modelPath: string;
}

export interface ToThread {
  readonly audio: Float32Array<ArrayBuffer>;
}

/** One answer to each message, in order, after `ready`. */
export type FromThread =
  | { readonly kind: 'ready' }
  | { readonly kind: 'unusable'; readonly problem: string }
  | { readonly kind: 'answer'; readonly probability: number };
