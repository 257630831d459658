import { RoomLine } from '../room-line.ts';
import { OVERLAY_WORDS } from '../words/overlay.ts';
import { applyWords, pickInterfaceLanguage, say } from '../words/words.ts';
import { readOverlay } from './overlay-settings.ts';
import { Stage } from './stage.ts';

/** A server that answers within this time needs no word about it, ms. */
const QUIET_MS = 3_000;

const settings = readOverlay(location, (text) => console.warn(`Overlay: ${text}`));
const language = pickInterfaceLanguage([settings.lang, ...navigator.languages]);
const words = OVERLAY_WORDS[language];
const notice = document.querySelector<HTMLElement>('#notice')!;

function tell(text: string | undefined, grave: 'grave' | undefined = undefined): void {
  notice.hidden = text === undefined;
  notice.toggleAttribute('data-grave', grave !== undefined);
  if (text !== undefined) notice.textContent = text;
}

function watch(stage: Stage): void {
  const connecting = setTimeout(() => tell(say(words, 'connecting', { host: location.host })), QUIET_MS);
  new RoomLine({
    ...{ room: settings.room, token: settings.token, from: 'now', translate: settings.translate },
    hear: (event) => stage.hear(event),
    presence: ({ sessions }) => stage.present(sessions),
    state(line) {
      document.documentElement.dataset['line'] = line.state;
      // What was said stays on the screen while the line is lost: the audience need not know of it.
      if (line.state === 'live') {
        clearTimeout(connecting);
        tell(undefined);
      } else if (line.state === 'refused') {
        clearTimeout(connecting);
        const revoked = line.code === 'viewer.revoked';
        tell(revoked ? words.revoked : say(words, 'denied', { reason: line.text }), 'grave');
      }
    },
  });
}

applyWords(document, words, language);
const stage = new Stage(document.querySelector<HTMLElement>('#stage')!, settings);
if (settings.preview) {
  document.documentElement.dataset['preview'] = '';
  stage.playSample();
} else watch(stage);
