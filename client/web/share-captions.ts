import { ROOM } from './overlay/overlay-settings.ts';
import { isOnlyHere, qrCode } from './qr-code.ts';
import { needsToken } from './viewer-tokens.ts';
import { copy } from './views/clipboard.ts';
import type { Messages } from './views/messages.ts';

const KEY = 'sotto.room';
const find = <E extends HTMLElement>(id: string): E => document.querySelector<E>(`#${id}`)!;

/** The room that sessions of this page speak in; undefined when they speak in none. */
export function sharedRoom(): string | undefined {
  const room = find<HTMLInputElement>('room').value.trim();
  return ROOM.test(room) ? room : undefined;
}

/** The menu that names a room, and leads others to it: a link, a QR code, the overlay. */
export function wireSharing(messages: Messages, isRunning: () => boolean): void {
  const field = find<HTMLInputElement>('room');
  try {
    field.value = localStorage.getItem(KEY) ?? '';
  } catch {
    // Storage is forbidden: the name is asked for again.
  }
  show();
  field.addEventListener('input', () => {
    show();
    try {
      localStorage.setItem(KEY, sharedRoom() ?? '');
    } catch {
      // As above.
    }
  });
  field.addEventListener('change', () => {
    if (isRunning()) messages.remark('What is being said stays where it is; the room holds from the next start on.');
  });
  find('share-copy').addEventListener('click', () => {
    void copy(find<HTMLInputElement>('share-link').value).then((done) =>
      messages.remark(done ? 'Copied.' : 'The browser did not allow copying.'),
    );
  });
  void needsToken().then((needed) => {
    find('share-token').hidden = !needed;
  });
}

function show(): void {
  const field = find<HTMLInputElement>('room');
  const room = sharedRoom();
  const isWrong = field.value.trim() !== '' && room === undefined;
  if (isWrong) field.setAttribute('aria-invalid', 'true');
  else field.removeAttribute('aria-invalid');
  find('share-links').hidden = room === undefined;
  if (room === undefined) return;
  const link = `${location.origin}/captions?room=${room}`;
  find<HTMLInputElement>('share-link').value = link;
  find<HTMLAnchorElement>('share-open').href = link;
  find<HTMLAnchorElement>('share-overlay').href = `/overlay/settings?room=${room}`;
  find('share-here').hidden = !isOnlyHere(link);
  find('share-qr').replaceChildren(qrCode(link, 'QR code of the link'));
}
