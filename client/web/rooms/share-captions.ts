import type { PageAuth } from '../auth/page-auth.ts';
import { loadValue, storeValue } from '../storage/browser-storage.ts';
import { copyText } from '../ui/clipboard.ts';
import { getElement, onClick, setInvalid } from '../ui/dom.ts';
import type { Messages } from '../ui/messages.ts';
import { isLocalOnlyAddress, renderQrCode } from '../ui/qr-code.ts';
import { ROOM_PATTERN } from './room-settings.ts';
import { ViewerLink } from './viewer-link.ts';

const ROOM_NAME = 'sotto.room';

export interface SharingOptions {
  readonly messages: Messages;
  readonly auth: PageAuth;
  readonly isRecording: () => boolean;
  /** Whether the next visit uses the same room. A meeting is shared on request only, and the next one is not. */
  readonly room: 'remembered' | 'new';
}

/** The room that this page's sessions are shared in; undefined for none. */
export function getSharedRoom(): string | undefined {
  const room = getElement('room-name', HTMLInputElement).value.trim();
  return ROOM_PATTERN.test(room) ? room : undefined;
}

/** The room as an option of `start`. */
export function toRoomOption(): { readonly room?: string } {
  const room = getSharedRoom();
  return room === undefined ? {} : { room };
}

/** The menu that names a room and shows how others reach it: link, QR code, overlay. */
export function setUpSharing({ messages, auth, isRecording, room: memory }: SharingOptions): void {
  const field = getElement('room-name', HTMLInputElement);
  if (memory === 'remembered') restoreRoom(field);
  const showMessage = (text: string): void => messages.showToast(text);
  const show = (): void => showLink(viewerLink.token);
  const viewerLink = new ViewerLink(getElement('share-viewer-link'), {
    auth,
    room: getSharedRoom,
    onChange: show,
    showMessage,
  });
  show();
  field.addEventListener('input', () => {
    viewerLink.show();
    show();
  });
  field.addEventListener('change', () => {
    if (isRecording()) showMessage('Sharing starts the next time you press Start.');
  });
  onClick('share-copy', () => {
    void copyText(getElement('share-link', HTMLInputElement).value).then((done) =>
      showMessage(done ? 'Copied.' : 'The browser did not allow copying.'),
    );
  });
}

function restoreRoom(field: HTMLInputElement): void {
  field.value = loadValue('browser', ROOM_NAME) ?? '';
  field.addEventListener('input', () => storeValue('browser', ROOM_NAME, getSharedRoom() ?? ''));
}

function showLink(token: string): void {
  const field = getElement('room-name', HTMLInputElement);
  const room = getSharedRoom();
  setInvalid(field, field.value.trim() !== '' && room === undefined);
  getElement('share-links').hidden = room === undefined;
  if (room === undefined) return;
  const hash = token === '' ? '' : `#token=${encodeURIComponent(token)}`;
  const link = `${location.origin}/captions?room=${room}${hash}`;
  getElement('share-link', HTMLInputElement).value = link;
  getElement('share-open', HTMLAnchorElement).href = link;
  getElement('share-overlay', HTMLAnchorElement).href = `/overlay/settings?room=${room}${hash}`;
  getElement('share-local-only').hidden = !isLocalOnlyAddress(link);
  getElement('share-qr').replaceChildren(renderQrCode(link, 'QR code of the link'));
}
