import type { TextEvent } from '../../../transcript/sentence.ts';
import { createElement } from '../ui/dom.ts';
import { LinesView } from './lines-view.ts';
import { type OverlaySettings, resolveAppearance } from './overlay-settings.ts';
import { RollUp } from './roll-up.ts';
import { buildSampleEvents, SAMPLE_REST_MS } from './sample-events.ts';
import { applySpelling } from './spelling.ts';
import { countUnitColumns } from './units.ts';

/** Distance between two lines in font sizes; margin around the lines in pixels; padding of a line in font sizes. */
const LINE_HEIGHT = 1.32;
const EDGE_PX = 8;
const PADDING = 0.7;
/** Spare width for punctuation that arrives after its line was full. */
const SPARE_WIDTH = 1.03;
const MEASURED_TEXT = 'The quick brown fox jumps over the lazy dog, and then it rests.';
const SANS_SERIF = '"Segoe UI", "Helvetica Neue", Roboto, "Noto Sans", Arial, sans-serif';
/** Longest time without drawing, ms. */
const RENDER_INTERVAL_MS_MAX = 60_000;

/** Renders captions in an element: settings and events in, lines on the screen out. */
export class CaptionRenderer {
  readonly #root: HTMLElement;
  readonly #rows: HTMLElement;
  readonly #settings: OverlaySettings;
  readonly #rollUp: RollUp;
  readonly #view: LinesView;
  readonly #canvas = createElement('canvas').getContext('2d')!;
  readonly #resized: ResizeObserver;
  readonly #timers = new Set<ReturnType<typeof setTimeout>>();
  #font = '';
  #widthMax = Number.POSITIVE_INFINITY;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(root: HTMLElement, settings: OverlaySettings) {
    this.#root = root;
    this.#settings = settings;
    this.#rows = createElement('div', { className: 'captions-rows' });
    root.replaceChildren(this.#rows);
    root.classList.add('captions-stage');
    root.dataset['valign'] = settings.valign;
    this.#applyStyle();
    this.#measure();
    this.#view = new LinesView(this.#rows, settings.lines);
    const { lines, text, translate, interim, speed, fade, chars } = settings;
    this.#rollUp = new RollUp({
      ...{ lines, text, translate, interim, speed, fadeMs: fade },
      fits: (line) => countUnitColumns(line) <= chars && this.#widthOf(line) <= this.#widthMax,
      spell: applySpelling(settings),
      mark: (turn) => this.#mark(turn),
    });
    this.#resized = new ResizeObserver(() => this.#measure());
    this.#resized.observe(root);
    this.#render();
  }

  receive(event: TextEvent): void {
    this.#schedule(this.#settings.delay, () => this.#rollUp.read(event, performance.now()));
  }

  /** Sessions that are in the room now. */
  present(sessions: readonly string[]): void {
    this.#schedule(this.#settings.delay, () => this.#rollUp.present(sessions, performance.now()));
  }

  /** Plays the sample text in a loop. */
  playSample(round = 0): void {
    const events = buildSampleEvents(round, this.#settings.translate);
    for (const { atMs, event } of events) this.#schedule(atMs, () => this.receive(event));
    this.#schedule(events.at(-1)!.atMs + SAMPLE_REST_MS, () => this.playSample(round + 1));
  }

  close(): void {
    clearTimeout(this.#timer);
    for (const timer of this.#timers) clearTimeout(timer);
    this.#resized.disconnect();
  }

  #schedule(ms: number, run: () => void): void {
    const now = (): void => {
      run();
      this.#render();
    };
    if (ms === 0) return now();
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      now();
    }, ms);
    this.#timers.add(timer);
  }

  #render(): void {
    clearTimeout(this.#timer);
    const nowMs = performance.now();
    const shown = this.#rollUp.show(nowMs);
    this.#view.show(shown);
    this.#rows.dataset['waiting'] = String(shown.waiting);
    if (shown.nextMs === undefined) return;
    const sleepMs = Math.min(RENDER_INTERVAL_MS_MAX, Math.max(0, shown.nextMs - nowMs));
    this.#timer = setTimeout(() => this.#render(), Math.ceil(sleepMs));
  }

  #mark({ channel, first }: { readonly channel: number; readonly first: boolean }): string {
    const { speaker, names } = this.#settings;
    if (!speaker) return '';
    const name = names[channel];
    if (name !== undefined) return `${name}:`;
    return first ? '' : '>>';
  }

  #applyStyle(): void {
    const { style, dataset } = this.#rows;
    const { font, weight, align, dir, box, motion, strokeColor } = this.#settings;
    const { color, bg, bgOpacity, stroke, shadow } = resolveAppearance(this.#settings);
    style.setProperty('--color', color);
    style.setProperty('--bg', translucent(bg, bgOpacity));
    style.setProperty('--weight', String(weight));
    style.setProperty('--align', align);
    style.setProperty('--outline', outline(stroke, strokeColor, shadow));
    style.setProperty('--edge', `${EDGE_PX}px`);
    if (font !== '') style.setProperty('--font', `${font}, ${SANS_SERIF}`);
    dataset['dir'] = dir;
    this.#rows.toggleAttribute('data-box', box);
    this.#rows.toggleAttribute('data-motion', motion);
  }

  /** Computes the font size and the width of a line for the size of the element. */
  #measure(): void {
    const { size, chars, lines, font, weight } = this.#settings;
    const width = this.#root.clientWidth - 2 * EDGE_PX;
    const height = this.#root.clientHeight - 2 * EDGE_PX;
    const family = font === '' ? SANS_SERIF : `${font}, ${SANS_SERIF}`;
    this.#canvas.font = `${weight} 100px ${family}`;
    const perChar = this.#canvas.measureText(MEASURED_TEXT).width / MEASURED_TEXT.length / 100;
    const fitting = Math.min(width / (chars * perChar * SPARE_WIDTH + PADDING), height / (lines * LINE_HEIGHT));
    const px = Math.max(8, size === 0 ? Math.floor(fitting) : size);
    this.#font = `${weight} ${px}px ${family}`;
    this.#widthMax = Math.max(px * 4, width - px * PADDING);
    this.#rows.style.setProperty('--size', `${px}px`);
    this.#rows.style.setProperty('--line-height', `${Math.round(px * LINE_HEIGHT)}px`);
  }

  #widthOf(line: string): number {
    this.#canvas.font = this.#font;
    return this.#canvas.measureText(line).width;
  }
}

function translucent(hex: string, percent: number): string {
  const part = (at: number): number => Number.parseInt(hex.slice(at, at + 2), 16);
  return `rgba(${part(1)}, ${part(3)}, ${part(5)}, ${percent / 100})`;
}

/** An outline drawn as shadows all around: the browser in OBS draws a stroke over the letters, not behind them. */
function outline(stroke: number, color: string, shadow: number): string {
  const around = Array.from({ length: stroke === 0 ? 0 : 16 }, (_, i) => {
    const angle = (i / 16) * 2 * Math.PI;
    return `${(Math.cos(angle) * stroke).toFixed(1)}px ${(Math.sin(angle) * stroke).toFixed(1)}px 0 ${color}`;
  });
  const soft = shadow === 0 ? [] : [`0 ${Math.ceil(shadow / 4)}px ${shadow}px ${color}`];
  return [...around, ...soft].join(', ') || 'none';
}
