import { fileName } from '../../../protocol/export.ts';
import { wireKeyButton } from '../entry/key-button.ts';
import { focusOf } from '../keyboard.ts';
import { listMicrophones } from '../microphone.ts';
import { askServer, privacyOf } from '../server-info.ts';
import { offerMicrophones, offerServer, readSetting, rememberSettings, writeSetting } from '../settings.ts';
import { wireSharing } from '../share-captions.ts';
import { switchTheme } from '../theme-switch.ts';
import { copy } from '../views/clipboard.ts';
import { listKeys } from '../views/key-list.ts';
import { closeMenus, wireMenus } from '../views/menus.ts';
import { Messages } from '../views/messages.ts';
import { saveText } from '../views/save.ts';
import { FORMAT_NAMES, FORMATS, type Format, writeMeeting } from './formats.ts';
import { Home } from './home.ts';
import { meetingOf, merged } from './kept-meeting.ts';
import { entry, transcripts } from './kept-transcripts.ts';
import { type Command, commandOf, KEYS } from './keys.ts';
import { type Meeting, newMeeting } from './meeting-state.ts';
import { Notebook } from './notebook.ts';
import { recordedHere } from './recording.ts';
import { find, Room } from './room.ts';
import { type Assistant, SummaryPanel } from './views/summary-panel.ts';

const messages = new Messages(find('message'), find('remark'));
const notebook = new Notebook();
const summary = new SummaryPanel(
  {
    ...{ claims: find('claims'), hint: find('summary-hint'), template: find<HTMLTextAreaElement>('template') },
    ...{ reset: find<HTMLButtonElement>('template-reset'), button: find<HTMLButtonElement>('summarise') },
  },
  {
    jump: (key) => room.jump(key),
    summarise: (transcript) => transcripts.summarise(transcript),
    done: (made) => room.summarised({ type: 'summarised', summary: made }),
    keepTemplate: (template) => transcripts.setTemplate(template),
  },
);
const choice = (id: string): string => find<HTMLSelectElement>(id).value;
const room = new Room(
  messages,
  notebook,
  {
    others: () => choice('others'),
    silenceMinutes: () => Number(choice('silence')),
    echo: () => !find<HTMLInputElement>('echo-off').checked,
  },
  summary,
);
let keeps = false;
const home = new Home(
  {
    ...{ list: find('meetings'), none: find('none'), more: find<HTMLButtonElement>('more') },
    ...{ search: find<HTMLInputElement>('search'), remove: find<HTMLDialogElement>('remove') },
    removeWhat: find('remove-what'),
  },
  notebook,
  messages,
  () => keeps,
);

const viewIs = (name: 'home' | 'room'): void => {
  document.body.dataset['view'] = name;
};

/** What the address names is shown: a meeting of the server or of this browser, or the list. */
async function route(): Promise<void> {
  const name = decodeURIComponent(location.hash.slice(1));
  if (name === '') return showHome();
  if (room.meeting !== undefined && [room.meeting.id, room.meeting.transcript].includes(name)) return viewIs('room');
  const found = await load(name);
  if (found !== undefined) {
    await show(found.meeting, found.unsent);
    // From now on this browser has it as a whole, should the server be out of reach.
    if (found.meeting.transcript !== undefined) room.adopt(room.meeting!);
    return;
  }
  messages.problem({ title: 'There is no such meeting.', advice: 'It may have been deleted.' });
  await showHome();
}

async function showHome(): Promise<void> {
  find('heading').textContent = 'Meetings';
  document.title = 'Meetings – Sotto';
  viewIs('home');
  await home.show();
}

async function load(name: string): Promise<{ meeting: Meeting; unsent: readonly string[] } | undefined> {
  const head = (await notebook.heads()).find(({ id, transcript }) => id === name || transcript === name);
  const local = head && (await notebook.read(head.id));
  const id = local?.transcript ?? (head === undefined ? name : undefined);
  const there = keeps && id !== undefined ? await transcripts.read(id).catch(() => undefined) : undefined;
  const unsent = head?.unsent ?? [];
  if (there === undefined) return local && { meeting: local, unsent };
  const kept = meetingOf(there);
  return { meeting: local === undefined ? kept : merged(kept, local, unsent), unsent };
}

async function show(meeting: Meeting, unsent: readonly string[] = []): Promise<void> {
  const live = await notebook.live(meeting.id);
  viewIs('room');
  await room.open(live === undefined ? meeting : { ...meeting, open: live.open }, unsent);
  if (live !== undefined) await room.goOn(live);
}

function begin(): void {
  const now = new Date();
  const day = now.toLocaleString(undefined, { dateStyle: 'medium', timeStyle: 'short' });
  const meeting = newMeeting(crypto.randomUUID(), now.toISOString(), `Meeting ${day}`);
  void show(meeting).then(() => {
    history.pushState(null, '', `#${meeting.id}`);
    find('record').focus();
  });
}

async function readInfo(): Promise<void> {
  const { info } = await askServer();
  const { text, detail } = privacyOf(location.hostname, info?.cleanup);
  find('privacy').textContent = text;
  find('privacy').title = detail;
  const { keeps: kept, assistant } = (info ?? {}) as { readonly keeps?: boolean; readonly assistant?: Assistant };
  keeps = kept === true;
  summary.assistant = assistant ?? null;
  // Its own meetings are shown to whoever it lets in.
  if (keeps && !(await entry.enter())) keeps = false;
  if (keeps)
    void transcripts.template().then(
      (template) => {
        summary.template = template;
      },
      // Without it the field is empty, and the server's own is in force.
      () => {},
    );
  if (info !== undefined) offerServer(info);
}

async function exportAs(format: Format): Promise<void> {
  closeMenus();
  const { meeting } = room;
  if (meeting === undefined || meeting.sentences.length + meeting.notes.length === 0)
    return messages.remark('There is nothing to save yet.');
  const name = fileName(meeting, format);
  // The server has the word times of meetings that another page recorded.
  const { transcript } = meeting;
  if (transcript === undefined || !room.isTold || room.isRecording)
    return saveText(name, writeMeeting(meeting, format));
  const text = await transcripts.export(transcript, format).catch(() => writeMeeting(meeting, format));
  saveText(name, text);
}

function onKey(event: KeyboardEvent): void {
  const target = event.target instanceof Element ? event.target : undefined;
  const sentence = target?.matches('.said[data-key]') === true;
  const at = { ...focusOf(target ?? null), sentence, reading: target?.id === 'scroll' };
  const command = commandOf(event, at);
  if (command === undefined) return;
  if (command === 'close') {
    closeMenus();
    if (at.typing && target instanceof HTMLElement && target.closest('dialog') === null) target.blur();
    return;
  }
  event.preventDefault();
  obey(command);
}

const COMMANDS: Readonly<Record<Exclude<Command, 'close'>, () => unknown>> = {
  record: () => room.record(),
  pause: () => room.pause(),
  mute: () => room.mute(),
  highlight: () => room.highlight(),
  note: () => room.note(),
  correct: () => room.correct(),
  original: () => room.original(),
  next: () => room.step(1),
  previous: () => room.step(-1),
  live: () => room.live(),
  small: () => room.small(),
  search: () => (document.body.dataset['view'] === 'home' ? find('search').focus() : toHome()),
  help: () => find<HTMLDialogElement>('help-dialog').showModal(),
};
const IN_HOME: readonly Command[] = ['search', 'help'];

function obey(command: Exclude<Command, 'close'>): void {
  if (document.body.dataset['view'] === 'room' || IN_HOME.includes(command)) COMMANDS[command]();
}

/** While a meeting is recorded, the list opens beside it. */
function toHome(): void {
  if (room.isRecording) open('/meeting', '_blank', 'noopener');
  else location.hash = '';
}

function wireRoom(): void {
  const press = (id: string, run: () => unknown): void => find(id).addEventListener('click', () => run());
  press('new', begin);
  press('record', () => room.record());
  press('pause', () => room.pause());
  press('highlight', () => room.highlight());
  press('small', () => room.small());
  press('go-on', () => room.keepRecording());
  press('source-me', () => room.toggle('me'));
  press('source-them', () => room.toggle('them'));
  press('help', () => find<HTMLDialogElement>('help-dialog').showModal());
  press('theme', () => {
    switchTheme();
    room.themeChanged();
  });
  press('consent-copy', async () => {
    const done = await copy(find('consent-words').textContent ?? '');
    find('consent-copy').textContent = done ? 'Copied' : 'Not allowed';
  });
  // The first button of a form is the one that Enter presses.
  for (const button of document.querySelectorAll<HTMLElement>('[data-close]')) {
    button.addEventListener('click', () => button.closest('dialog')?.close('no'));
  }
  const title = find<HTMLInputElement>('title');
  title.addEventListener('change', () => {
    room.retitle(title.value);
    title.value = room.meeting?.title ?? '';
  });
  find('home-link').addEventListener('click', (event) => {
    event.preventDefault();
    toHome();
  });
}

function wireTabs(): void {
  for (const name of ['notes', 'summary'] as const) {
    const tab = find(`tab-${name}`);
    tab.addEventListener('click', () => room.showPanel(name));
    tab.addEventListener('keydown', ({ key }) => {
      if (key !== 'ArrowLeft' && key !== 'ArrowRight') return;
      const other = name === 'notes' ? 'summary' : 'notes';
      room.showPanel(other);
      find(`tab-${other}`).focus();
    });
  }
}

function wireSettings(): void {
  rememberSettings((which) => {
    if (which === 'microphone') void room.microphoneChanged();
  });
  const own = { silence: '15', others: '', 'echo-off': 'false' } as const;
  for (const [id, standard] of Object.entries(own)) {
    const input = find<HTMLInputElement | HTMLSelectElement>(id);
    const kept = readSetting(`meeting.${id}`) ?? standard;
    if (input instanceof HTMLInputElement) input.checked = kept === 'true';
    else if ([...input.options].some(({ value }) => value === kept)) input.value = kept;
    input.addEventListener('change', () => {
      writeSetting(`meeting.${id}`, input instanceof HTMLInputElement ? String(input.checked) : input.value);
      if (id === 'echo-off') void room.microphoneChanged();
    });
  }
  for (const format of FORMATS) {
    const button = document.createElement('button');
    button.type = 'button';
    button.dataset['format'] = format;
    button.textContent = FORMAT_NAMES[format];
    button.addEventListener('click', () => void exportAs(format));
    find('formats').append(button);
  }
}

async function fillMicrophones(): Promise<void> {
  const microphones = await listMicrophones();
  offerMicrophones(microphones);
  const others = find<HTMLSelectElement>('others');
  const kept = readSetting('meeting.others') ?? '';
  const devices = microphones.map(({ value, label }) => new Option(`Device: ${label}`, value));
  others.replaceChildren(others.options[0]!, ...devices);
  if (devices.some(({ value }) => value === kept)) others.value = kept;
}

listKeys(find('keys'), KEYS);
wireRoom();
wireTabs();
wireSettings();
wireMenus();
wireSharing({ messages, entry, isRunning: () => room.isRecording, room: 'anew' });
wireKeyButton(find('key'), entry, () => location.reload());
await Promise.all([fillMicrophones(), readInfo()]);
const here = recordedHere();
if (here !== undefined && location.hash === '') history.replaceState(null, '', `#${here}`);
await route();
addEventListener('keydown', onKey);
addEventListener('hashchange', () => {
  if (!room.isRecording) return void route();
  // What is being recorded stays on the page.
  history.replaceState(null, '', `#${room.meeting?.id}`);
  viewIs('room');
});
addEventListener('beforeunload', (event) => {
  if (room.isRecording) event.preventDefault();
});
navigator.mediaDevices?.addEventListener('devicechange', () => void fillMicrophones());
if (!(await notebook.works()))
  messages.problem({
    title: 'This browser keeps nothing.',
    advice: 'Meetings are lost when the page is closed, unless the server keeps them.',
  });
