import { getDisplayedText, type Sentence } from '../../sdk/index.ts';
import { listMicrophones } from '../audio/microphone.ts';
import { setUpKeyButton } from '../auth/key-button.ts';
import { PageAuth } from '../auth/page-auth.ts';
import { setUpSharing } from '../rooms/share-captions.ts';
import { describePrivacy, fetchServerInfo } from '../server/server-info.ts';
import { copyText } from '../ui/clipboard.ts';
import { getElement, onClick } from '../ui/dom.ts';
import { formatElapsed } from '../ui/format-elapsed.ts';
import { readFocus } from '../ui/key-focus.ts';
import { closeMenus, enableFileDrop, setUpMenus } from '../ui/menus.ts';
import { Messages } from '../ui/messages.ts';
import { MeterView } from '../ui/meter.ts';
import { applyServerInfo, fillMicrophoneList, rememberSettings } from '../ui/settings.ts';
import { renderShortcutList } from '../ui/shortcut-list.ts';
import { toggleTheme } from '../ui/theme-switch.ts';
import { LevelMonitor } from './level-monitor.ts';
import { LiveRun, type LiveRunCallbacks, type LiveState } from './live-run.ts';
import { findLiveCommand, LIVE_SHORTCUTS } from './live-shortcuts.ts';
import { computeRunOffset } from './run-offset.ts';
import { saveTranscript } from './save-transcript.ts';
import { clearSentences, loadSentences, storeSentences } from './sentence-database.ts';
import { TranscriptView } from './transcript-view.ts';

const record = getElement('record', HTMLButtonElement);
const mute = getElement('mute', HTMLButtonElement);
const view = getElement('view', HTMLButtonElement);
const state = getElement('state');
const hint = getElement('hint');
const progress = getElement('progress', HTMLProgressElement);
const messages = new Messages(getElement('message'), getElement('toast'));
const transcript = new TranscriptView(getElement('log'), getElement('open'), getElement('jump', HTMLButtonElement));
const meter = new MeterView(getElement('meter', HTMLCanvasElement));
const auth = new PageAuth({ hash: 'speaker' });

/** Delay from which it is shown, ms; below it, words arrive as fast as one reads. */
const DELAY_SHOWN_MS = 100;
const RUNNING: readonly LiveState[] = ['connecting', 'live', 'lag'];

/** Sentences of earlier recordings and visits, oldest first. */
let earlier: Sentence[] = [];
let base = computeRunOffset([]);
let live: LiveRun | undefined;
let levelMonitor = new LevelMonitor(0);
let current: LiveState = 'idle';
let raw = false;
let muted = false;

const all = (): Sentence[] => [...earlier, ...(live?.transcript.sentences ?? [])];
const running = (): boolean => RUNNING.includes(current);

const events: LiveRunCallbacks = {
  sentence(sentence) {
    getElement('empty').hidden = true;
    levelMonitor.noteWords(performance.now());
    transcript.show(sentence);
    if (sentence.final) void storeSentences(sentence);
  },
  state: showState,
  problem: (problem) => messages.showProblem(problem),
  recovered: () => messages.clearProblem('connection'),
  remark: (text) => messages.showToast(text),
  level(peak) {
    meter.push(muted ? 0 : peak);
    getElement('timer').textContent = formatElapsed(base.ms + (live?.audioMs ?? 0));
    if (muted) levelMonitor.noteWords(performance.now());
    const { clipping, missing } = levelMonitor.push(peak, performance.now());
    showHint(
      clipping
        ? 'Too loud: turn the microphone down or move back a little.'
        : muted
          ? undefined
          : describeMissing(missing),
    );
  },
  progress(share) {
    progress.hidden = share === undefined;
    if (share === undefined) return;
    progress.value = share;
    getElement('timer').textContent = formatElapsed(base.ms + (live?.audioMs ?? 0));
  },
  delay(ms) {
    const shown = ms !== undefined && ms >= DELAY_SHOWN_MS;
    getElement('delay').textContent = shown ? `${(ms / 1_000).toFixed(1)} s behind` : '';
  },
  model(text) {
    getElement('model').textContent = text;
  },
};

function describeMissing(missing: 'sound' | 'speech' | undefined): string | undefined {
  if (missing === undefined) return undefined;
  return missing === 'sound'
    ? 'No sound is coming in. Is the right microphone selected, and is it unmuted?'
    : 'There is sound, but no speech yet.';
}

function showHint(text: string | undefined): void {
  hint.hidden = text === undefined;
  if (text !== undefined && hint.textContent !== text) hint.textContent = text;
}

function showState(name: LiveState, text: string): void {
  current = name;
  state.dataset['state'] = name;
  if (state.textContent !== text) state.textContent = text;
  record.dataset['on'] = String(running());
  getElement('record-label').textContent = running() ? 'Stop' : name === 'finishing' ? 'Finishing' : 'Start';
  document.title = running() ? `● ${text} – Sotto` : 'Sotto';
  mute.disabled = !running();
  getElement('clear', HTMLButtonElement).disabled = running() || name === 'finishing';
  if (running()) return;
  meter.clear();
  showHint(undefined);
}

async function toggleRecording(): Promise<void> {
  if (running()) return live?.stop();
  // The last words of the previous recording are still arriving.
  if (current === 'finishing' || !(await auth.ensureAccess()) || running()) return;
  if (await startRun().startMicrophone()) await fillMicrophones();
}

function startRun(): LiveRun {
  messages.clearProblem();
  earlier = all().filter((sentence) => sentence.final);
  base = computeRunOffset(earlier);
  levelMonitor = new LevelMonitor(performance.now());
  live = new LiveRun(base, events, auth);
  setMuted(false);
  return live;
}

async function openFile(file: File | undefined): Promise<void> {
  if (file === undefined) return;
  if (running() || current === 'finishing') return messages.showToast('Stop the recording first, then open the file.');
  if ((await auth.ensureAccess()) && !running()) await startRun().startFile(file);
}

async function fillMicrophones(): Promise<void> {
  fillMicrophoneList(await listMicrophones());
}

async function readInfo(): Promise<void> {
  const { info } = await fetchServerInfo();
  const { text, detail } = describePrivacy(location.hostname, info?.cleanup);
  getElement('privacy').textContent = text;
  getElement('privacy').title = detail;
  if (info === undefined) return;
  if (info.model !== undefined) events.model(info.model);
  applyServerInfo(info);
}

function setRaw(value: boolean): void {
  raw = value;
  view.setAttribute('aria-pressed', String(raw));
  transcript.raw = raw;
}

function setMuted(value: boolean): void {
  muted = value;
  mute.setAttribute('aria-pressed', String(muted));
  live?.mute(muted);
}

async function copyAll(): Promise<void> {
  const text = all()
    .map((sentence) => getDisplayedText(sentence, raw))
    .filter(Boolean)
    .join('\n');
  messages.showToast((await copyText(text)) ? 'Copied.' : 'The browser did not allow copying.');
}

function clear(): void {
  const removed = all();
  if (removed.length === 0) return;
  earlier = [];
  live = undefined;
  base = computeRunOffset([]);
  void clearSentences();
  transcript.clear();
  getElement('timer').textContent = formatElapsed(0);
  getElement('empty').hidden = false;
  messages.showToast('The page is cleared.', {
    label: 'Undo',
    run: () => restore(removed),
  });
}

/** Restores cleared sentences, unless a new recording has begun. */
function restore(gone: readonly Sentence[]): void {
  if (live !== undefined) return messages.showToast('A new recording has started, so the old text cannot be restored.');
  earlier = [...gone];
  base = computeRunOffset(earlier);
  getElement('empty').hidden = true;
  for (const sentence of gone) transcript.show(sentence);
  void storeSentences(...gone);
}

function exportAs(kind: string): void {
  closeMenus();
  if (kind === 'clear') clear();
  else if (kind === 'copy') void copyAll();
  else if (all().length === 0) messages.showToast('There is nothing to save yet.');
  else saveTranscript(kind, all(), raw);
}

function handleKey(event: KeyboardEvent): void {
  const command = findLiveCommand(event, readFocus(event.target));
  if (command === undefined) return;
  if (command === 'close') return closeMenus();
  event.preventDefault();
  if (command === 'toggle') void toggleRecording();
  else if (command === 'raw') setRaw(!raw);
  else if (command === 'help') getElement('help-dialog', HTMLDialogElement).showModal();
  else if (running()) setMuted(!muted);
}

function setUp(): void {
  record.addEventListener('click', () => void toggleRecording());
  mute.addEventListener('click', () => setMuted(!muted));
  view.addEventListener('click', () => setRaw(!raw));
  onClick('theme', () => {
    toggleTheme();
    meter.draw();
  });
  onClick('help', () => getElement('help-dialog', HTMLDialogElement).showModal());
  for (const button of document.querySelectorAll<HTMLElement>('[data-export]')) {
    button.addEventListener('click', () => exportAs(button.dataset['export']!));
  }
  const file = getElement('file', HTMLInputElement);
  file.addEventListener('change', () => {
    void openFile(file.files?.[0]);
    file.value = '';
  });
  enableFileDrop((dropped) => void openFile(dropped));
  setUpMenus();
  setUpSharing({ messages, auth, isRecording: running, room: 'remembered' });
  setUpKeyButton(getElement('key'), auth);
  addEventListener('keydown', handleKey);
  navigator.mediaDevices?.addEventListener('devicechange', () => void fillMicrophones());
}

async function showEarlier(): Promise<void> {
  earlier = await loadSentences();
  base = computeRunOffset(earlier);
  for (const sentence of earlier) transcript.show(sentence);
  getElement('empty').hidden = earlier.length > 0;
  getElement('timer').textContent = formatElapsed(base.ms);
}

rememberSettings((which) => live?.settingsChanged(which));
renderShortcutList(getElement('keys'), LIVE_SHORTCUTS);
await Promise.all([showEarlier(), fillMicrophones()]);
// Only now: a new recording continues after what is on the page.
setUp();
record.disabled = false;
void readInfo();
