import { toRoomOption } from '../rooms/share-captions.ts';
import { loadValue, removeValue, storeValue } from '../storage/browser-storage.ts';
import { describeMicrophoneProblem, type Problem } from '../ui/problems.ts';
import { readMicrophoneOptions, readSessionOptions } from '../ui/settings.ts';
import type { LiveRecord, MeetingDatabase } from './meeting-database.ts';
import { getDuration } from './meeting-state.ts';
import type { MeetingStore } from './meeting-store.ts';
import { findLastRun, PendingAudio } from './pending-audio.ts';
import { Recorder, type RecorderState } from './recorder.ts';
import { pageAuth } from './server-transcripts.ts';
import { SilenceTimeout } from './silence-timeout.ts';
import { MeetingSources, SilentTabError, type SourceName } from './sources.ts';

export interface RecordingCallbacks {
  state(state: RecorderState, text: string): void;
  problem(problem: Problem): void;
  /** The connection works again. */
  recovered(): void;
  remark(text: string): void;
  peaks(me: number, them: number): void;
  /** Which sources are open, or will be requested at the start. */
  sources(on: Readonly<Record<SourceName, boolean>>): void;
  /** Time until the recording ends because nobody has spoken for long, ms; undefined when somebody speaks again. */
  silence(leftMs: number | undefined): void;
}

export interface RecordingOptions {
  /** Id of the device with the others' sound; empty: a tab or screen that the user shares. */
  others(): string;
  silenceMinutes(): number;
  /** Echo cancellation removes the others' sound from the microphone when it comes from loudspeakers. */
  echo(): boolean;
  /** The user wants the audio to be kept, and the server can. */
  keepsAudio(): boolean;
}

/** A recording interrupted less than this ago continues by itself, ms. */
const CONTINUE_WINDOW_MS = 120_000;
const SILENCE_CHECK_MS = 1_000;
/** Marks the tab that records: after a reload it continues, and a second tab does not. */
const RECORDING_IN_TAB = 'sotto.recording';

/** The recording of one meeting: its sources, its session, and what is needed to continue after a reload. */
export class Recording {
  readonly #store: MeetingStore;
  readonly #database: MeetingDatabase;
  readonly #callbacks: RecordingCallbacks;
  readonly #options: RecordingOptions;
  readonly #recorder: Recorder;
  readonly #pendingAudio: PendingAudio;
  readonly #isWanted: Record<SourceName, boolean> = { me: true, them: false };
  #sources: MeetingSources | undefined;
  #silence = new SilenceTimeout(0, 0);
  #silenceTimer: ReturnType<typeof setInterval> | undefined;
  #releaseLock: (() => void) | undefined;
  #isPaused = false;
  #isMuted = false;

  constructor(
    store: MeetingStore,
    database: MeetingDatabase,
    callbacks: RecordingCallbacks,
    options: RecordingOptions,
  ) {
    this.#store = store;
    this.#database = database;
    this.#callbacks = callbacks;
    this.#options = options;
    this.#pendingAudio = new PendingAudio(database, store.meeting.id, () => {});
    this.#recorder = new Recorder(
      {
        act: (action) => {
          if (action.type === 'eventReceived' && (action.event.type === 'partial' || action.event.type === 'final'))
            this.#silence.noteActivity(performance.now());
          store.act(action);
        },
        state: (state, text) => this.#handleState(state, text),
        problem: (problem) => callbacks.problem(problem),
        recovered: () => callbacks.recovered(),
        remark: (text) => callbacks.remark(text),
        opened: ({ ready, at, seq }) => {
          store.opened(ready, at, seq);
          this.#storeState();
        },
        sent: (from, pcm) => this.#pendingAudio.add(from, pcm),
        acknowledged: (sample) => this.#pendingAudio.acknowledge(sample),
        waiting: (audio) => this.#pendingAudio.restart(audio),
      },
      () => {
        const { title, transcript, parts, audioConsentAt } = store.meeting;
        const keepsAudio = options.keepsAudio() && audioConsentAt !== undefined;
        return { title, transcript, parts, endMs: getDuration(store.meeting), keepsAudio };
      },
      async () => ({ ...readSessionOptions(), ...toRoomOption(), ...(await pageAuth.toConnectOptions()) }),
    );
    addEventListener('pagehide', () => this.#pendingAudio.flush());
  }

  get state(): RecorderState {
    return this.#recorder.state;
  }

  get isOn(): boolean {
    return ['connecting', 'live', 'lag', 'paused'].includes(this.state);
  }

  get isPaused(): boolean {
    return this.#isPaused;
  }

  /** The current position in the meeting, ms; without a recording, its end. */
  get nowMs(): number {
    return this.isOn ? this.#recorder.nowMs : getDuration(this.#store.meeting);
  }

  hasSource(side: SourceName): boolean {
    return this.#sources === undefined ? this.#isWanted[side] : this.#sources.has(side);
  }

  /** Requests the chosen sources and begins. Browsers require that a click or key press calls it. */
  async start(): Promise<void> {
    if (this.isOn || this.state === 'finishing') return;
    if (!(await pageAuth.ensureAccess()) || this.isOn) return;
    if (!(await this.#acquireLock())) return this.#callbacks.remark('This meeting is being recorded in another tab.');
    if (!(await this.#openSources(['them', 'me']))) return this.#releaseAll();
    // Sound that an interrupted recording could not send.
    const kept = findLastRun(await this.#database.audio(this.#store.meeting.id));
    this.#pendingAudio.restart(kept === undefined ? [] : [kept.bytes]);
    if (!(await this.#recorder.start(kept === undefined ? [] : [kept.bytes]))) return this.#releaseAll();
    this.#startSilenceTimer();
  }

  /** Continues the recording of this tab before a reload; `interrupted` when that was too long ago. */
  async continueRecording(live: LiveRecord): Promise<'recording' | 'interrupted' | 'elsewhere'> {
    if (!(await this.#acquireLock())) return 'elsewhere';
    const audio = findLastRun(await this.#database.audio(this.#store.meeting.id));
    const taken = await this.#recorder.resume({ ...live.kept, audio }, live.at);
    if (!taken) this.#store.act({ type: 'sessionLost' });
    const fresh = taken || Date.now() - live.tookMs < CONTINUE_WINDOW_MS;
    if (!fresh) {
      this.#store.closed();
      this.#releaseAll();
      return 'interrupted';
    }
    Object.assign(this.#isWanted, live.sources);
    this.#isPaused = live.paused;
    // Only the user can choose again what to share.
    const sides: SourceName[] = live.sources.me ? ['me'] : [];
    if (!(await this.#openSources(sides))) this.#callbacks.remark('Add a source to continue.');
    if (live.sources.them) this.#callbacks.remark('The page was reloaded. Share the sound of the others again.');
    if (!taken && !(await this.#recorder.start(audio === undefined ? [] : [audio.bytes]))) {
      this.#releaseAll();
      return 'interrupted';
    }
    this.#recorder.pause(this.#isPaused);
    this.#sources?.pause(this.#isPaused);
    this.#startSilenceTimer();
    return 'recording';
  }

  pause(): void {
    if (!this.isOn || this.#sources === undefined) return;
    this.#isPaused = !this.#isPaused;
    this.#sources.pause(this.#isPaused);
    this.#recorder.pause(this.#isPaused);
    this.#silence.noteActivity(performance.now());
    this.#storeState();
  }

  mute(): boolean {
    this.#isMuted = !this.#isMuted;
    this.#sources?.mute(this.#isMuted);
    return this.#isMuted;
  }

  /** The user wants to go on despite the silence. */
  keepRecording(): void {
    this.#silence.noteActivity(performance.now());
    this.#callbacks.silence(undefined);
  }

  /** Adds or removes a source. Before the start, it only chooses what to request. */
  async toggle(side: SourceName): Promise<void> {
    if (this.#sources === undefined) {
      this.#isWanted[side] = !this.#isWanted[side];
      return this.#showSources();
    }
    if (this.#sources.has(side)) {
      this.#sources.remove(side);
      this.#isWanted[side] = false;
    } else await this.#addSource(side);
    this.#showSources();
    this.#storeState();
  }

  async microphoneChanged(): Promise<void> {
    if (this.#sources?.has('me') === true) await this.#addSource('me');
  }

  async stop(): Promise<void> {
    if (!this.isOn) return;
    clearInterval(this.#silenceTimer);
    this.#callbacks.silence(undefined);
    this.#sources?.close();
    this.#sources = undefined;
    this.#pendingAudio.flush();
    const whole = await this.#recorder.stop();
    if (whole) this.#pendingAudio.restart([]);
    else this.#callbacks.remark('The last words could not be sent. They are saved here: press Start to send them.');
    this.#store.closed();
    this.#releaseAll();
  }

  #startSilenceTimer(): void {
    this.#silence = new SilenceTimeout(this.#options.silenceMinutes() * 60_000, performance.now());
    clearInterval(this.#silenceTimer);
    this.#silenceTimer = setInterval(() => this.#checkSilence(), SILENCE_CHECK_MS);
  }

  #checkSilence(): void {
    // The silence of a pause is intended.
    if (this.#isPaused) this.#silence.noteActivity(performance.now());
    const action = this.#silence.check(performance.now());
    if (action.state === 'over') {
      this.#callbacks.remark('Nobody spoke for a while, so the recording ended. Press Start to continue.');
      void this.stop();
    } else this.#callbacks.silence(action.state === 'warned' ? action.leftMs : undefined);
  }

  /** Resolves with true when at least one of the chosen sources is open. */
  async #openSources(sides: readonly SourceName[]): Promise<boolean> {
    try {
      this.#sources ??= await MeetingSources.open({
        onBlock: ({ pcm, peaks: [me, them] }) => {
          this.#callbacks.peaks(me, them);
          this.#recorder.push(pcm);
        },
        onEnd: (side, label) => void this.#handleEnded(side, label),
      });
    } catch (error) {
      this.#callbacks.problem(describeMicrophoneProblem(error));
      return false;
    }
    this.#sources.mute(this.#isMuted);
    for (const side of sides) if (this.#isWanted[side]) await this.#addSource(side);
    this.#showSources();
    if (this.#sources.has('me') || this.#sources.has('them')) return true;
    if (!this.#isWanted.me && !this.#isWanted.them)
      this.#callbacks.problem({
        title: 'No source is selected.',
        advice: 'Choose the microphone, shared sound, or both.',
      });
    return false;
  }

  async #addSource(side: SourceName): Promise<void> {
    const device = this.#options.others();
    try {
      if (side === 'me') await this.#sources!.addMicrophone({ ...readMicrophoneOptions(), echo: this.#options.echo() });
      else if (device !== '') await this.#sources!.addDevice(device);
      else await this.#sources!.addSharedSound();
      this.#isWanted[side] = true;
    } catch (error) {
      this.#callbacks.problem(
        side === 'them' && device === '' ? describeShareProblem(error) : describeMicrophoneProblem(error),
      );
    }
  }

  /** A source disappeared: another microphone can replace it, but only the user can choose what to share. */
  async #handleEnded(side: SourceName, label: string): Promise<void> {
    this.#showSources();
    if (side === 'me') {
      await this.#addSource('me');
      if (this.#sources?.has('me') === true)
        this.#callbacks.remark('The microphone was disconnected; now using another one.');
    } else {
      this.#callbacks.remark(
        `“${label || 'The shared sound'}” is no longer shared. Press “Shared sound” to add it again.`,
      );
    }
    this.#showSources();
    this.#storeState();
  }

  #handleState(state: RecorderState, text: string): void {
    if (state === 'idle' && this.#sources !== undefined && this.#recorder.state === 'idle') this.#releaseAll();
    this.#callbacks.state(state, text);
  }

  #showSources(): void {
    this.#callbacks.sources({ me: this.hasSource('me'), them: this.hasSource('them') });
  }

  #storeState(): void {
    const { me, them } = { me: this.hasSource('me'), them: this.hasSource('them') };
    this.#store.storeRecording({ paused: this.#isPaused, sources: { me, them } });
  }

  /** Makes sure that only one tab records a meeting: a duplicated tab has the same session storage. */
  async #acquireLock(): Promise<boolean> {
    const { id } = this.#store.meeting;
    const { locks } = navigator;
    const had =
      locks === undefined ||
      (await new Promise<boolean>((resolve) => {
        // The page before the reload may not have released the lock yet.
        const signal = AbortSignal.timeout(1_500);
        void locks
          .request(`sotto-meeting-${id}`, { signal }, () => {
            resolve(true);
            return new Promise<void>((release) => {
              this.#releaseLock = release;
            });
          })
          .catch(() => resolve(false));
      }));
    if (had) storeRecordingInTab(id);
    return had;
  }

  #releaseAll(): void {
    clearInterval(this.#silenceTimer);
    this.#sources?.close();
    this.#sources = undefined;
    this.#isPaused = false;
    this.#releaseLock?.();
    this.#releaseLock = undefined;
    storeRecordingInTab(undefined);
    this.#showSources();
  }
}

export function describeShareProblem(error: unknown): Problem {
  if (error instanceof SilentTabError)
    return {
      title: 'What you shared has no sound.',
      advice:
        'Share a tab and tick “Also share tab audio”. On Linux, the sound of the whole computer is a device: see Settings.',
    };
  const name = error instanceof Error || error instanceof DOMException ? error.name : '';
  if (name === 'NotAllowedError')
    return { title: 'Nothing was shared.', advice: 'Press “Shared sound” again to choose a tab or a screen.' };
  return {
    title: 'This browser cannot share sound.',
    advice: 'Use Chrome or Edge, or choose a device with the others’ sound in Settings.',
  };
}

/** Id of the meeting that this tab was recording before a reload or a crash. */
export const findRecordingInTab = (): string | undefined => loadValue('tab', RECORDING_IN_TAB);

function storeRecordingInTab(meeting: string | undefined): void {
  if (meeting === undefined) removeValue('tab', RECORDING_IN_TAB);
  else storeValue('tab', RECORDING_IN_TAB, meeting);
}
