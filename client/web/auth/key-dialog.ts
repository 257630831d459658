import { AUTH_MESSAGES, type AuthMessage } from '../i18n/auth.ts';
import { pickInterfaceLanguage } from '../i18n/messages.ts';
import type { StorageSpan } from '../storage/browser-storage.ts';
import { createElement, setInvalid } from '../ui/dom.ts';
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
  readonly problem: string | undefined;
  /** Whether a key is stored that can be forgotten. */
  readonly hasStoredKey: boolean;
  /** Whether a viewer token is accepted, too. */
  readonly acceptsViewerToken: boolean;
}

/** Characters allowed in a header and in the name of a subprotocol. */
const CREDENTIAL = /^[\w.~+/=-]{1,4096}$/;

const BUTTON = { type: 'button', className: 'button' } as const;

/** Asks for a key or a token. Stays open until the server accepts one or the user gives up. */
export class KeyDialog {
  readonly #callbacks: KeyDialogCallbacks;

  constructor(callbacks: KeyDialogCallbacks) {
    this.#callbacks = callbacks;
  }

  /** Resolves with whether the server has accepted a key or token. */
  ask({ problem: earlierProblem, hasStoredKey, acceptsViewerToken }: KeyPrompt): Promise<boolean> {
    const messages = AUTH_MESSAGES[pickInterfaceLanguage([document.documentElement.lang])];
    const { dialog, form, field, remember, problem, forget, cancel } = buildDialog(messages, acceptsViewerToken);
    const showProblem = (text: string | undefined): void => {
      problem.hidden = text === undefined;
      problem.textContent = text ?? '';
      setInvalid(field, text !== undefined);
    };
    forget.hidden = !hasStoredKey;
    document.body.append(dialog);
    showProblem(earlierProblem);
    return new Promise((resolve) => {
      let isAccepted = false;
      form.addEventListener('submit', (event) => {
        event.preventDefault();
        void this.#check(field.value, messages).then((checked) => {
          if ('problem' in checked) {
            showProblem(checked.problem);
            field.select();
            return;
          }
          isAccepted = true;
          this.#callbacks.store(checked.text, remember.checked ? 'browser' : 'tab');
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
        resolve(isAccepted);
      });
      dialog.showModal();
      field.focus();
    });
  }

  /** Checks what was typed. A whole link that holds a token is accepted as well: that is what people are sent. */
  async #check(
    typed: string,
    messages: Readonly<Record<AuthMessage, string>>,
  ): Promise<{ readonly text: string } | { readonly problem: string }> {
    const bare = typed.trim();
    const text = decodeHashPart(/#(?:token|key)=([^&\s]+)/.exec(bare)?.[1] ?? bare);
    if (!CREDENTIAL.test(text)) return { problem: text === '' ? messages.keyEmpty : messages.keyInvalid };
    const verdict = await this.#callbacks.check(text);
    return verdict === 'good' ? { text } : verdict;
  }
}

function buildDialog(messages: Readonly<Record<AuthMessage, string>>, acceptsViewerToken: boolean) {
  const field = createElement('input', {
    ...{ type: 'password', autocomplete: 'off', spellcheck: false, id: 'key-text', dir: 'ltr' },
  });
  const remember = createElement('input', { type: 'checkbox', id: 'key-remember' });
  const problem = createElement('p', { className: 'key-problem', attributes: { role: 'alert' } });
  const forget = createElement('button', { ...BUTTON, id: 'key-forget' }, messages.keyForget);
  const cancel = createElement('button', { ...BUTTON, id: 'key-cancel' }, messages.cancel);
  const submit = { type: 'submit', id: 'key-submit', className: 'button primary' } as const;
  const form = createElement(
    'form',
    {},
    createElement('label', { className: 'key-field' }, messages.keyField, field),
    createElement('label', { className: 'checkbox' }, remember, ` ${messages.keyRemember}`),
    createElement('p', { className: 'note' }, messages.keyStorageNote),
    problem,
    createElement(
      'div',
      { className: 'key-buttons' },
      ...[forget, cancel, createElement('button', submit, messages.keySubmit)],
    ),
  );
  const dialog = createElement(
    'dialog',
    { className: 'key-dialog', attributes: { 'aria-labelledby': 'key-title' } },
    createElement('h2', { id: 'key-title' }, messages.keyTitle),
    createElement('p', {}, acceptsViewerToken ? messages.keyAboutViewer : messages.keyAbout),
    form,
  );
  return { dialog, form, field, remember, problem, forget, cancel };
}
