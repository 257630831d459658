import { applyMessages, pickInterfaceLanguage, translate } from '../i18n/messages.ts';
import { OVERLAY_MESSAGES } from '../i18n/overlay.ts';
import { RoomSubscription } from '../rooms/room-subscription.ts';
import { CaptionRenderer } from './caption-renderer.ts';
import { readOverlaySettings } from './overlay-settings.ts';

/** Connecting is reported only when it takes longer than this, ms. */
const QUIET_MS = 3_000;

const settings = readOverlaySettings(location, (text) => console.warn(`Overlay: ${text}`));
const language = pickInterfaceLanguage([settings.lang, ...navigator.languages]);
const words = OVERLAY_MESSAGES[language];
const notice = document.querySelector<HTMLElement>('#notice')!;

function tell(text: string | undefined, grave: 'grave' | undefined = undefined): void {
  notice.hidden = text === undefined;
  notice.toggleAttribute('data-grave', grave !== undefined);
  if (text !== undefined) notice.textContent = text;
}

function watch(stage: CaptionRenderer): void {
  const connecting = setTimeout(() => tell(translate(words, 'connecting', { host: location.host })), QUIET_MS);
  new RoomSubscription({
    ...{ room: settings.room, token: settings.token, from: 'now', translate: settings.translate },
    hear: (event) => stage.hear(event),
    presence: ({ sessions }) => stage.present(sessions),
    state(line) {
      document.documentElement.dataset['line'] = line.state;
      // Captions stay on screen while the connection is lost: the audience need not know.
      if (line.state === 'live') {
        clearTimeout(connecting);
        tell(undefined);
      } else if (line.state === 'refused') {
        clearTimeout(connecting);
        const revoked = line.code === 'viewer.revoked';
        tell(revoked ? words.revoked : translate(words, 'denied', { reason: line.text }), 'grave');
      }
    },
  });
}

applyMessages(document, words, language);
const stage = new CaptionRenderer(document.querySelector<HTMLElement>('#stage')!, settings);
if (settings.preview) {
  document.documentElement.dataset['preview'] = '';
  stage.playSample();
} else watch(stage);
