import { buildFileName, EXPORT_FORMATS, type ExportFormat } from '../../../transcript/export.ts';
import type { TextForm } from '../../../transcript/wanted-form.ts';
import { listMicrophones } from '../audio/microphone.ts';
import { setUpKeyButton } from '../auth/key-button.ts';
import { setUpSharing } from '../rooms/share-captions.ts';
import { describePrivacy, fetchServerInfo } from '../server/server-info.ts';
import { copyText } from '../ui/clipboard.ts';
import { createButton, getElement, onClick } from '../ui/dom.ts';
import { readFocus } from '../ui/key-focus.ts';
import { closeMenus, setUpMenus } from '../ui/menus.ts';
import { Messages } from '../ui/messages.ts';
import { saveText } from '../ui/save-file.ts';
import {
  applyServerInfo,
  fillMicrophoneList,
  readSetting,
  rememberSettings,
  selectOption,
  writeSetting,
} from '../ui/settings.ts';
import { renderShortcutList } from '../ui/shortcut-list.ts';
import { toggleTheme } from '../ui/theme-switch.ts';
import { exportMeeting, FORMAT_NAMES } from './export-meeting.ts';
import { MeetingDatabase } from './meeting-database.ts';
import { MeetingHome } from './meeting-home.ts';
import { listModels, MeetingRehear } from './meeting-rehear.ts';
import { findMeetingCommand, MEETING_SHORTCUTS, type MeetingCommand } from './meeting-shortcuts.ts';
import { createMeeting, type Meeting } from './meeting-state.ts';
import { MeetingView } from './meeting-view.ts';
import { findRecordingInTab } from './recording.ts';
import { pageAuth, serverTranscripts } from './server-transcripts.ts';
import { mergeMeetings, toMeeting } from './stored-meeting.ts';
import { SKIP_MS } from './views/player-view.ts';
import { wireTabs } from './views/side-panel.ts';
import { type AssistantName, SummaryPanel } from './views/summary-panel.ts';

const messages = new Messages(getElement('message'), getElement('toast'));
const database = new MeetingDatabase();
const summary = new SummaryPanel(
  {
    ...{
      claims: getElement('claims'),
      hint: getElement('summary-hint'),
      template: getElement('template', HTMLTextAreaElement),
    },
    ...{ reset: getElement('template-reset', HTMLButtonElement), button: getElement('summarise', HTMLButtonElement) },
  },
  {
    jump: (key) => view.goToSentence(key),
    summarise: (transcript) => serverTranscripts.summarise(transcript),
    onSummary: (made) => view.applySummary({ type: 'summaryReceived', summary: made }),
    saveTemplate: (template) => serverTranscripts.setTemplate(template),
  },
);
/** Reads of a recording that has just ended, until the server has stored all of its audio. */
const AUDIO_READS_MAX = 5;
const AUDIO_READ_EVERY_MS = 1_000;
const selected = (id: string): string => getElement(id, HTMLSelectElement).value;
const isChecked = (id: string): boolean => getElement(id, HTMLInputElement).checked;
const view = new MeetingView({
  ...{ messages, database, summary },
  options: {
    others: () => selected('others'),
    silenceMinutes: () => Number(selected('silence')),
    echo: () => !isChecked('echo-off'),
    keepsAudio: () => canKeepAudio && isChecked('keep-audio'),
  },
  shown: (meeting, isRecording) => rehear.show(meeting, isRecording),
  recordingEnded: (meeting) => void refreshAudio(meeting),
});
const rehear = new MeetingRehear((transcript) => refresh(transcript));
let keeps = false;
let canKeepAudio = false;
const home = new MeetingHome(
  {
    ...{ list: getElement('meetings'), none: getElement('no-meetings'), more: getElement('more', HTMLButtonElement) },
    ...{ search: getElement('search', HTMLInputElement), remove: getElement('remove', HTMLDialogElement) },
    removeWhat: getElement('remove-description'),
  },
  database,
  messages,
  () => keeps,
);

const showView = (name: 'home' | 'meeting'): void => {
  document.body.dataset['view'] = name;
};

/** Shows what the address names: a meeting on the server or in this browser, or the list. */
async function route(): Promise<void> {
  const name = decodeURIComponent(location.hash.slice(1));
  if (name === '') return showHome();
  if (view.meeting !== undefined && [view.meeting.id, view.meeting.transcript].includes(name))
    return showView('meeting');
  const found = await load(name);
  if (found !== undefined) {
    await show(found.meeting, found.unsent);
    // From now on the browser has a complete copy, in case the server becomes unreachable.
    if (found.meeting.transcript !== undefined) view.replaceMeeting(view.meeting!);
    return;
  }
  messages.showProblem({ title: 'This meeting does not exist.', advice: 'It may have been deleted.' });
  await showHome();
}

async function showHome(): Promise<void> {
  view.stopPlayback();
  getElement('heading').textContent = 'Meetings';
  document.title = 'Meetings – Sotto';
  showView('home');
  await home.show();
}

async function load(name: string): Promise<{ meeting: Meeting; unsent: readonly string[] } | undefined> {
  const head = (await database.heads()).find(({ id, transcript }) => id === name || transcript === name);
  const local = head && (await database.read(head.id));
  const id = local?.transcript ?? (head === undefined ? name : undefined);
  const there = keeps && id !== undefined ? await serverTranscripts.read(id).catch(() => undefined) : undefined;
  const unsent = head?.unsent ?? [];
  if (there === undefined) return local && { meeting: local, unsent };
  const kept = toMeeting(there);
  return { meeting: local === undefined ? kept : mergeMeetings(kept, local, unsent), unsent };
}

/** Takes over what the server has changed of the meeting on the page. Resolves with it as it is then. */
async function refresh(transcript: string): Promise<Meeting | undefined> {
  await view.saved();
  const found = await load(transcript);
  if (found === undefined || view.meeting?.transcript !== transcript) return undefined;
  view.refresh(found.meeting);
  return found.meeting;
}

/** Reads what audio the server keeps of a recording that has just ended; it stores the last of it a moment later. */
async function refreshAudio({ transcript }: Meeting): Promise<void> {
  if (transcript === undefined || !canKeepAudio || !isChecked('keep-audio')) return;
  for (let attempt = 0; attempt < AUDIO_READS_MAX; attempt++) {
    const meeting = await refresh(transcript);
    const keptMs = Math.max(0, ...(meeting?.audio ?? []).map(({ fromMs, durationMs }) => fromMs + durationMs));
    if (meeting === undefined || keptMs >= (meeting.durationMs ?? 0)) return;
    await new Promise((resolve) => setTimeout(resolve, AUDIO_READ_EVERY_MS));
  }
}

async function show(meeting: Meeting, unsent: readonly string[] = []): Promise<void> {
  const live = await database.live(meeting.id);
  showView('meeting');
  await view.open(live === undefined ? meeting : { ...meeting, open: live.open }, unsent);
  if (live !== undefined) await view.continueRecording(live);
}

function begin(): void {
  const now = new Date();
  const day = now.toLocaleString(undefined, { dateStyle: 'medium', timeStyle: 'short' });
  const meeting = createMeeting(crypto.randomUUID(), now.toISOString(), `Meeting ${day}`);
  void show(meeting).then(() => {
    history.pushState(null, '', `#${meeting.id}`);
    getElement('record').focus();
  });
}

async function readInfo(): Promise<void> {
  const { info } = await fetchServerInfo();
  const { text, detail } = describePrivacy(location.hostname, info?.cleanup);
  getElement('privacy').textContent = text;
  getElement('privacy').title = detail;
  const { keeps: kept, keepsAudio, assistant } = (info ?? {}) as StorageInfo;
  keeps = kept === true;
  canKeepAudio = keeps && keepsAudio === true;
  showKeepAudioSetting();
  rehear.models = listModels(info ?? {});
  summary.assistant = assistant ?? null;
  // The server shows stored meetings only to those with a key, if it requires one.
  if (keeps && !(await pageAuth.ensureAccess())) keeps = false;
  if (keeps)
    void serverTranscripts.template().then(
      (template) => {
        summary.template = template;
      },
      // The field stays empty, and the server's own template applies.
      () => {},
    );
  if (info !== undefined) applyServerInfo(info);
}

/** What `/v1/info` says about stored transcripts. */
interface StorageInfo {
  readonly keeps?: boolean;
  readonly keepsAudio?: boolean;
  readonly assistant?: AssistantName;
}

/** The choice is offered where the server keeps transcripts, and says what would be needed where it keeps no audio. */
function showKeepAudioSetting(): void {
  getElement('keep-audio-setting').hidden = !keeps;
  getElement('keep-audio', HTMLInputElement).disabled = !canKeepAudio;
  getElement('keep-audio-note').textContent = canKeepAudio
    ? 'It is stored on this server and deleted with the transcript. It lets you play what was said and have it transcribed again.'
    : 'This server keeps no audio. Whoever runs it can allow it with --keep-audio.';
}

async function exportAs(format: ExportFormat): Promise<void> {
  closeMenus();
  const { meeting } = view;
  if (meeting === undefined || meeting.sentences.length + meeting.notes.length === 0)
    return messages.showToast('There is nothing to save yet.');
  const name = buildFileName(meeting, format);
  const text = getElement('export-form', HTMLSelectElement).value as TextForm;
  // For meetings recorded elsewhere, only the server has the times of words.
  const { transcript } = meeting;
  if (transcript === undefined || !view.isSavedOnServer || view.isRecording)
    return saveText(name, exportMeeting(meeting, format, text));
  const file = await serverTranscripts
    .export(transcript, format, { text })
    .catch(() => exportMeeting(meeting, format, text));
  saveText(name, file);
}

function handleKey(event: KeyboardEvent): void {
  if (event.defaultPrevented) return;
  const target = event.target instanceof Element ? event.target : undefined;
  const sentence = target?.matches('.sentence[data-key]') === true;
  const at = { ...readFocus(target ?? null), sentence, reading: target?.id === 'scroll' };
  const command = findMeetingCommand(event, at);
  if (command === undefined) return;
  if (command === 'close') {
    closeMenus();
    if (at.typing && target instanceof HTMLElement && target.closest('dialog') === null) target.blur();
    return;
  }
  event.preventDefault();
  runCommand(command);
}

const COMMANDS: Readonly<Record<Exclude<MeetingCommand, 'close'>, () => unknown>> = {
  record: () => view.record(),
  pause: () => view.pause(),
  mute: () => view.mute(),
  play: () => view.sentences.play(),
  back: () => view.sentences.skip(-SKIP_MS),
  forward: () => view.sentences.skip(SKIP_MS),
  highlight: () => view.sentences.highlight(),
  note: () => view.note(),
  correct: () => view.sentences.correct(),
  firstVersion: () => view.sentences.toggleFirstVersion(),
  saveAudio: () => view.sentences.saveAudio(),
  next: () => view.moveFocus(1),
  previous: () => view.moveFocus(-1),
  live: () => view.live(),
  small: () => view.toggleSmallWindow(),
  search: () => (document.body.dataset['view'] === 'home' ? getElement('search').focus() : toHome()),
  help: () => getElement('help-dialog', HTMLDialogElement).showModal(),
};
const IN_HOME: readonly MeetingCommand[] = ['search', 'help'];

function runCommand(command: Exclude<MeetingCommand, 'close'>): void {
  if (document.body.dataset['view'] === 'meeting' || IN_HOME.includes(command)) COMMANDS[command]();
}

/** Goes to the list; during a recording, opens it in another tab. */
function toHome(): void {
  if (view.isRecording) open('/meeting', '_blank', 'noopener');
  else location.hash = '';
}

function wireButtons(): void {
  onClick('new', begin);
  onClick('record', () => view.record());
  onClick('pause', () => view.pause());
  onClick('highlight', () => view.sentences.highlight());
  onClick('small-window', () => view.toggleSmallWindow());
  onClick('keep-recording', () => view.keepRecording());
  onClick('source-me', () => view.toggle('me'));
  onClick('source-them', () => view.toggle('them'));
  onClick('help', () => getElement('help-dialog', HTMLDialogElement).showModal());
  onClick('theme', () => {
    toggleTheme();
    view.themeChanged();
  });
  onClick('consent-copy', async () => {
    const done = await copyText(getElement('consent-text').textContent ?? '');
    getElement('consent-copy').textContent = done ? 'Copied' : 'Not allowed';
  });
  // These buttons do not submit, because Enter would press the first submit button of the form.
  for (const button of document.querySelectorAll<HTMLElement>('[data-close]')) {
    button.addEventListener('click', () => button.closest('dialog')?.close('no'));
  }
  const title = getElement('title', HTMLInputElement);
  title.addEventListener('change', () => {
    view.rename(title.value);
    title.value = view.meeting?.title ?? '';
  });
  getElement('home-link').addEventListener('click', (event) => {
    event.preventDefault();
    toHome();
  });
}

function wireSettings(): void {
  rememberSettings((which) => {
    if (which === 'microphone') void view.microphoneChanged();
  });
  const own = { silence: '15', others: '', 'echo-off': 'false', 'keep-audio': 'false' } as const;
  for (const [id, standard] of Object.entries(own)) {
    const field = getElement(id);
    const stored = readSetting(`meeting.${id}`) ?? standard;
    if (field instanceof HTMLInputElement) field.checked = stored === 'true';
    else if (field instanceof HTMLSelectElement) selectOption(field, stored);
    field.addEventListener('change', () => {
      const value = field instanceof HTMLInputElement ? String(field.checked) : (field as HTMLSelectElement).value;
      writeSetting(`meeting.${id}`, value);
      if (id === 'echo-off') void view.microphoneChanged();
    });
  }
  for (const format of EXPORT_FORMATS) {
    getElement('formats').append(createButton(FORMAT_NAMES[format], () => exportAs(format), { dataset: { format } }));
  }
}

async function fillMicrophones(): Promise<void> {
  const microphones = await listMicrophones();
  fillMicrophoneList(microphones);
  const others = getElement('others', HTMLSelectElement);
  const kept = readSetting('meeting.others') ?? '';
  const devices = microphones.map(({ value, label }) => new Option(`Device: ${label}`, value));
  others.replaceChildren(others.options[0]!, ...devices);
  if (devices.some(({ value }) => value === kept)) others.value = kept;
}

renderShortcutList(getElement('keys'), MEETING_SHORTCUTS);
wireButtons();
wireTabs();
wireSettings();
setUpMenus();
setUpSharing({ messages, auth: pageAuth, isRecording: () => view.isRecording, room: 'new' });
setUpKeyButton(getElement('key'), pageAuth, () => location.reload());
await Promise.all([fillMicrophones(), readInfo()]);
const here = findRecordingInTab();
if (here !== undefined && location.hash === '') history.replaceState(null, '', `#${here}`);
await route();
addEventListener('keydown', handleKey);
addEventListener('hashchange', () => {
  if (!view.isRecording) return void route();
  // The meeting being recorded stays on the page.
  history.replaceState(null, '', `#${view.meeting?.id}`);
  showView('meeting');
});
addEventListener('beforeunload', (event) => {
  if (view.isRecording) event.preventDefault();
});
navigator.mediaDevices?.addEventListener('devicechange', () => void fillMicrophones());
if (!(await database.works()))
  messages.showProblem({
    title: 'This browser does not save anything.',
    advice: 'Meetings are lost when the page is closed, unless the server saves them.',
  });
