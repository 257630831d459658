import type { SessionInput } from '../core/session/inputs.ts';
import type { SessionOutput } from '../core/session/outputs.ts';
import type { Cleaner } from '../ports/cleaner.ts';
import type { Clock } from '../ports/clock.ts';

type Wanted = Extract<SessionOutput, { kind: 'clean' }>;

/** The cleaners a session may choose from. */
export interface Cleaners {
  /** What the server was started with; undefined means cleaning is off unless a session asks for rules. */
  readonly standard: Cleaner | undefined;
  readonly llm: Cleaner | undefined;
  readonly openai: Cleaner | undefined;
}

/** Carries one sentence to its cleaner and back, within a time; the core turns to the rules when nothing comes. */
export async function cleanSentence(
  wanted: Wanted,
  cleaners: Cleaners,
  timeoutMs: number,
  clock: Clock,
): Promise<SessionInput> {
  const { sentence, text, language, context, instruction } = wanted;
  const startMs = clock.nowMs();
  const tookMs = (): number => clock.nowMs() - startMs;
  const cleaner = choose(wanted.mode, cleaners);
  if (cleaner === undefined || !cleaner.knows(language))
    return { kind: 'unwritten', sentence, reason: 'absent', tookMs: tookMs() };
  const abort = new AbortController();
  using _ = clock.after(timeoutMs, () => abort.abort());
  try {
    const rewrite = await cleaner.rewrite({ text, language, context, instruction }, abort.signal);
    return { kind: 'rewrite', sentence, text: rewrite.text, model: rewrite.model, tookMs: tookMs() };
  } catch {
    // Whatever went wrong, the sentence is cleaned by the rules; the notice says which way.
    return { kind: 'unwritten', sentence, reason: abort.signal.aborted ? 'late' : 'failed', tookMs: tookMs() };
  }
}

function choose(mode: Wanted['mode'], cleaners: Cleaners): Cleaner | undefined {
  if (mode === 'default') return cleaners.standard;
  return mode === 'rules' ? undefined : cleaners[mode];
}
