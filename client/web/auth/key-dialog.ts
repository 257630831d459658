import { AUTH_MESSAGES, type AuthMessage } from '../i18n/auth.ts';
import { pickInterfaceLanguage } from '../i18n/messages.ts';
import type { StorageSpan } from '../storage/browser-storage.ts';
import { decodeHashPart } from './linked-key.ts';

/** The server's verdict on a key or token. */
export type CredentialCheck = 'good' | { readonly problem: string };

export interface KeyDialogCallbacks {
  check(text: string): Promise<CredentialCheck>;
  store(text: string, span: StorageSpan): void;
  forget(): void;
}

export interface KeyPrompt {
  /** What is wrong with the key that was entered before. */
  readonly why: string | undefined;
  /** Whether a key is stored that can be forgotten. */
  readonly hasStoredKey: boolean;
  /** Whether a viewer token is accepted, too. */
  readonly acceptsViewerToken: boolean;
}

/** Characters allowed in a header and in the name of a subprotocol. */
const CREDENTIAL = /^[\w.~+/=-]{1,4096}$/;

/** Asks for a key or a token. Stays open until the server accepts one or the user gives up. */
export class KeyDialog {
  readonly #callbacks: KeyDialogCallbacks;

  constructor(deeds: KeyDialogCallbacks) {
    this.#callbacks = deeds;
  }

  ask({ why, hasStoredKey: has, acceptsViewerToken: viewer }: KeyPrompt): Promise<boolean> {
    const words = AUTH_MESSAGES[pickInterfaceLanguage([document.documentElement.lang])];
    const { dialog, form, field, remember, problem, forget, cancel } = buildDialog(words, viewer);
    const tell = (text: string | undefined): void => {
      problem.hidden = text === undefined;
      problem.textContent = text ?? '';
      if (text === undefined) field.removeAttribute('aria-invalid');
      else field.setAttribute('aria-invalid', 'true');
    };
    forget.hidden = !has;
    document.body.append(dialog);
    tell(why);
    return new Promise((resolve) => {
      let given = false;
      form.addEventListener('submit', (event) => {
        event.preventDefault();
        void this.#check(field.value, words).then((taken) => {
          if ('problem' in taken) {
            tell(taken.problem);
            field.select();
            return;
          }
          given = true;
          this.#callbacks.store(taken.text, remember.checked ? 'browser' : 'tab');
          dialog.close();
        });
      });
      forget.addEventListener('click', () => {
        this.#callbacks.forget();
        dialog.close();
      });
      cancel.addEventListener('click', () => dialog.close());
      dialog.addEventListener('close', () => {
        dialog.remove();
        resolve(given);
      });
      dialog.showModal();
      field.focus();
    });
  }

  /** Checks what was typed. A whole link that holds a token is accepted as well: that is what people are sent. */
  async #check(
    typed: string,
    words: Readonly<Record<AuthMessage, string>>,
  ): Promise<{ readonly text: string } | { readonly problem: string }> {
    const bare = typed.trim();
    const text = decodeHashPart(/#(?:token|key)=([^&\s]+)/.exec(bare)?.[1] ?? bare);
    if (!CREDENTIAL.test(text)) return { problem: text === '' ? words.keyEmpty : words.keyOdd };
    const verdict = await this.#callbacks.check(text);
    return verdict === 'good' ? { text } : verdict;
  }
}

function buildDialog(words: Readonly<Record<AuthMessage, string>>, viewer: boolean) {
  const made = <K extends keyof HTMLElementTagNameMap>(tag: K, text = '', className = ''): HTMLElementTagNameMap[K] => {
    const element = document.createElement(tag);
    element.textContent = text;
    element.className = className;
    return element;
  };
  const dialog = made('dialog', '', 'key-dialog');
  const title = made('h2', words.keyTitle);
  title.id = 'key-title';
  dialog.setAttribute('aria-labelledby', title.id);
  const about = made('p', viewer ? words.keyAboutViewer : words.keyAbout);
  const form = made('form');
  const label = made('label', words.keyField, 'key-field');
  const field = made('input');
  Object.assign(field, { type: 'password', autocomplete: 'off', spellcheck: false, id: 'key-text', dir: 'ltr' });
  label.append(field);
  const check = made('label', '', 'check');
  const remember = made('input');
  remember.type = 'checkbox';
  remember.id = 'key-remember';
  check.append(remember, ` ${words.keyRemember}`);
  const note = made('p', words.keyKept, 'note');
  const problem = made('p', '', 'key-problem');
  problem.setAttribute('role', 'alert');
  const row = made('div', '', 'key-buttons');
  const button = (text: string, id: string, type: 'button' | 'submit'): HTMLButtonElement => {
    const element = made('button', text, type === 'submit' ? 'plain primary' : 'plain');
    Object.assign(element, { type, id });
    return element;
  };
  const forget = button(words.keyForget, 'key-forget', 'button');
  const cancel = button(words.cancel, 'key-cancel', 'button');
  const give = button(words.keyGive, 'key-give', 'submit');
  row.append(forget, cancel, give);
  form.append(label, check, note, problem, row);
  dialog.append(title, about, form);
  return { dialog, form, field, remember, problem, forget, cancel };
}
