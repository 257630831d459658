import { buildFileName } from '../../../transcript/export.ts';
import { listMicrophones } from '../audio/microphone.ts';
import { setUpKeyButton } from '../auth/key-button.ts';
import { readFocus } from '../live/keyboard.ts';
import { setUpSharing } from '../rooms/share-captions.ts';
import { describePrivacy, fetchServerInfo } from '../server/server-info.ts';
import { copyText } from '../ui/clipboard.ts';
import { findElement } from '../ui/dom.ts';
import { renderKeyList } from '../ui/key-list.ts';
import { closeMenus, setUpMenus } from '../ui/menus.ts';
import { Messages } from '../ui/messages.ts';
import { saveText } from '../ui/save.ts';
import { applyServerInfo, fillMicrophoneList, readSetting, rememberSettings, writeSetting } from '../ui/settings.ts';
import { toggleTheme } from '../ui/theme-switch.ts';
import { FORMAT_NAMES, MEETING_FORMATS, type MeetingFormat, renderMeeting } from './formats.ts';
import { commandForKey, MEETING_KEYS, type MeetingCommand } from './keys.ts';
import { MeetingDatabase } from './meeting-database.ts';
import { MeetingHome } from './meeting-home.ts';
import { createMeeting, type Meeting } from './meeting-state.ts';
import { MeetingView } from './meeting-view.ts';
import { findRecordingInTab } from './recording.ts';
import { pageAuth, serverTranscripts } from './server-transcripts.ts';
import { mergeMeetings, toMeeting } from './stored-meeting.ts';
import { type AssistantName, SummaryPanel } from './views/summary-panel.ts';

const messages = new Messages(findElement('message'), findElement('remark'));
const notebook = new MeetingDatabase();
const summary = new SummaryPanel(
  {
    ...{
      claims: findElement('claims'),
      hint: findElement('summary-hint'),
      template: findElement<HTMLTextAreaElement>('template'),
    },
    ...{ reset: findElement<HTMLButtonElement>('template-reset'), button: findElement<HTMLButtonElement>('summarise') },
  },
  {
    jump: (key) => room.jump(key),
    summarise: (transcript) => serverTranscripts.summarise(transcript),
    done: (made) => room.summarised({ type: 'summarised', summary: made }),
    keepTemplate: (template) => serverTranscripts.setTemplate(template),
  },
);
const choice = (id: string): string => findElement<HTMLSelectElement>(id).value;
const room = new MeetingView(
  messages,
  notebook,
  {
    others: () => choice('others'),
    silenceMinutes: () => Number(choice('silence')),
    echo: () => !findElement<HTMLInputElement>('echo-off').checked,
  },
  summary,
);
let keeps = false;
const home = new MeetingHome(
  {
    ...{ list: findElement('meetings'), none: findElement('none'), more: findElement<HTMLButtonElement>('more') },
    ...{ search: findElement<HTMLInputElement>('search'), remove: findElement<HTMLDialogElement>('remove') },
    removeWhat: findElement('remove-what'),
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
  findElement('heading').textContent = 'Meetings';
  document.title = 'Meetings – Sotto';
  viewIs('home');
  await home.show();
}

async function load(name: string): Promise<{ meeting: Meeting; unsent: readonly string[] } | undefined> {
  const head = (await notebook.heads()).find(({ id, transcript }) => id === name || transcript === name);
  const local = head && (await notebook.read(head.id));
  const id = local?.transcript ?? (head === undefined ? name : undefined);
  const there = keeps && id !== undefined ? await serverTranscripts.read(id).catch(() => undefined) : undefined;
  const unsent = head?.unsent ?? [];
  if (there === undefined) return local && { meeting: local, unsent };
  const kept = toMeeting(there);
  return { meeting: local === undefined ? kept : mergeMeetings(kept, local, unsent), unsent };
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
  const meeting = createMeeting(crypto.randomUUID(), now.toISOString(), `Meeting ${day}`);
  void show(meeting).then(() => {
    history.pushState(null, '', `#${meeting.id}`);
    findElement('record').focus();
  });
}

async function readInfo(): Promise<void> {
  const { info } = await fetchServerInfo();
  const { text, detail } = describePrivacy(location.hostname, info?.cleanup);
  findElement('privacy').textContent = text;
  findElement('privacy').title = detail;
  const { keeps: kept, assistant } = (info ?? {}) as { readonly keeps?: boolean; readonly assistant?: AssistantName };
  keeps = kept === true;
  summary.assistant = assistant ?? null;
  // Its own meetings are shown to whoever it lets in.
  if (keeps && !(await pageAuth.enter())) keeps = false;
  if (keeps)
    void serverTranscripts.template().then(
      (template) => {
        summary.template = template;
      },
      // Without it the field is empty, and the server's own is in force.
      () => {},
    );
  if (info !== undefined) applyServerInfo(info);
}

async function exportAs(format: MeetingFormat): Promise<void> {
  closeMenus();
  const { meeting } = room;
  if (meeting === undefined || meeting.sentences.length + meeting.notes.length === 0)
    return messages.remark('There is nothing to save yet.');
  const name = buildFileName(meeting, format);
  // The server has the word times of meetings that another page recorded.
  const { transcript } = meeting;
  if (transcript === undefined || !room.isTold || room.isRecording)
    return saveText(name, renderMeeting(meeting, format));
  const text = await serverTranscripts.export(transcript, format).catch(() => renderMeeting(meeting, format));
  saveText(name, text);
}

function onKey(event: KeyboardEvent): void {
  const target = event.target instanceof Element ? event.target : undefined;
  const sentence = target?.matches('.said[data-key]') === true;
  const at = { ...readFocus(target ?? null), sentence, reading: target?.id === 'scroll' };
  const command = commandForKey(event, at);
  if (command === undefined) return;
  if (command === 'close') {
    closeMenus();
    if (at.typing && target instanceof HTMLElement && target.closest('dialog') === null) target.blur();
    return;
  }
  event.preventDefault();
  obey(command);
}

const COMMANDS: Readonly<Record<Exclude<MeetingCommand, 'close'>, () => unknown>> = {
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
  search: () => (document.body.dataset['view'] === 'home' ? findElement('search').focus() : toHome()),
  help: () => findElement<HTMLDialogElement>('help-dialog').showModal(),
};
const IN_HOME: readonly MeetingCommand[] = ['search', 'help'];

function obey(command: Exclude<MeetingCommand, 'close'>): void {
  if (document.body.dataset['view'] === 'room' || IN_HOME.includes(command)) COMMANDS[command]();
}

/** While a meeting is recorded, the list opens beside it. */
function toHome(): void {
  if (room.isRecording) open('/meeting', '_blank', 'noopener');
  else location.hash = '';
}

function wireRoom(): void {
  const press = (id: string, run: () => unknown): void => findElement(id).addEventListener('click', () => run());
  press('new', begin);
  press('record', () => room.record());
  press('pause', () => room.pause());
  press('highlight', () => room.highlight());
  press('small', () => room.small());
  press('go-on', () => room.keepRecording());
  press('source-me', () => room.toggle('me'));
  press('source-them', () => room.toggle('them'));
  press('help', () => findElement<HTMLDialogElement>('help-dialog').showModal());
  press('theme', () => {
    toggleTheme();
    room.themeChanged();
  });
  press('consent-copy', async () => {
    const done = await copyText(findElement('consent-words').textContent ?? '');
    findElement('consent-copy').textContent = done ? 'Copied' : 'Not allowed';
  });
  // The first button of a form is the one that Enter presses.
  for (const button of document.querySelectorAll<HTMLElement>('[data-close]')) {
    button.addEventListener('click', () => button.closest('dialog')?.close('no'));
  }
  const title = findElement<HTMLInputElement>('title');
  title.addEventListener('change', () => {
    room.retitle(title.value);
    title.value = room.meeting?.title ?? '';
  });
  findElement('home-link').addEventListener('click', (event) => {
    event.preventDefault();
    toHome();
  });
}

function wireTabs(): void {
  for (const name of ['notes', 'summary'] as const) {
    const tab = findElement(`tab-${name}`);
    tab.addEventListener('click', () => room.showPanel(name));
    tab.addEventListener('keydown', ({ key }) => {
      if (key !== 'ArrowLeft' && key !== 'ArrowRight') return;
      const other = name === 'notes' ? 'summary' : 'notes';
      room.showPanel(other);
      findElement(`tab-${other}`).focus();
    });
  }
}

function wireSettings(): void {
  rememberSettings((which) => {
    if (which === 'microphone') void room.microphoneChanged();
  });
  const own = { silence: '15', others: '', 'echo-off': 'false' } as const;
  for (const [id, standard] of Object.entries(own)) {
    const input = findElement<HTMLInputElement | HTMLSelectElement>(id);
    const kept = readSetting(`meeting.${id}`) ?? standard;
    if (input instanceof HTMLInputElement) input.checked = kept === 'true';
    else if ([...input.options].some(({ value }) => value === kept)) input.value = kept;
    input.addEventListener('change', () => {
      writeSetting(`meeting.${id}`, input instanceof HTMLInputElement ? String(input.checked) : input.value);
      if (id === 'echo-off') void room.microphoneChanged();
    });
  }
  for (const format of MEETING_FORMATS) {
    const button = document.createElement('button');
    button.type = 'button';
    button.dataset['format'] = format;
    button.textContent = FORMAT_NAMES[format];
    button.addEventListener('click', () => void exportAs(format));
    findElement('formats').append(button);
  }
}

async function fillMicrophones(): Promise<void> {
  const microphones = await listMicrophones();
  fillMicrophoneList(microphones);
  const others = findElement<HTMLSelectElement>('others');
  const kept = readSetting('meeting.others') ?? '';
  const devices = microphones.map(({ value, label }) => new Option(`Device: ${label}`, value));
  others.replaceChildren(others.options[0]!, ...devices);
  if (devices.some(({ value }) => value === kept)) others.value = kept;
}

renderKeyList(findElement('keys'), MEETING_KEYS);
wireRoom();
wireTabs();
wireSettings();
setUpMenus();
setUpSharing({ messages, entry: pageAuth, isRunning: () => room.isRecording, room: 'anew' });
setUpKeyButton(findElement('key'), pageAuth, () => location.reload());
await Promise.all([fillMicrophones(), readInfo()]);
const here = findRecordingInTab();
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
