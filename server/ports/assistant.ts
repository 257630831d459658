/** One question to an instruct model. */
export interface AssistantRequest {
  /** What it is to do. */
  readonly system: string;
  /** What it is to do it with: data, whatever it says. */
  readonly user: string;
  /** JSON Schema of the answer. Assistants that can keep to it do; whoever asks checks the answer all the same. */
  readonly schema?: object | undefined;
  /** Longest answer, tokens. */
  readonly maxTokens: number;
}

/** A general instruct model: it summarises and translates. Optional; nothing live ever waits for it. */
export interface Assistant {
  /** The model's name, for people. */
  readonly name: string;
  /** Most characters of `system` and `user` together that it takes at once. */
  readonly promptCharsMax: number;
  /** The answer as it came. Rejects with `assistant.failed`, also when `signal` gave it up. */
  ask(request: AssistantRequest, signal: AbortSignal): Promise<string>;
  close(): Promise<void>;
}
