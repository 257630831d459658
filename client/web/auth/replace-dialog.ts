import { AUTH_MESSAGES } from '../i18n/auth.ts';
import { pickInterfaceLanguage, translate } from '../i18n/messages.ts';

/** Asks whether the key of a link should replace the stored one. Resolves with false when the user keeps theirs or closes the dialog. */
export function confirmKeyReplacement(): Promise<boolean> {
  const words = AUTH_MESSAGES[pickInterfaceLanguage([document.documentElement.lang])];
  const dialog = document.createElement('dialog');
  dialog.className = 'key-dialog';
  dialog.id = 'key-replace';
  dialog.setAttribute('aria-labelledby', 'key-replace-title');
  const title = document.createElement('h2');
  title.id = 'key-replace-title';
  title.textContent = words.linkTitle;
  const about = document.createElement('p');
  about.textContent = translate(words, 'linkAbout', { server: location.host });
  const row = document.createElement('div');
  row.className = 'key-buttons';
  const button = (text: string, id: string): HTMLButtonElement => {
    const element = document.createElement('button');
    element.textContent = text;
    Object.assign(element, { type: 'button', id, className: 'plain' });
    row.append(element);
    return element;
  };
  const replace = button(words.linkReplace, 'key-replace-yes');
  const keep = button(words.linkKeep, 'key-replace-no');
  keep.classList.add('primary');
  dialog.append(title, about, row);
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
