import { displayed, type Sentence } from '../sdk/index.ts';
import { Live, type LiveEvents } from './live.ts';
import { listMicrophones } from './microphone.ts';
import type { Problem } from './problems.ts';
import { languageChoices, offer, rememberSettings } from './settings.ts';
import { forget, keep, recall } from './storage.ts';
import { MeterView } from './views/meter.ts';
import { save } from './views/save.ts';
import { clock, TranscriptView } from './views/transcript.ts';

const find = <E extends HTMLElement>(id: string): E => document.querySelector<E>(`#${id}`)!;
const record = find<HTMLButtonElement>('record');
const mute = find<HTMLButtonElement>('mute');
const view = find<HTMLButtonElement>('view');
const state = find('state');
const message = find('message');
const hint = find('hint');
const progress = find<HTMLProgressElement>('progress');
const transcript = new TranscriptView(find('log'), find('open'), find<HTMLButtonElement>('jump'));
const meter = new MeterView(find<HTMLCanvasElement>('meter'));

/** How long nothing is heard before the page wonders, ms; and what counts as nothing. */
const QUIET_MS = 8_000;
const QUIET_PEAK = 0.01;

/** Sentences of earlier runs on this page, the oldest first. */
let earlier: Sentence[] = recall();
let live: Live | undefined;
let raw = false;
let muted = false;
let heardAt = 0;

const all = (): Sentence[] => [...earlier, ...(live?.transcript.sentences ?? [])];

const events: LiveEvents = {
  sentence(sentence) {
    find('empty').hidden = true;
    hint.hidden = true;
    heardAt = performance.now();
    transcript.show(sentence);
    if (sentence.final) keep(all());
  },
  state(name, text) {
    if (state.dataset['state'] !== name) state.dataset['state'] = name;
    if (state.textContent !== text) state.textContent = text;
    const running = name === 'live' || name === 'lag' || name === 'connecting';
    record.setAttribute('aria-pressed', String(running));
    find('record-label').textContent = running ? 'Stop' : name === 'finishing' ? 'Finishing' : 'Start';
    mute.disabled = !running;
    if (!running) meter.clear();
  },
  problem: showProblem,
  level(peak) {
    meter.push(muted ? 0 : peak);
    const now = performance.now();
    if (peak > QUIET_PEAK) heardAt = Math.max(heardAt, now - QUIET_MS / 2);
    const quiet = now - heardAt > QUIET_MS;
    if (quiet)
      hint.textContent =
        peak < QUIET_PEAK
          ? 'Nothing is heard. Is the right microphone chosen, and not muted?'
          : 'There is sound, but no speech yet.';
    hint.hidden = !quiet;
  },
  progress(share) {
    progress.hidden = share === undefined;
    if (share !== undefined) progress.value = share;
  },
  model(text) {
    find('model').textContent = text;
  },
};

function showProblem(problem: Problem): void {
  const title = document.createElement('strong');
  title.textContent = problem.title;
  message.replaceChildren(title, problem.advice);
  message.hidden = false;
}

async function toggle(): Promise<void> {
  if (record.getAttribute('aria-pressed') === 'true') {
    await live?.stop();
    return;
  }
  if (state.dataset['state'] === 'finishing') return;
  begin();
  if (await live!.startMicrophone()) void fillDevices();
}

function begin(): void {
  message.hidden = true;
  earlier = all().filter((sentence) => sentence.final);
  heardAt = performance.now();
  muted = false;
  mute.setAttribute('aria-pressed', 'false');
  live = new Live(events);
}

async function openFile(file: File | undefined): Promise<void> {
  if (file === undefined || record.getAttribute('aria-pressed') === 'true') return;
  begin();
  await live!.startFile(file);
}

async function fillDevices(): Promise<void> {
  offer(
    'device',
    'Default',
    (await listMicrophones()).map(({ id, label }) => ({ value: id, label })),
  );
}

async function readInfo(): Promise<void> {
  const response = await fetch('/v1/info').catch(() => undefined);
  if (response === undefined || !response.ok) return;
  const info = (await response.json()) as { model: string; languages: 'all' | string[] };
  events.model(info.model);
  const codes = info.languages === 'all' ? COMMON : info.languages;
  offer(
    'language',
    info.languages === 'all' ? 'Detect' : 'English',
    info.languages === 'all' ? languageChoices(codes) : [],
  );
  if (info.languages !== 'all') find<HTMLSelectElement>('task').options[1]!.disabled = true;
}

/** Languages Whisper is good at; the others are detected, or set by the server. */
const COMMON =
  'ar bg ca cs da de el en es et fa fi fr he hi hr hu id it ja ko lt lv mk ms nl no pl pt ro ru sk sl sr sv ta th tr uk ur vi zh'.split(
    ' ',
  );

function setRaw(value: boolean): void {
  raw = value;
  view.setAttribute('aria-pressed', String(raw));
  view.textContent = raw ? 'Show clean' : 'Show raw';
  transcript.raw = raw;
}

function setMuted(value: boolean): void {
  muted = value;
  mute.setAttribute('aria-pressed', String(muted));
  mute.textContent = muted ? 'Unmute' : 'Mute';
  live?.mute(muted);
}

function exportAs(kind: string): void {
  find<HTMLDetailsElement>('export-menu').open = false;
  if (kind === 'clear') {
    earlier = [];
    live = record.getAttribute('aria-pressed') === 'true' ? live : undefined;
    forget();
    transcript.clear();
    find('empty').hidden = false;
  } else if (kind === 'copy') {
    const text = all()
      .map((sentence) => displayed(sentence, raw))
      .filter(Boolean)
      .join('\n');
    void navigator.clipboard.writeText(text);
  } else save(kind, all(), raw);
}

function onKey(event: KeyboardEvent): void {
  const target = event.target as HTMLElement;
  if (event.key === 'Escape') for (const menu of document.querySelectorAll('details')) menu.open = false;
  if (event.altKey && event.code === 'KeyR') {
    event.preventDefault();
    void toggle();
    return;
  }
  if (
    event.ctrlKey ||
    event.metaKey ||
    event.altKey ||
    target.closest('input, select, textarea, button, summary, dialog') !== null
  )
    return;
  if (event.code === 'Space') {
    event.preventDefault();
    void toggle();
  } else if (event.key === 'm' && !mute.disabled) setMuted(!muted);
  else if (event.key === 'r') setRaw(!raw);
  else if (event.key === '?') find<HTMLDialogElement>('help-dialog').showModal();
}

function changeTheme(): void {
  const { dataset } = document.documentElement;
  const dark =
    dataset['theme'] === undefined ? matchMedia('(prefers-color-scheme: dark)').matches : dataset['theme'] === 'dark';
  dataset['theme'] = dark ? 'light' : 'dark';
  localStorage.setItem('sotto.theme', dataset['theme']);
  meter.draw();
}

function wire(): void {
  record.addEventListener('click', () => void toggle());
  mute.addEventListener('click', () => setMuted(!muted));
  view.addEventListener('click', () => setRaw(!raw));
  find('theme').addEventListener('click', changeTheme);
  find('help').addEventListener('click', () => find<HTMLDialogElement>('help-dialog').showModal());
  for (const button of document.querySelectorAll<HTMLElement>('[data-export]')) {
    button.addEventListener('click', () => exportAs(button.dataset['export']!));
  }
  const file = find<HTMLInputElement>('file');
  file.addEventListener('change', () => {
    void openFile(file.files?.[0]);
    file.value = '';
  });
  addEventListener('keydown', onKey);
  addEventListener('dragover', (event) => {
    event.preventDefault();
    document.body.classList.add('dropping');
  });
  addEventListener('dragleave', (event) => {
    if (event.relatedTarget === null) document.body.classList.remove('dropping');
  });
  addEventListener('drop', (event) => {
    event.preventDefault();
    document.body.classList.remove('dropping');
    void openFile(event.dataTransfer?.files[0]);
  });
  navigator.mediaDevices?.addEventListener('devicechange', () => void fillDevices());
  // A menu that is open closes when the rest of the page is clicked.
  addEventListener('click', (event) => {
    for (const menu of document.querySelectorAll('details[open]')) {
      if (!menu.contains(event.target as Node)) (menu as HTMLDetailsElement).open = false;
    }
  });
  setInterval(() => {
    const running = record.getAttribute('aria-pressed') === 'true';
    if (running && live !== undefined) find('timer').textContent = clock(performance.now() - live.startedAt);
  }, 250);
}

const theme = localStorage.getItem('sotto.theme');
if (theme !== null) document.documentElement.dataset['theme'] = theme;
rememberSettings();
wire();
for (const sentence of earlier) transcript.show(sentence);
if (earlier.length > 0) find('empty').hidden = true;
void readInfo();
