import { toPrintable } from '../../../../protocol/printable.ts';
import { formatElapsed } from '../../ui/format-elapsed.ts';
import { createElement } from './conversation-view.ts';

/** A meeting in the list, wherever it is stored. */
export interface PastMeeting {
  /** Its id in the page's address: the server's, or this browser's. */
  readonly name: string;
  readonly title: string;
  readonly startedAt: string;
  readonly durationMs: number;
  readonly sentences: number;
  readonly snippet?: string | undefined;
  readonly where: 'server' | 'browser';
}

export interface PastMeetingsCallbacks {
  remove(entry: PastMeeting): void;
}

/** Fills the list of past meetings. */
export function renderPastMeetings(
  list: HTMLElement,
  entries: readonly PastMeeting[],
  events: PastMeetingsCallbacks,
): void {
  list.replaceChildren(...entries.map((entry) => createRow(entry, events)));
}

function createRow(entry: PastMeeting, events: PastMeetingsCallbacks): HTMLElement {
  const item = createElement('li', 'meeting');
  item.dataset['name'] = entry.name;
  const link = document.createElement('a');
  link.href = `/meeting#${encodeURIComponent(entry.name)}`;
  const title = toPrintable(entry.title);
  link.textContent = title;
  const about = createElement('p', 'faint');
  const day = new Date(entry.startedAt).toLocaleString(undefined, { dateStyle: 'medium', timeStyle: 'short' });
  const kept = entry.where === 'server' ? '' : ' · in this browser only';
  about.textContent = `${day} · ${formatElapsed(entry.durationMs)} · ${entry.sentences} sentences${kept}`;
  const remove = createElement('button', 'plain danger') as HTMLButtonElement;
  remove.type = 'button';
  remove.textContent = 'Delete';
  remove.setAttribute('aria-label', `Delete ${title}`);
  remove.addEventListener('click', () => events.remove(entry));
  item.append(link, about);
  if (entry.snippet !== undefined && entry.snippet !== '') {
    const snippet = createElement('p', 'snippet');
    snippet.textContent = entry.snippet;
    item.append(snippet);
  }
  item.append(remove);
  return item;
}
