import { getOwnEntry } from '../../../../protocol/own-entry.ts';
import { getElement, setText } from '../../ui/dom.ts';
import { formatElapsed } from '../../ui/format-elapsed.ts';

export interface PlayerState {
  readonly isPlaying: boolean;
  readonly isLoading: boolean;
  readonly positionMs: number;
  readonly startMs: number;
  readonly endMs: number;
}

export interface PlayerCallbacks {
  toggle(): void;
  seek(ms: number): void;
  /** By this much from the position. */
  skip(ms: number): void;
  setRate(rate: number): void;
  /** Undefined for all voices. */
  setChannel(channel: number | undefined): void;
  saveClip(): void;
}

/** How far the arrow keys go, ms. */
export const SKIP_MS = 5_000;
const SKIPS = { ArrowLeft: -SKIP_MS, ArrowDown: -SKIP_MS, ArrowRight: SKIP_MS, ArrowUp: SKIP_MS } as const;
/** Bytes of a millisecond of kept audio: the server encodes speech with 24 kbit/s. */
const BYTES_PER_MS = 3;
const MEGABYTE = 1_000_000;
const NOTHING_KEPT = 'No audio of this meeting is kept. To keep it next time, choose “Keep the audio” in Settings.';

/** The player below a meeting whose audio is kept: play, position, speed and voices. */
export class PlayerView {
  readonly #panel = getElement('player');
  readonly #play = getElement('player-play', HTMLButtonElement);
  readonly #position = getElement('player-position', HTMLInputElement);
  readonly #time = getElement('player-time');
  readonly #voices = getElement('player-voice', HTMLSelectElement);
  readonly #note = getElement('audio-note');

  constructor(callbacks: PlayerCallbacks) {
    this.#play.addEventListener('click', () => callbacks.toggle());
    this.#position.addEventListener('input', () => callbacks.seek(Number(this.#position.value)));
    this.#position.addEventListener('keydown', (event) => {
      const by = getOwnEntry(SKIPS, event.key);
      if (event.key === ' ') callbacks.toggle();
      else if (by === undefined) return;
      else callbacks.skip(by);
      event.preventDefault();
    });
    const speed = getElement('player-speed', HTMLSelectElement);
    speed.addEventListener('change', () => callbacks.setRate(Number(speed.value)));
    this.#voices.addEventListener('change', () => {
      const { value } = this.#voices;
      callbacks.setChannel(value === '' ? undefined : Number(value));
    });
    getElement('player-clip').addEventListener('click', () => callbacks.saveClip());
  }

  hide(): void {
    this.#panel.hidden = true;
  }

  /** Says whether audio is kept and how much, and shows the player if any is. */
  showKept(keptMs: number, channels: readonly { readonly channel: number; readonly name: string }[]): void {
    this.#panel.hidden = false;
    getElement('player-controls').hidden = keptMs === 0;
    if (keptMs === 0) return setText(this.#note, NOTHING_KEPT);
    const megabytes = Math.max(0.1, (keptMs * channels.length * BYTES_PER_MS) / MEGABYTE).toFixed(1);
    setText(
      this.#note,
      `The audio is kept on the server: ${formatElapsed(keptMs)}, about ${megabytes} MB. It is deleted with the meeting.`,
    );
    const { value } = this.#voices;
    const voices = channels.map(({ channel, name }) => new Option(name, String(channel)));
    this.#voices.replaceChildren(new Option('All voices', ''), ...voices);
    this.#voices.value = channels.some(({ channel }) => String(channel) === value) ? value : '';
    this.#voices.hidden = channels.length < 2;
  }

  show({ isPlaying, isLoading, positionMs, startMs, endMs }: PlayerState): void {
    setText(this.#play, isPlaying ? 'Pause' : 'Play');
    this.#panel.toggleAttribute('data-loading', isLoading);
    const place = Math.min(positionMs, endMs);
    const text = `${formatElapsed(place)} / ${formatElapsed(endMs)}`;
    setText(this.#time, isLoading ? 'Loading …' : text);
    this.#position.min = String(startMs);
    this.#position.max = String(endMs);
    this.#position.value = String(place);
    this.#position.setAttribute('aria-valuetext', `${formatElapsed(place)} of ${formatElapsed(endMs)}`);
  }
}
