import { cleanByRules } from '../core/clean/rules.ts';
import type { Cleaner, CleanRequest, Rewrite } from '../ports/cleaner.ts';

/** Cleans by deterministic rules: always available, in every language. */
export class RulesCleaner implements Cleaner {
  readonly name = 'rules';

  supportsLanguage(): boolean {
    return true;
  }

  ready(): Promise<void> {
    return Promise.resolve();
  }

  rewrite(request: CleanRequest): Promise<Rewrite> {
    return Promise.resolve({ text: cleanByRules(request.text, request.language), model: this.name });
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}
