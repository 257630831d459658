import { getDisplayedText, type Sentence } from '../../sdk/index.ts';
import { listMicrophones } from '../audio/microphone.ts';
import { setUpKeyButton } from '../auth/key-button.ts';
import { PageAuth } from '../auth/page-auth.ts';
import { setUpSharing } from '../rooms/share-captions.ts';
import { describePrivacy, fetchServerInfo } from '../server/server-info.ts';
import { copyText } from '../ui/clipboard.ts';
import { renderKeyList } from '../ui/key-list.ts';
import { closeMenus, enableFileDrop, setUpMenus } from '../ui/menus.ts';
import { Messages } from '../ui/messages.ts';
import { MeterView } from '../ui/meter.ts';
import { saveTranscript } from '../ui/save.ts';
import { applyServerInfo, fillMicrophoneList, rememberSettings } from '../ui/settings.ts';
import { toggleTheme } from '../ui/theme-switch.ts';
import { actionForKey, PAGE_KEYS, readFocus } from './keyboard.ts';
import { LevelMonitor } from './level-monitor.ts';
import { LiveRun, type LiveRunCallbacks, type LiveState } from './live-run.ts';
import { computeRunOffset } from './run-offset.ts';
import { clearSentences, loadSentences, storeSentence } from './storage.ts';
import { formatElapsed, TranscriptView } from './transcript-view.ts';

const find = <E extends HTMLElement>(id: string): E => document.querySelector<E>(`#${id}`)!;
const record = find<HTMLButtonElement>('record');
const mute = find<HTMLButtonElement>('mute');
const view = find<HTMLButtonElement>('view');
const state = find('state');
const hint = find('hint');
const progress = find<HTMLProgressElement>('progress');
const messages = new Messages(find('message'), find('remark'));
const transcript = new TranscriptView(find('log'), find('open'), find<HTMLButtonElement>('jump'));
const meter = new MeterView(find<HTMLCanvasElement>('meter'));
const entry = new PageAuth({ hash: 'speaker' });

/** From here on the delay is said; below, words come as fast as one reads. */
const DELAY_SAID_MS = 100;
const RUNNING: readonly LiveState[] = ['connecting', 'live', 'lag'];

/** Sentences of earlier runs and visits, the oldest first. */
let earlier: Sentence[] = [];
let base = computeRunOffset([]);
let live: LiveRun | undefined;
let watch = new LevelMonitor(0);
let current: LiveState = 'idle';
let raw = false;
let muted = false;

const all = (): Sentence[] => [...earlier, ...(live?.transcript.sentences ?? [])];
const running = (): boolean => RUNNING.includes(current);

const events: LiveRunCallbacks = {
  sentence(sentence) {
    find('empty').hidden = true;
    watch.words(performance.now());
    transcript.show(sentence);
    if (sentence.final) void storeSentence(sentence);
  },
  state: showState,
  problem: (problem) => messages.problem(problem),
  remark: (text) => messages.remark(text),
  level(peak) {
    meter.push(muted ? 0 : peak);
    find('timer').textContent = formatElapsed(base.ms + (live?.audioMs ?? 0));
    if (muted) watch.words(performance.now());
    const { clipping, lacking } = watch.hear(peak, performance.now());
    showHint(
      clipping ? 'Too loud: turn the microphone down or move back a little.' : muted ? undefined : lackingText(lacking),
    );
  },
  progress(share) {
    progress.hidden = share === undefined;
    if (share === undefined) return;
    progress.value = share;
    find('timer').textContent = formatElapsed(base.ms + (live?.audioMs ?? 0));
  },
  delay(ms) {
    const shown = ms !== undefined && ms >= DELAY_SAID_MS;
    find('delay').textContent = shown ? `${(ms / 1_000).toFixed(1)} s behind` : '';
  },
  model(text) {
    find('model').textContent = text;
  },
};

function lackingText(lacking: 'sound' | 'speech' | undefined): string | undefined {
  if (lacking === undefined) return undefined;
  return lacking === 'sound'
    ? 'Nothing is heard. Is the right microphone chosen, and not muted?'
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
  find('record-label').textContent = running() ? 'Stop' : name === 'finishing' ? 'Finishing' : 'Start';
  document.title = running() ? `● ${text} – Sotto` : 'Sotto';
  mute.disabled = !running();
  find<HTMLButtonElement>('clear').disabled = running() || name === 'finishing';
  if (running()) return;
  meter.clear();
  showHint(undefined);
}

async function toggle(): Promise<void> {
  if (running()) return live?.stop();
  // The last words of the run before are still coming.
  if (current === 'finishing' || !(await entry.enter()) || running()) return;
  if (await begin().startMicrophone()) await fillMicrophones();
}

function begin(): LiveRun {
  messages.solved();
  earlier = all().filter((sentence) => sentence.final);
  base = computeRunOffset(earlier);
  watch = new LevelMonitor(performance.now());
  live = new LiveRun(base, events, entry);
  setMuted(false);
  return live;
}

async function openFile(file: File | undefined): Promise<void> {
  if (file === undefined) return;
  if (running() || current === 'finishing') return messages.remark('Stop what is running first, then open the file.');
  if ((await entry.enter()) && !running()) await begin().startFile(file);
}

async function fillMicrophones(): Promise<void> {
  fillMicrophoneList(await listMicrophones());
}

async function readInfo(): Promise<void> {
  const { info } = await fetchServerInfo();
  const { text, detail } = describePrivacy(location.hostname, info?.cleanup);
  find('privacy').textContent = text;
  find('privacy').title = detail;
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
  messages.remark((await copyText(text)) ? 'Copied.' : 'The browser did not allow copying.');
}

function clear(): void {
  const gone = all();
  if (gone.length === 0) return;
  earlier = [];
  live = undefined;
  base = computeRunOffset([]);
  void clearSentences();
  transcript.clear();
  find('timer').textContent = formatElapsed(0);
  find('empty').hidden = false;
  messages.remark('The page is cleared.', {
    label: 'Undo',
    run: () => restore(gone),
  });
}

/** Puts sentences back, unless new ones have begun in their place. */
function restore(gone: readonly Sentence[]): void {
  if (live !== undefined) return messages.remark('A new recording has begun; the old text cannot come back.');
  earlier = [...gone];
  base = computeRunOffset(earlier);
  find('empty').hidden = true;
  for (const sentence of gone) transcript.show(sentence);
  void storeSentence(...gone);
}

function exportAs(kind: string): void {
  closeMenus();
  if (kind === 'clear') clear();
  else if (kind === 'copy') void copyAll();
  else if (all().length === 0) messages.remark('There is nothing to save yet.');
  else saveTranscript(kind, all(), raw);
}

function onKey(event: KeyboardEvent): void {
  const action = actionForKey(event, readFocus(event.target));
  if (action === undefined) return;
  if (action === 'close') return closeMenus();
  event.preventDefault();
  if (action === 'toggle') void toggle();
  else if (action === 'raw') setRaw(!raw);
  else if (action === 'help') find<HTMLDialogElement>('help-dialog').showModal();
  else if (running()) setMuted(!muted);
}

function wire(): void {
  record.addEventListener('click', () => void toggle());
  mute.addEventListener('click', () => setMuted(!muted));
  view.addEventListener('click', () => setRaw(!raw));
  find('theme').addEventListener('click', () => {
    toggleTheme();
    meter.draw();
  });
  find('help').addEventListener('click', () => find<HTMLDialogElement>('help-dialog').showModal());
  for (const button of document.querySelectorAll<HTMLElement>('[data-export]')) {
    button.addEventListener('click', () => exportAs(button.dataset['export']!));
  }
  const file = find<HTMLInputElement>('file');
  file.addEventListener('change', () => {
    void openFile(file.files?.[0]);
    file.value = '';
  });
  enableFileDrop((dropped) => void openFile(dropped));
  setUpMenus();
  setUpSharing({ messages, entry, isRunning: running, room: 'kept' });
  setUpKeyButton(find('key'), entry);
  addEventListener('keydown', onKey);
  navigator.mediaDevices?.addEventListener('devicechange', () => void fillMicrophones());
}

async function showEarlier(): Promise<void> {
  earlier = await loadSentences();
  base = computeRunOffset(earlier);
  for (const sentence of earlier) transcript.show(sentence);
  find('empty').hidden = earlier.length > 0;
  find('timer').textContent = formatElapsed(base.ms);
}

rememberSettings((which) => live?.settingsChanged(which));
renderKeyList(find('keys'), PAGE_KEYS);
await Promise.all([showEarlier(), fillMicrophones()]);
// Only now: a run that starts goes on after what stands on the page.
wire();
record.disabled = false;
void readInfo();
