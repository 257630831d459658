import { SentenceFold } from '../../../transcript/sentence-fold.ts';
import { PageAuth } from '../auth/page-auth.ts';
import { CAPTIONS_MESSAGES } from '../i18n/captions.ts';
import {
  applyMessages,
  INTERFACE_LANGUAGES,
  type InterfaceLanguage,
  pickInterfaceLanguage,
  translate,
} from '../i18n/messages.ts';
import { RoomSubscription, type SubscriptionState } from '../rooms/room-subscription.ts';
import { ViewerLink } from '../rooms/viewer-link.ts';
import { copyText } from '../ui/clipboard.ts';
import { getElement, onClick } from '../ui/dom.ts';
import { isLocalOnlyAddress, renderQrCode } from '../ui/qr-code.ts';
import { saveText } from '../ui/save-file.ts';
import { readSettings, writeSettings } from '../ui/url-settings.ts';
import {
  CAPTIONS_SETTINGS,
  loadReaderChoices,
  type ReaderChoices,
  readReaderChoices,
  SIZE_SETTING,
  saveReaderChoices,
} from './captions-settings.ts';
import { LogView, SENTENCES_MAX } from './log-view.ts';
import { ReaderWakeLock } from './reader-wake-lock.ts';

/** Screen readers stay silent for this long after connecting, ms: the sentences that arrive first are history. */
const HISTORY_MS = 1_500;
/** Languages offered for translation. A server may know others; the address can request them. */
const TRANSLATIONS = 'ar de en es fr hi id it ja ko nl pl pt ru sv tr uk vi zh'.split(' ');
/** Untranslated sentences after which the page says that no translation arrives. */
const UNTRANSLATED_MAX = 2;

const address = readSettings(CAPTIONS_SETTINGS, location, (text) => console.warn(`Captions: ${text}`));
const namedSettings = new Set(new URLSearchParams(location.search).keys());

const auth = new PageAuth({ room: address.room, hash: 'viewer', uses: ['viewers'] });
/** Viewer token, from the link or typed in. */
let viewerToken = address.token || (auth.viewerToken ?? '');
let subscriptions = 0;
let choices = readReaderChoices(address, namedSettings, loadReaderChoices());
let texts = CAPTIONS_MESSAGES.en;
let connection: SubscriptionState = { state: 'connecting' };
let isRefusalShown = false;
let room: 'live' | 'idle' | undefined;
let subscription: RoomSubscription | undefined;
let untranslated = 0;
let silenceTimer: ReturnType<typeof setTimeout> | undefined;
const transcript = new SentenceFold({ sentencesMax: SENTENCES_MAX });
const wakeLock = new ReaderWakeLock();
const view = new LogView({
  ...{ log: getElement('log'), open: getElement('open'), jump: getElement('jump') },
  formatMissed: (count) => (count === 0 ? texts.jump : translate(texts, 'jumpCount', { count })),
  formatSpeaker: (number) => translate(texts, 'speaker', { number }),
  formatHearing: () => texts.firstVersion,
  onLate: (isTranslation) => {
    if (isTranslation && ++untranslated === UNTRANSLATED_MAX) showMessage(texts.untranslated);
  },
});

function showMessage(text: string | undefined): void {
  const message = getElement('message');
  message.hidden = text === undefined;
  if (text !== undefined) message.textContent = text;
}

function showState(): void {
  const key = connection.state === 'live' ? (room === 'idle' ? 'idle' : 'live') : connection.state;
  const state = getElement('state');
  state.dataset['state'] = key;
  if (state.textContent !== texts[key]) state.textContent = texts[key];
  if (connection.state === 'refused') {
    showMessage(describeRefusal(connection));
    isRefusalShown = true;
  }
  getElement('key-prompt').hidden = connection.state !== 'refused' || !isAuthCode(connection.code);
}

const isAuthCode = (code: string): boolean => code.startsWith('auth.') || code === 'viewer.revoked';

function describeRefusal({ code, text }: Extract<SubscriptionState, { state: 'refused' }>): string {
  if (code === 'viewer.revoked') return texts.revoked;
  return viewerToken === '' ? texts.keyNeeded : translate(texts, 'denied', { reason: text });
}

/** Asks the reader for a key or a token, and tries again with it. */
async function askForAccess(): Promise<void> {
  if (!(await auth.askForKey())) return;
  // What was typed in replaces the token of the link.
  viewerToken = auth.viewerToken ?? '';
  showMessage(undefined);
  await subscribe();
}

/** A token created from a reader's own key lasts for minutes, so reconnecting later requires a new one. */
async function handleRefusal(code: string): Promise<void> {
  auth.discardTokens();
  if (viewerToken !== '' || !isAuthCode(code)) return;
  if (auth.hasKey && code === 'auth.expired' && (await auth.credential()) !== undefined) return subscribe();
  if (!auth.hasKey) await askForAccess();
}

async function subscribe(): Promise<void> {
  subscription?.close();
  const now = ++subscriptions;
  const token = viewerToken || ((await auth.credential()) ?? '');
  if (now !== subscriptions) return;
  silenceScreenReaders();
  subscription = new RoomSubscription({
    ...{ room: address.room, token, from: 'start', translate: choices.translate },
    onText(event) {
      const sentence = transcript.read(event);
      if (sentence === undefined) return;
      getElement('empty').hidden = true;
      if (event.type === 'translated') untranslated = Number.NEGATIVE_INFINITY;
      view.show(sentence);
    },
    onState(next) {
      // A new token may have solved a refusal.
      if (next.state === 'live' && isRefusalShown) showMessage(undefined);
      if (next.state === 'live') isRefusalShown = false;
      connection = next;
      showState();
      if (next.state === 'refused') void handleRefusal(next.code);
    },
    onPresence(now) {
      room = now.state;
      // A sentence that a session left open before it went will not go on.
      view.forget(transcript.forget(({ session, final }) => !final && !now.sessions.includes(session)));
      if (now.cut) showMessage(texts.cut);
      showState();
    },
  });
}

/** Keeps screen readers silent while the history arrives. */
function silenceScreenReaders(): void {
  const log = getElement('log');
  log.setAttribute('aria-live', 'off');
  clearTimeout(silenceTimer);
  silenceTimer = setTimeout(() => log.setAttribute('aria-live', choices.announce ? 'polite' : 'off'), HISTORY_MS);
}

function setLanguage(language: InterfaceLanguage): void {
  texts = CAPTIONS_MESSAGES[language];
  applyMessages(document, texts, language);
  document.title = `${texts.captions} – Sotto`;
  const names = new Intl.DisplayNames([language, 'en'], { type: 'language', fallback: 'code' });
  const offered = [...new Set([...TRANSLATIONS, choices.translate])].filter((code) => code !== '');
  const options = offered.map((code) => new Option(names.of(code) ?? code, code));
  options.sort((a, b) => a.text.localeCompare(b.text, language));
  getElement('translate').replaceChildren(new Option(texts.translateNone, ''), ...options);
  getElement('translate', HTMLSelectElement).value = choices.translate;
  showState();
}

function apply(): void {
  const root = document.documentElement;
  root.style.setProperty('--scale', String(choices.size / 100));
  root.dataset['font'] = choices.font;
  root.dataset['colors'] = choices.colors;
  if (choices.colors === 'light' || choices.colors === 'dark') root.dataset['theme'] = choices.colors;
  else delete root.dataset['theme'];
  getElement('both', HTMLInputElement).disabled = choices.translate === '';
  view.choose({ text: choices.text, translate: choices.translate }, choices.both);
  if (silenceTimer === undefined || getElement('log').getAttribute('aria-live') !== 'off' || !choices.announce)
    getElement('log').setAttribute('aria-live', choices.announce ? 'polite' : 'off');
  void wakeLock.setWanted(choices.awake ? 'on' : 'off');
}

function choose(change: Partial<ReaderChoices>): void {
  const before = choices;
  choices = { ...choices, ...change };
  saveReaderChoices(choices);
  if (change.language !== undefined) setLanguage(pickInterfaceLanguage([choices.language]));
  apply();
  fillForm();
  if (choices.translate === before.translate) return;
  untranslated = 0;
  showMessage(undefined);
  void subscribe();
}

function fillForm(): void {
  getElement('size', HTMLInputElement).value = String(choices.size);
  for (const name of ['font', 'colors', 'text', 'translate'] as const) {
    getElement(name, HTMLSelectElement).value = choices[name];
  }
  for (const name of ['both', 'announce', 'awake'] as const) getElement(name, HTMLInputElement).checked = choices[name];
  getElement('language', HTMLSelectElement).value = document.documentElement.lang;
  getElement('smaller', HTMLButtonElement).disabled = choices.size <= SIZE_SETTING.min;
  getElement('larger', HTMLButtonElement).disabled = choices.size >= SIZE_SETTING.max;
}

const viewerLink = new ViewerLink(getElement('share-viewer-link'), {
  auth,
  // A reader who came with a link shares that link.
  room: () => (viewerToken === '' ? address.room : undefined),
  onChange: showLink,
  showMessage: (text) => {
    getElement('status').textContent = text;
  },
});

function openShare(): void {
  viewerLink.show();
  showLink();
  getElement('share', HTMLDialogElement).showModal();
}

function showLink(): void {
  const token = viewerToken || viewerLink.token;
  const link = writeSettings(CAPTIONS_SETTINGS, { ...address, token, lang: '' }, `${location.origin}/captions`);
  getElement('link', HTMLInputElement).value = link;
  getElement('local-only').hidden = !isLocalOnlyAddress(link);
  // On servers that require keys, the viewer link has its own note.
  getElement('link-note').hidden = !getElement('share-viewer-link').hidden;
  getElement('qr').replaceChildren(renderQrCode(link, texts.qr));
}

function setUp(): void {
  const resize = (by: number) => (): void =>
    choose({ size: Math.min(SIZE_SETTING.max, Math.max(SIZE_SETTING.min, choices.size + by)) });
  onClick('smaller', resize(-SIZE_SETTING.bigStep));
  onClick('larger', resize(SIZE_SETTING.bigStep));
  onClick('open-settings', () => getElement('settings', HTMLDialogElement).showModal());
  onClick('open-share', openShare);
  onClick('key', () => askForAccess());
  onClick('jump', () => {
    view.jump();
    getElement('log').focus({ preventScroll: true });
  });
  onClick('save', () => saveText(`${address.room}.txt`, view.text()));
  onClick('copy', () => {
    void copyText(getElement('link', HTMLInputElement).value).then((done) => {
      getElement('status').textContent = getElement('copy').textContent = done ? texts.copied : texts.notCopied;
      setTimeout(() => {
        getElement('copy').textContent = texts.copy;
      }, 2_000);
    });
  });
  const size = getElement('size', HTMLInputElement);
  size.addEventListener('input', () => choose({ size: Number(size.value) }));
  for (const name of ['font', 'colors', 'text', 'translate', 'language'] as const) {
    const select = getElement(name, HTMLSelectElement);
    select.addEventListener('change', () => choose({ [name]: select.value }));
  }
  for (const name of ['both', 'announce', 'awake'] as const) {
    const box = getElement(name, HTMLInputElement);
    box.addEventListener('change', () => choose({ [name]: box.checked }));
  }
}

if (address.room !== 'main') getElement('room').textContent = address.room;
for (const [code, name] of Object.entries(INTERFACE_LANGUAGES)) getElement('language').append(new Option(name, code));
getElement('awake-label').hidden = !ReaderWakeLock.isSupported;
setLanguage(pickInterfaceLanguage([choices.language, ...navigator.languages]));
apply();
fillForm();
setUp();
await subscribe();
