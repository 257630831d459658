import { displayed, type Sentence } from '../sdk/index.ts';
import { baseAfter } from './continued.ts';
import { Entry } from './entry/entry.ts';
import { wireKeyButton } from './entry/key-button.ts';
import { actionOf, focusOf, KEYS } from './keyboard.ts';
import { LevelWatch } from './level.ts';
import { Live, type LiveEvents, type State } from './live.ts';
import { listMicrophones } from './microphone.ts';
import { askServer, privacyOf } from './server-info.ts';
import { offerMicrophones, offerServer, rememberSettings } from './settings.ts';
import { wireSharing } from './share-captions.ts';
import { forget, keep, recall } from './storage.ts';
import { switchTheme } from './theme-switch.ts';
import { copy } from './views/clipboard.ts';
import { listKeys } from './views/key-list.ts';
import { closeMenus, wireDrop, wireMenus } from './views/menus.ts';
import { Messages } from './views/messages.ts';
import { MeterView } from './views/meter.ts';
import { save } from './views/save.ts';
import { clock, TranscriptView } from './views/transcript.ts';

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
const entry = new Entry({ hash: 'speaker' });

/** From here on the delay is said; below, words come as fast as one reads. */
const DELAY_SAID_MS = 100;
const RUNNING: readonly State[] = ['connecting', 'live', 'lag'];

/** Sentences of earlier runs and visits, the oldest first. */
let earlier: Sentence[] = [];
let base = baseAfter([]);
let live: Live | undefined;
let watch = new LevelWatch(0);
let current: State = 'idle';
let raw = false;
let muted = false;

const all = (): Sentence[] => [...earlier, ...(live?.transcript.sentences ?? [])];
const running = (): boolean => RUNNING.includes(current);

const events: LiveEvents = {
  sentence(sentence) {
    find('empty').hidden = true;
    watch.words(performance.now());
    transcript.show(sentence);
    if (sentence.final) void keep(sentence);
  },
  state: showState,
  problem: (problem) => messages.problem(problem),
  remark: (text) => messages.remark(text),
  level(peak) {
    meter.push(muted ? 0 : peak);
    find('timer').textContent = clock(base.ms + (live?.audioMs ?? 0));
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
    find('timer').textContent = clock(base.ms + (live?.audioMs ?? 0));
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

function showState(name: State, text: string): void {
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

function begin(): Live {
  messages.solved();
  earlier = all().filter((sentence) => sentence.final);
  base = baseAfter(earlier);
  watch = new LevelWatch(performance.now());
  live = new Live(base, events, entry);
  setMuted(false);
  return live;
}

async function openFile(file: File | undefined): Promise<void> {
  if (file === undefined) return;
  if (running() || current === 'finishing') return messages.remark('Stop what is running first, then open the file.');
  if ((await entry.enter()) && !running()) await begin().startFile(file);
}

async function fillMicrophones(): Promise<void> {
  offerMicrophones(await listMicrophones());
}

async function readInfo(): Promise<void> {
  const { info } = await askServer();
  const { text, detail } = privacyOf(location.hostname, info?.cleanup);
  find('privacy').textContent = text;
  find('privacy').title = detail;
  if (info === undefined) return;
  if (info.model !== undefined) events.model(info.model);
  offerServer(info);
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
    .map((sentence) => displayed(sentence, raw))
    .filter(Boolean)
    .join('\n');
  messages.remark((await copy(text)) ? 'Copied.' : 'The browser did not allow copying.');
}

function clear(): void {
  const gone = all();
  if (gone.length === 0) return;
  earlier = [];
  live = undefined;
  base = baseAfter([]);
  void forget();
  transcript.clear();
  find('timer').textContent = clock(0);
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
  base = baseAfter(earlier);
  find('empty').hidden = true;
  for (const sentence of gone) transcript.show(sentence);
  void keep(...gone);
}

function exportAs(kind: string): void {
  closeMenus();
  if (kind === 'clear') clear();
  else if (kind === 'copy') void copyAll();
  else if (all().length === 0) messages.remark('There is nothing to save yet.');
  else save(kind, all(), raw);
}

function onKey(event: KeyboardEvent): void {
  const action = actionOf(event, focusOf(event.target));
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
    switchTheme();
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
  wireDrop((dropped) => void openFile(dropped));
  wireMenus();
  wireSharing({ messages, entry, isRunning: running, room: 'kept' });
  wireKeyButton(find('key'), entry);
  addEventListener('keydown', onKey);
  navigator.mediaDevices?.addEventListener('devicechange', () => void fillMicrophones());
}

async function showEarlier(): Promise<void> {
  earlier = await recall();
  base = baseAfter(earlier);
  for (const sentence of earlier) transcript.show(sentence);
  find('empty').hidden = earlier.length > 0;
  find('timer').textContent = clock(base.ms);
}

rememberSettings((which) => live?.settingsChanged(which));
listKeys(find('keys'), KEYS);
await Promise.all([showEarlier(), fillMicrophones()]);
// Only now: a run that starts goes on after what stands on the page.
wire();
record.disabled = false;
void readInfo();
