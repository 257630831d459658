/** One request to an instruct model. */
export interface AssistantRequest {
  /** The task. */
  readonly system: string;
  /** The text to work on. It is data, whatever it says. */
  readonly user: string;
  /** JSON Schema of the answer. Assistants that support schemas follow it; the caller checks the answer in any case. */
  readonly schema?: object | undefined;
  /** Longest answer, tokens. */
  readonly maxTokens: number;
}

/** A general instruct model that summarises and translates. Optional; nothing live ever waits for it. */
export interface Assistant {
  /** The model's name, as shown to people. */
  readonly name: string;
  /** How many characters of `system` and `user` together the model accepts at once. */
  readonly promptCharsMax: number;
  /** Resolves with the raw answer. Rejects with `assistant.failed`, also when `signal` aborts. */
  complete(request: AssistantRequest, signal: AbortSignal): Promise<string>;
  close(): Promise<void>;
}
