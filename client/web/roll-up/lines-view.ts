import { createElement } from '../ui/dom.ts';
import type { RollUpFrame, ShownLine } from './roll-up.ts';

interface Row {
  readonly element: HTMLElement;
  readonly settled: Text;
  readonly tail: Text;
}

/** Draws the lines. Each keeps its element while it is visible, and only what changed is touched. */
export class LinesView {
  readonly #root: HTMLElement;
  readonly #lines: number;
  readonly #rows = new Map<number, Row>();

  constructor(root: HTMLElement, lines: number) {
    this.#root = root;
    this.#lines = lines;
    root.replaceChildren();
    root.style.setProperty('--lines', String(lines));
  }

  show({ lines, bottom, faded }: RollUpFrame): void {
    for (const line of lines) this.#draw(line, bottom);
    for (const [index, row] of this.#rows) {
      if (lines.some((line) => line.index === index)) continue;
      // The line that scrolls out stays invisible above the edge until the animation has ended.
      if (bottom - index === this.#lines && row.element.dataset['gone'] === undefined && lines.length > 0) {
        row.element.dataset['gone'] = '';
        setRow(row.element, bottom - index);
      } else if (bottom - index !== this.#lines || lines.length === 0) {
        row.element.remove();
        this.#rows.delete(index);
      }
    }
    this.#root.toggleAttribute('data-faded', faded);
    this.#root.toggleAttribute('data-empty', lines.length === 0);
  }

  #draw({ index, settled, tail }: ShownLine, bottom: number): void {
    const row = this.#rows.get(index) ?? this.#addRow(index);
    if (row.settled.data !== settled) row.settled.data = settled;
    if (row.tail.data !== tail) row.tail.data = tail;
    setRow(row.element, bottom - index);
  }

  #addRow(index: number): Row {
    const settled = document.createTextNode('');
    const tail = document.createTextNode('');
    const tentative = createElement('span', { className: 'caption-tentative' }, tail);
    const text = createElement('span', { className: 'caption-text' }, settled, tentative);
    const dir = this.#root.dataset['dir'] ?? 'auto';
    const element = createElement('p', { className: 'caption-line', dir }, text);
    this.#root.append(element);
    const row = { element, settled, tail };
    this.#rows.set(index, row);
    return row;
  }
}

function setRow(element: HTMLElement, row: number): void {
  const wanted = String(row);
  if (element.style.getPropertyValue('--row') !== wanted) element.style.setProperty('--row', wanted);
}
