import type { PageAuth } from '../auth/page-auth.ts';
import { ROOM_SETTING } from '../overlay/overlay-settings.ts';
import { copyText } from '../ui/clipboard.ts';
import type { Messages } from '../ui/messages.ts';
import { isLocalOnlyAddress, renderQrCode } from '../ui/qr-code.ts';
import { ViewerLink } from './viewer-link.ts';

const KEY = 'sotto.room';
const find = <E extends HTMLElement>(id: string): E => document.querySelector<E>(`#${id}`)!;

export interface SharingOptions {
  readonly messages: Messages;
  readonly entry: PageAuth;
  readonly isRunning: () => boolean;
  /** Whether the next visit speaks in the same room. A meeting is shared when it is asked for, and not the next one. */
  readonly room: 'kept' | 'anew';
}

/** The room that sessions of this page speak in; undefined when they speak in none. */
export function getSharedRoom(): string | undefined {
  const room = find<HTMLInputElement>('room-name').value.trim();
  return ROOM_SETTING.test(room) ? room : undefined;
}

/** What a session's `start` says of it. */
export function toRoomOption(): { readonly room?: string } {
  const room = getSharedRoom();
  return room === undefined ? {} : { room };
}

/** The menu that names a room, and leads others to it: a link, a QR code, the overlay. */
export function setUpSharing({ messages, entry, isRunning, room: memory }: SharingOptions): void {
  const field = find<HTMLInputElement>('room-name');
  if (memory === 'kept') recallRoom(field);
  const tell = (text: string): void => messages.remark(text);
  const show = (): void => showLink(guest.token);
  const guest = new ViewerLink(find('share-guest'), { entry, room: getSharedRoom, changed: show, tell });
  show();
  field.addEventListener('input', () => {
    guest.show();
    show();
  });
  field.addEventListener('change', () => {
    if (isRunning()) tell('What is being said stays where it is; the room holds from the next start on.');
  });
  find('share-copy').addEventListener('click', () => {
    void copyText(find<HTMLInputElement>('share-link').value).then((done) =>
      tell(done ? 'Copied.' : 'The browser did not allow copying.'),
    );
  });
}

function recallRoom(field: HTMLInputElement): void {
  try {
    field.value = localStorage.getItem(KEY) ?? '';
    field.addEventListener('input', () => localStorage.setItem(KEY, getSharedRoom() ?? ''));
  } catch {
    // Storage is forbidden: the name is asked for again.
  }
}

function showLink(token: string): void {
  const field = find<HTMLInputElement>('room-name');
  const room = getSharedRoom();
  const isWrong = field.value.trim() !== '' && room === undefined;
  if (isWrong) field.setAttribute('aria-invalid', 'true');
  else field.removeAttribute('aria-invalid');
  find('share-links').hidden = room === undefined;
  if (room === undefined) return;
  const hash = token === '' ? '' : `#token=${encodeURIComponent(token)}`;
  const link = `${location.origin}/captions?room=${room}${hash}`;
  find<HTMLInputElement>('share-link').value = link;
  find<HTMLAnchorElement>('share-open').href = link;
  find<HTMLAnchorElement>('share-overlay').href = `/overlay/settings?room=${room}${hash}`;
  find('share-here').hidden = !isLocalOnlyAddress(link);
  find('share-qr').replaceChildren(renderQrCode(link, 'QR code of the link'));
}
