import { readFileSync, statSync } from 'node:fs';
import { UserError } from '../output/user-error.ts';
import { type Dictionary, EMPTY_DICTIONARY, parseDictionary } from './core/dictionary.ts';

const BYTES_MAX = 2_000_000;

/** The user's dictionary. It is checked before each dictation and read again when it has changed. */
export class DictionaryFile {
  readonly #path: string;
  readonly #isNamed: boolean;
  #stamp = '';
  #dictionary = EMPTY_DICTIONARY;

  /** A file named by the user must exist; the one in the default folder need not. */
  constructor(path: string, named: 'by user' | 'by default') {
    this.#path = path;
    this.#isNamed = named === 'by user';
  }

  /** Reads the dictionary. Throws a `UserError` when it is invalid; the last version then stays in force. */
  read(): Dictionary {
    const stamp = this.#readStamp();
    if (stamp === this.#stamp) return this.#dictionary;
    this.#stamp = stamp;
    if (stamp === '') {
      this.#dictionary = EMPTY_DICTIONARY;
      return this.#dictionary;
    }
    const outcome = parseDictionary(readFileSync(this.#path, 'utf8'));
    if ('problem' in outcome) throw new UserError(`The dictionary ${this.#path} is not used: ${outcome.problem}.`);
    this.#dictionary = outcome.dictionary;
    return this.#dictionary;
  }

  /** The version read last. */
  get last(): Dictionary {
    return this.#dictionary;
  }

  #readStamp(): string {
    const found = statSync(this.#path, { throwIfNoEntry: false });
    if (found === undefined) {
      if (this.#isNamed) throw new UserError(`There is no dictionary ${this.#path}.`);
      return '';
    }
    if (found.size > BYTES_MAX)
      throw new UserError(`The dictionary ${this.#path} has ${found.size} bytes; at most ${BYTES_MAX} are read.`);
    return `${found.mtimeMs} ${found.size} ${found.ino}`;
  }
}
