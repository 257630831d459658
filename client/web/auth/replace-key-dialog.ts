import { AUTH_MESSAGES } from '../i18n/auth.ts';
import { pickInterfaceLanguage, translate } from '../i18n/messages.ts';
import { createElement } from '../ui/dom.ts';

/** Asks whether the key of a link should replace the stored one. Resolves with false when the user keeps theirs or closes the dialog. */
export function confirmKeyReplacement(): Promise<boolean> {
  const messages = AUTH_MESSAGES[pickInterfaceLanguage([document.documentElement.lang])];
  const createChoice = (text: string, id: string, className: string): HTMLButtonElement =>
    createElement('button', { type: 'button', id, className }, text);
  const replace = createChoice(messages.linkReplace, 'key-replace-yes', 'button');
  const keep = createChoice(messages.linkKeep, 'key-replace-no', 'button primary');
  const dialog = createElement(
    'dialog',
    { className: 'key-dialog', id: 'key-replace', attributes: { 'aria-labelledby': 'key-replace-title' } },
    createElement('h2', { id: 'key-replace-title' }, messages.linkTitle),
    createElement('p', {}, translate(messages, 'linkAbout', { server: location.host })),
    createElement('div', { className: 'key-buttons' }, replace, keep),
  );
  document.body.append(dialog);
  return new Promise((resolve) => {
    let isReplaced = false;
    replace.addEventListener('click', () => {
      isReplaced = true;
      dialog.close();
    });
    keep.addEventListener('click', () => dialog.close());
    dialog.addEventListener('close', () => {
      dialog.remove();
      resolve(isReplaced);
    });
    dialog.showModal();
    // Pressing Enter without reading changes nothing.
    keep.focus();
  });
}
