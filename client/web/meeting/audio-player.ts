import type { StoredAudio } from '../../../protocol/transcripts.ts';
import { type AudioPart, findPartAt, groupByPart } from './audio-timeline.ts';

export interface AudioPlayerCallbacks {
  /** Position, state or speed changed. */
  changed(): void;
  failed(reason: string): void;
}

/** Fetches the audio of a stream, as a file that the browser plays. */
export type FetchAudio = (stream: StoredAudio, signal: AbortSignal) => Promise<Blob>;

/** Voices of one session that are further apart than this are put in step again, s: an echo is heard from about 50 ms on. */
const DRIFT_MAX_S = 0.04;

interface LoadedPart {
  readonly part: AudioPart;
  /** The first leads: its clock is the position. */
  readonly elements: readonly HTMLAudioElement[];
}

/**
 * Plays the kept audio of a meeting: session after session, and the voices of each together, as `<audio>` elements. The files are
 * fetched when they are first needed, because an element cannot send the page's credential, which must not be in an address;
 * from then on any place can be reached without the server. An hour of a voice takes about 11 MB.
 */
export class AudioPlayer {
  readonly #fetchAudio: FetchAudio;
  readonly #callbacks: AudioPlayerCallbacks;
  #parts: readonly AudioPart[] = [];
  #loaded: LoadedPart | undefined;
  #loading: { readonly part: AudioPart; readonly abort: AbortController } | undefined;
  #isWanted = false;
  /** Position while nothing is loaded that has one. */
  #positionMs = 0;
  #rate = 1;
  #channel: number | undefined;

  constructor(fetchAudio: FetchAudio, callbacks: AudioPlayerCallbacks) {
    this.#fetchAudio = fetchAudio;
    this.#callbacks = callbacks;
  }

  /** Takes the audio of another meeting, or more of the same; stops what is playing if its session is gone. */
  open(audio: readonly StoredAudio[]): void {
    this.close();
    this.#parts = groupByPart(audio);
    this.#positionMs = this.#parts[0]?.fromMs ?? 0;
    this.#callbacks.changed();
  }

  close(): void {
    this.#isWanted = false;
    this.#unload();
    this.#parts = [];
  }

  /** Whether it plays, or will as soon as it can. */
  get isPlaying(): boolean {
    return this.#isWanted;
  }

  get isLoading(): boolean {
    return this.#loading !== undefined;
  }

  /** On the timeline of the meeting, ms. */
  get positionMs(): number {
    const leader = this.#loaded?.elements[0];
    if (leader === undefined || leader.readyState === HTMLMediaElement.HAVE_NOTHING) return this.#positionMs;
    return this.#loaded!.part.fromMs + leader.currentTime * 1_000;
  }

  /** Where the last session ends, ms. */
  get endMs(): number {
    return this.#parts.at(-1)?.toMs ?? 0;
  }

  get startMs(): number {
    return this.#parts[0]?.fromMs ?? 0;
  }

  /** Number of the session at the position. */
  get part(): number | undefined {
    return (this.#loaded?.part ?? findPartAt(this.#parts, this.#positionMs) ?? this.#parts.at(-1))?.part;
  }

  get channel(): number | undefined {
    return this.#channel;
  }

  /** The voice that is heard; undefined for all. */
  set channel(channel: number | undefined) {
    this.#channel = channel;
    this.#applySettings();
    this.#callbacks.changed();
  }

  get rate(): number {
    return this.#rate;
  }

  /** Speed; voices keep their pitch. */
  set rate(rate: number) {
    this.#rate = rate;
    this.#applySettings();
    this.#callbacks.changed();
  }

  toggle(): void {
    if (this.#isWanted) this.pause();
    else this.play();
  }

  /** At the end, begins again. */
  play(): void {
    if (this.#parts.length === 0) return;
    if (this.positionMs >= this.endMs - 50) this.#goTo(this.startMs);
    this.#isWanted = true;
    this.#callbacks.changed();
    void this.#continue();
  }

  pause(): void {
    this.#isWanted = false;
    for (const element of this.#loaded?.elements ?? []) element.pause();
    this.#callbacks.changed();
  }

  /** Between sessions without audio, the next one begins. */
  seek(ms: number): void {
    this.#goTo(Math.max(this.startMs, Math.min(ms, this.endMs)));
    this.#callbacks.changed();
    if (this.#isWanted) void this.#continue();
  }

  #goTo(ms: number): void {
    const part = findPartAt(this.#parts, ms) ?? this.#parts.at(-1);
    if (part === undefined) return;
    this.#positionMs = Math.max(part.fromMs, ms);
    if ((this.#loaded ?? this.#loading)?.part !== part) return this.#unload();
    for (const element of this.#loaded?.elements ?? []) element.currentTime = (this.#positionMs - part.fromMs) / 1_000;
  }

  /** Plays on from the position, after loading its session. */
  async #continue(): Promise<void> {
    const part = findPartAt(this.#parts, this.#positionMs) ?? this.#parts.at(-1);
    if (part === undefined) return;
    try {
      if (this.#loaded?.part !== part && !(await this.#load(part))) return;
      if (!this.#isWanted) return;
      await Promise.all((this.#loaded?.elements ?? []).map((element) => element.play()));
    } catch (error) {
      // A pause, or another place, came before the first sound.
      if (error instanceof DOMException && error.name === 'AbortError') return;
      this.pause();
      this.#callbacks.failed(error instanceof Error ? error.message : String(error));
    }
  }

  /** Resolves with false when another session was wanted meanwhile. */
  async #load(part: AudioPart): Promise<boolean> {
    if (this.#loading !== undefined) return false;
    const abort = new AbortController();
    const { signal } = abort;
    this.#loading = { part, abort };
    this.#callbacks.changed();
    try {
      const blobs = await Promise.all(part.streams.map((stream) => this.#fetchAudio(stream, signal)));
      const elements = await openElements(blobs);
      if (signal.aborted) {
        for (const element of elements) release(element);
        return false;
      }
      this.#loaded = { part, elements };
      this.#watch(elements);
      this.#applySettings();
      for (const element of elements) element.currentTime = Math.max(0, this.#positionMs - part.fromMs) / 1_000;
      return true;
    } catch (error) {
      if (signal.aborted) return false;
      throw error;
    } finally {
      if (this.#loading?.abort === abort) this.#loading = undefined;
      this.#callbacks.changed();
    }
  }

  #watch([leader, ...others]: readonly HTMLAudioElement[]): void {
    if (leader === undefined) return;
    for (const element of [leader, ...others])
      element.addEventListener('error', () => {
        if (this.#loaded?.elements[0] !== leader) return;
        this.pause();
        this.#callbacks.failed(describeError(element));
      });
    leader.addEventListener('timeupdate', () => {
      for (const other of others) {
        const isBehind = Math.abs(other.currentTime - leader.currentTime) > DRIFT_MAX_S;
        if (isBehind && !other.ended && !leader.seeking) other.currentTime = leader.currentTime;
      }
      this.#callbacks.changed();
    });
    leader.addEventListener('seeked', () => this.#callbacks.changed());
    leader.addEventListener('ended', () => this.#playNext());
    // The browser paused it, for a headset that was taken off or a key of the keyboard.
    leader.addEventListener('pause', () => {
      if (this.#isWanted && leader.paused && !leader.ended && this.#loaded?.elements[0] === leader) this.pause();
    });
  }

  #playNext(): void {
    const part = this.#loaded?.part;
    const next = part && this.#parts[this.#parts.indexOf(part) + 1];
    if (next === undefined) return this.pause();
    this.seek(next.fromMs);
  }

  #applySettings(): void {
    for (const [i, element] of (this.#loaded?.elements ?? []).entries()) {
      element.playbackRate = this.#rate;
      element.muted = this.#channel !== undefined && this.#loaded!.part.streams[i]!.channel !== this.#channel;
    }
  }

  #unload(): void {
    this.#loading?.abort.abort();
    this.#loading = undefined;
    const elements = this.#loaded?.elements ?? [];
    this.#loaded = undefined;
    for (const element of elements) release(element);
  }
}

/** Elements that know the length of their audio. Rejects, and keeps none, when the browser cannot play one of them. */
async function openElements(blobs: readonly Blob[]): Promise<readonly HTMLAudioElement[]> {
  const elements = blobs.map(() => new Audio());
  try {
    await Promise.all(elements.map((element, i) => openElement(element, blobs[i]!)));
    return elements;
  } catch (error) {
    for (const element of elements) release(element);
    throw error;
  }
}

function openElement(element: HTMLAudioElement, blob: Blob): Promise<void> {
  element.preload = 'auto';
  return new Promise((resolve, reject) => {
    element.addEventListener('loadedmetadata', () => resolve(), { once: true });
    element.addEventListener('error', () => reject(new Error(describeError(element))), { once: true });
    element.src = URL.createObjectURL(blob);
  });
}

const describeError = ({ error }: HTMLAudioElement): string =>
  `The browser cannot play the audio: ${error?.message || 'unknown format'}.`;

function release(element: HTMLAudioElement): void {
  const address = element.src;
  element.pause();
  element.removeAttribute('src');
  element.load();
  if (address !== '') URL.revokeObjectURL(address);
}
