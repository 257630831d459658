import { PageAuth } from '../auth/page-auth.ts';
import { CAPTIONS_MESSAGES } from '../i18n/captions.ts';
import {
  applyMessages,
  INTERFACE_LANGUAGES,
  type InterfaceLanguage,
  pickInterfaceLanguage,
  translate,
} from '../i18n/messages.ts';
import { readSettings, writeSettings } from '../overlay/url-settings.ts';
import { RoomSubscription, type SubscriptionState } from '../rooms/room-subscription.ts';
import { ViewerLink } from '../rooms/viewer-link.ts';
import { copyText } from '../ui/clipboard.ts';
import { isLocalOnlyAddress, renderQrCode } from '../ui/qr-code.ts';
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
import { RoomTranscript } from './room-transcript.ts';

/** What was said before the reader came is not read out: sentences of the first moments, ms. */
const HISTORY_MS = 1_500;
/** Languages offered for translation; a server may know others, which an address can ask for. */
const TRANSLATIONS = 'ar de en es fr hi id it ja ko nl pl pt ru sv tr uk vi zh'.split(' ');
/** Sentences without their translation after which it is said that none comes. */
const UNTRANSLATED_MAX = 2;

const find = <E extends HTMLElement>(id: string): E => document.querySelector<E>(`#${id}`)!;
const address = readSettings(CAPTIONS_SETTINGS, location, (text) => console.warn(`Captions: ${text}`));
const given = new Set(new URLSearchParams(location.search).keys());

const entry = new PageAuth({ room: address.room, hash: 'viewer', uses: ['viewers'] });
/** Token of a viewer: of the link, or typed in. */
let viewerToken = address.token || (entry.viewerToken ?? '');
let asked = 0;
let choices = readReaderChoices(address, given, loadReaderChoices());
let words = CAPTIONS_MESSAGES.en;
let line: SubscriptionState = { state: 'connecting' };
let room: 'live' | 'idle' | undefined;
let roomLine: RoomSubscription | undefined;
let untranslated = 0;
let silenced: ReturnType<typeof setTimeout> | undefined;
const transcript = new RoomTranscript(SENTENCES_MAX);
const light = new ReaderWakeLock();
const view = new LogView({
  ...{ log: find('log'), open: find('open'), jump: find('jump') },
  missed: (count) => (count === 0 ? words.jump : translate(words, 'jumpCount', { count })),
  speaker: (number) => translate(words, 'speaker', { number }),
  late: (isTranslation) => {
    if (isTranslation && ++untranslated === UNTRANSLATED_MAX) tell(words.untranslated);
  },
});

function tell(text: string | undefined): void {
  const message = find('message');
  message.hidden = text === undefined;
  if (text !== undefined) message.textContent = text;
}

function showState(): void {
  const key = line.state === 'live' ? (room === 'idle' ? 'idle' : 'live') : line.state;
  const state = find('state');
  state.dataset['state'] = key;
  if (state.textContent !== words[key]) state.textContent = words[key];
  if (line.state === 'refused') tell(refusal(line));
  find('key-ask').hidden = line.state !== 'refused' || !isAboutKeys(line.code);
}

const isAboutKeys = (code: string): boolean => code.startsWith('auth.') || code === 'viewer.revoked';

function refusal({ code, text }: Extract<SubscriptionState, { state: 'refused' }>): string {
  if (code === 'viewer.revoked') return words.revoked;
  return viewerToken === '' ? words.keyNeeded : translate(words, 'denied', { reason: text });
}

/** Asks for what lets the reader in, and tries again with it. */
async function knock(): Promise<void> {
  if (!(await entry.ask())) return;
  // What was typed in counts, and not what the link brought.
  viewerToken = entry.viewerToken ?? '';
  tell(undefined);
  await watch();
}

/** A token made of a reader's own key lasts for minutes: a line that comes back later needs a new one. */
async function refused(code: string): Promise<void> {
  entry.refused();
  if (viewerToken !== '' || !isAboutKeys(code)) return;
  if (entry.hasKey && code === 'auth.expired' && (await entry.credential()) !== undefined) return watch();
  if (!entry.hasKey) await knock();
}

async function watch(): Promise<void> {
  roomLine?.close();
  const now = ++asked;
  const token = viewerToken || ((await entry.credential()) ?? '');
  if (now !== asked) return;
  hush();
  roomLine = new RoomSubscription({
    ...{ room: address.room, token, from: 'start', translate: choices.translate },
    hear(event) {
      const sentence = transcript.read(event);
      if (sentence === undefined) return;
      find('empty').hidden = true;
      if (event.type === 'translated') untranslated = Number.NEGATIVE_INFINITY;
      view.show(sentence);
    },
    state(state) {
      line = state;
      showState();
      if (state.state === 'refused') void refused(state.code);
    },
    presence(now) {
      room = now.state;
      view.forget(transcript.present(now.sessions));
      if (now.cut) tell(words.cut);
      showState();
    },
  });
}

/** The history that comes first is not read out. */
function hush(): void {
  const log = find('log');
  log.setAttribute('aria-live', 'off');
  clearTimeout(silenced);
  silenced = setTimeout(() => log.setAttribute('aria-live', choices.announce ? 'polite' : 'off'), HISTORY_MS);
}

function speak(language: InterfaceLanguage): void {
  words = CAPTIONS_MESSAGES[language];
  applyMessages(document, words, language);
  document.title = `${words.captions} – Sotto`;
  const names = new Intl.DisplayNames([language, 'en'], { type: 'language', fallback: 'code' });
  const offered = [...new Set([...TRANSLATIONS, choices.translate])].filter((code) => code !== '');
  const options = offered.map((code) => new Option(names.of(code) ?? code, code));
  options.sort((a, b) => a.text.localeCompare(b.text, language));
  find('translate').replaceChildren(new Option(words.translateNone, ''), ...options);
  find<HTMLSelectElement>('translate').value = choices.translate;
  showState();
}

function apply(): void {
  const root = document.documentElement;
  root.style.setProperty('--scale', String(choices.size / 100));
  root.dataset['font'] = choices.font;
  root.dataset['look'] = choices.look;
  if (choices.look === 'light' || choices.look === 'dark') root.dataset['theme'] = choices.look;
  else delete root.dataset['theme'];
  find<HTMLInputElement>('both').disabled = choices.translate === '';
  view.choose({ text: choices.text, translate: choices.translate }, choices.both);
  if (silenced === undefined || find('log').getAttribute('aria-live') !== 'off' || !choices.announce)
    find('log').setAttribute('aria-live', choices.announce ? 'polite' : 'off');
  void light.keep(choices.awake ? 'on' : 'off');
}

function choose(change: Partial<ReaderChoices>): void {
  const before = choices;
  choices = { ...choices, ...change };
  saveReaderChoices(choices);
  if (change.language !== undefined) speak(pickInterfaceLanguage([choices.language]));
  apply();
  fillForm();
  if (choices.translate === before.translate) return;
  untranslated = 0;
  tell(undefined);
  void watch();
}

function fillForm(): void {
  for (const name of ['size', 'font', 'look', 'text', 'translate'] as const) {
    find<HTMLInputElement>(name).value = String(choices[name]);
  }
  for (const name of ['both', 'announce', 'awake'] as const) find<HTMLInputElement>(name).checked = choices[name];
  find<HTMLSelectElement>('language').value = document.documentElement.lang;
  find<HTMLButtonElement>('smaller').disabled = choices.size <= SIZE_SETTING.min;
  find<HTMLButtonElement>('larger').disabled = choices.size >= SIZE_SETTING.max;
}

const guest = new ViewerLink(find('share-guest'), {
  entry,
  // A reader who came with a link passes that on.
  room: () => (viewerToken === '' ? address.room : undefined),
  changed: showLink,
  tell: (text) => {
    find('said').textContent = text;
  },
});

function openShare(): void {
  guest.show();
  showLink();
  find<HTMLDialogElement>('share').showModal();
}

function showLink(): void {
  const token = viewerToken || guest.token;
  const link = writeSettings(CAPTIONS_SETTINGS, { ...address, token, lang: '' }, `${location.origin}/captions`);
  find<HTMLInputElement>('link').value = link;
  find('only-here').hidden = !isLocalOnlyAddress(link);
  // Where the link lets nobody in, or for a time only, its own part says so.
  find('link-note').hidden = !find('share-guest').hidden;
  find('qr').replaceChildren(renderQrCode(link, words.qr));
}

function saveText(): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([view.text()], { type: 'text/plain;charset=utf-8' }));
  link.download = `${address.room}.txt`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

function wire(): void {
  const resize = (by: number) => (): void =>
    choose({ size: Math.min(SIZE_SETTING.max, Math.max(SIZE_SETTING.min, choices.size + by)) });
  find('smaller').addEventListener('click', resize(-SIZE_SETTING.bigStep));
  find('larger').addEventListener('click', resize(SIZE_SETTING.bigStep));
  find('open-settings').addEventListener('click', () => find<HTMLDialogElement>('settings').showModal());
  find('open-share').addEventListener('click', openShare);
  find('key').addEventListener('click', () => void knock());
  find('jump').addEventListener('click', () => {
    view.jump();
    find('log').focus({ preventScroll: true });
  });
  find('save').addEventListener('click', saveText);
  find('copy').addEventListener('click', () => {
    void copyText(find<HTMLInputElement>('link').value).then((done) => {
      find('said').textContent = find('copy').textContent = done ? words.copied : words.notCopied;
      setTimeout(() => {
        find('copy').textContent = words.copy;
      }, 2_000);
    });
  });
  find<HTMLInputElement>('size').addEventListener('input', ({ target }) =>
    choose({ size: Number((target as HTMLInputElement).value) }),
  );
  for (const name of ['font', 'look', 'text', 'translate', 'language'] as const) {
    const select = find<HTMLSelectElement>(name);
    select.addEventListener('change', () => choose({ [name]: select.value }));
  }
  for (const name of ['both', 'announce', 'awake'] as const) {
    const box = find<HTMLInputElement>(name);
    box.addEventListener('change', () => choose({ [name]: box.checked }));
  }
}

if (address.room !== 'main') find('room').textContent = address.room;
for (const [code, name] of Object.entries(INTERFACE_LANGUAGES)) find('language').append(new Option(name, code));
find('awake-label').hidden = !ReaderWakeLock.isThere;
speak(pickInterfaceLanguage([choices.language, ...navigator.languages]));
apply();
fillForm();
wire();
await watch();
