import { applyMessages, pickInterfaceLanguage, translate } from '../i18n/messages.ts';
import { OVERLAY_MESSAGES } from '../i18n/overlay.ts';
import { CaptionRenderer } from '../roll-up/caption-renderer.ts';
import { readOverlaySettings } from '../roll-up/overlay-settings.ts';
import { RoomSubscription } from '../rooms/room-subscription.ts';
import { getElement } from '../ui/dom.ts';

/** Connecting is reported only when it takes longer than this, ms. */
const QUIET_MS = 3_000;

const settings = readOverlaySettings(location, (text) => console.warn(`Overlay: ${text}`));
const language = pickInterfaceLanguage([settings.lang, ...navigator.languages]);
const messages = OVERLAY_MESSAGES[language];
const notice = getElement('notice');

function showNotice(text: string | undefined, grave: 'grave' | undefined = undefined): void {
  notice.hidden = text === undefined;
  notice.toggleAttribute('data-grave', grave !== undefined);
  if (text !== undefined) notice.textContent = text;
}

function subscribe(renderer: CaptionRenderer): void {
  const connecting = setTimeout(() => showNotice(translate(messages, 'connecting', { host: location.host })), QUIET_MS);
  new RoomSubscription({
    ...{ room: settings.room, token: settings.token, from: 'now', translate: settings.translate },
    onText: (event) => renderer.receive(event),
    onPresence: ({ sessions }) => renderer.present(sessions),
    onState(subscription) {
      document.documentElement.dataset['subscription'] = subscription.state;
      // Captions stay on screen while the connection is lost: the audience need not know.
      if (subscription.state === 'live') {
        clearTimeout(connecting);
        showNotice(undefined);
      } else if (subscription.state === 'refused') {
        clearTimeout(connecting);
        const revoked = subscription.code === 'viewer.revoked';
        showNotice(revoked ? messages.revoked : translate(messages, 'denied', { reason: subscription.text }), 'grave');
      }
    },
  });
}

applyMessages(document, messages, language);
const renderer = new CaptionRenderer(getElement('stage'), settings);
if (settings.preview) {
  document.documentElement.dataset['preview'] = '';
  renderer.playSample();
} else subscribe(renderer);
