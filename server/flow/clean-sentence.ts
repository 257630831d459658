import type { SessionInput } from '../core/session/inputs.ts';
import type { SessionOutput } from '../core/session/outputs.ts';
import type { Cleaner } from '../ports/cleaner.ts';
import type { Clock } from '../ports/clock.ts';

type CleanOutput = Extract<SessionOutput, { kind: 'clean' }>;

/** The cleaners a session may choose from. */
export interface Cleaners {
  /** The one the server was started with; undefined means cleaning is off unless a session asks for the rules. */
  readonly standard: Cleaner | undefined;
  readonly llm: Cleaner | undefined;
  readonly openai: Cleaner | undefined;
}

/** Has one sentence rewritten by its cleaner within a time limit; the core falls back to the rules when that fails. */
export async function cleanSentence(
  request: CleanOutput,
  cleaners: Cleaners,
  timeoutMs: number,
  clock: Clock,
): Promise<SessionInput> {
  const { sentence, revised, text, language, context, instruction } = request;
  const startMs = clock.nowMs();
  const tookMs = (): number => clock.nowMs() - startMs;
  const cleaner = chooseCleaner(request.mode, cleaners);
  if (cleaner === undefined || !cleaner.supportsLanguage(language))
    return { kind: 'unwritten', sentence, revised, reason: 'absent', tookMs: tookMs() };
  const abort = new AbortController();
  using _ = clock.setTimer(timeoutMs, () => abort.abort());
  try {
    const rewrite = await cleaner.rewrite({ text, language, context, instruction }, abort.signal);
    return { kind: 'rewrite', sentence, revised, text: rewrite.text, model: rewrite.model, tookMs: tookMs() };
  } catch {
    // Whatever went wrong, the sentence is cleaned by the rules; the notice gives the reason.
    return { kind: 'unwritten', sentence, revised, reason: abort.signal.aborted ? 'late' : 'failed', tookMs: tookMs() };
  }
}

function chooseCleaner(mode: CleanOutput['mode'], cleaners: Cleaners): Cleaner | undefined {
  if (mode === 'default') return cleaners.standard;
  return mode === 'rules' ? undefined : cleaners[mode];
}
