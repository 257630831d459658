import { getElement, setPressed, setText } from '../../ui/dom.ts';
import { formatElapsed } from '../../ui/format-elapsed.ts';
import { MeterView } from '../../ui/meter.ts';
import type { RecorderState } from '../recorder.ts';
import type { SourceName } from '../sources.ts';

const SOURCES = ['me', 'them'] as const;
const METER_BARS = 10;
const SILENCE_WARNING = 'Nobody has spoken for a while. The recording ends in';
/** The remaining time is rounded up to this, ms, so that screen readers do not announce every second. */
const SILENCE_STEP_MS = 10_000;

/** The bar at the bottom of the page and the state at its top: buttons, time, loudness, and the warning about silence. */
export class RecordingControls {
  readonly #meters: Readonly<Record<SourceName, MeterView>> = { me: createMeter('me'), them: createMeter('them') };
  readonly #sources = { me: getElement('source-me'), them: getElement('source-them') };
  readonly #timer = getElement('timer');
  #isOddBlock = false;

  showState(state: RecorderState, text: string, isRecording: boolean): void {
    const badge = getElement('state');
    badge.dataset['state'] = state;
    setText(badge, text);
    getElement('record').dataset['on'] = String(isRecording);
    setText(getElement('record-label'), isRecording ? 'End' : state === 'finishing' ? 'Ending' : 'Start');
    const pause = getElement('pause', HTMLButtonElement);
    pause.disabled = !isRecording;
    setPressed(pause, state === 'paused');
    if (!isRecording) for (const name of SOURCES) this.#meters[name].clear();
  }

  /** Which sources are open, or will be requested at the start. */
  showSources(isOpen: Readonly<Record<SourceName, boolean>>): void {
    for (const name of SOURCES) {
      setPressed(this.#sources[name], isOpen[name]);
      if (!isOpen[name]) this.#meters[name].clear();
    }
  }

  showTime(ms: number): void {
    setText(this.#timer, formatElapsed(ms));
  }

  /** Draws every second block only: thirty updates a second are more than anybody sees. */
  showPeaks(peaks: Readonly<Record<SourceName, number>>, nowMs: number): void {
    this.#isOddBlock = !this.#isOddBlock;
    if (!this.#isOddBlock) return;
    for (const name of SOURCES) {
      if (this.#sources[name].getAttribute('aria-pressed') === 'true') this.#meters[name].push(peaks[name]);
    }
    this.showTime(nowMs);
  }

  /** Time until the recording ends, ms; undefined hides the warning. */
  showSilence(leftMs: number | undefined): void {
    getElement('warning').hidden = leftMs === undefined;
    if (leftMs === undefined) return;
    const seconds = (Math.ceil(leftMs / SILENCE_STEP_MS) * SILENCE_STEP_MS) / 1_000;
    setText(getElement('warning-text'), `${SILENCE_WARNING} ${seconds} seconds.`);
  }

  /** Draws the meters again, in the colours of another theme. */
  redraw(): void {
    for (const name of SOURCES) this.#meters[name].draw();
  }
}

const createMeter = (name: SourceName): MeterView =>
  new MeterView(getElement(`meter-${name}`, HTMLCanvasElement), METER_BARS);
