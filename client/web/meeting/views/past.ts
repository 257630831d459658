import { printable } from '../../../../protocol/printable.ts';
import { clock } from '../../views/transcript.ts';
import { element } from './bubbles.ts';

/** A meeting in the list, wherever it is kept. */
export interface Entry {
  /** What the address of the page calls it: the server's name, or this browser's. */
  readonly name: string;
  readonly title: string;
  readonly startedAt: string;
  readonly durationMs: number;
  readonly sentences: number;
  readonly snippet?: string | undefined;
  readonly where: 'server' | 'browser';
}

export interface PastEvents {
  remove(entry: Entry): void;
}

/** Past meetings, the newest first. */
export function showPast(list: HTMLElement, entries: readonly Entry[], events: PastEvents): void {
  list.replaceChildren(...entries.map((entry) => row(entry, events)));
}

function row(entry: Entry, events: PastEvents): HTMLElement {
  const item = element('li', 'meeting');
  item.dataset['name'] = entry.name;
  const link = document.createElement('a');
  link.href = `/meeting#${encodeURIComponent(entry.name)}`;
  const title = printable(entry.title);
  link.textContent = title;
  const about = element('p', 'faint');
  const day = new Date(entry.startedAt).toLocaleString(undefined, { dateStyle: 'medium', timeStyle: 'short' });
  const kept = entry.where === 'server' ? '' : ' · in this browser only';
  about.textContent = `${day} · ${clock(entry.durationMs)} · ${entry.sentences} sentences${kept}`;
  const remove = element('button', 'plain danger') as HTMLButtonElement;
  remove.type = 'button';
  remove.textContent = 'Delete';
  remove.setAttribute('aria-label', `Delete ${title}`);
  remove.addEventListener('click', () => events.remove(entry));
  item.append(link, about);
  if (entry.snippet !== undefined && entry.snippet !== '') {
    const snippet = element('p', 'snippet');
    snippet.textContent = entry.snippet;
    item.append(snippet);
  }
  item.append(remove);
  return item;
}
