import type { EventOf, ServerEvent } from '../../protocol/index.ts';

/** Collects the sentences of an uploaded file until all of it is recognised. */
export class UploadedSentences {
  readonly #sentences: EventOf<'final'>[] = [];

  /** Returns the sentences in the order of their times, without empty ones, once `event` is the last; undefined before. */
  push(event: ServerEvent): readonly EventOf<'final'>[] | undefined {
    if (event.type === 'final' && event.text.trim() !== '') this.#sentences.push(event);
    return event.type === 'done' ? this.#sentences.toSorted((a, b) => a.fromMs - b.fromMs) : undefined;
  }
}
