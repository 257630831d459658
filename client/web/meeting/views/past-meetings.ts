import { toPrintable } from '../../../../protocol/printable.ts';
import { createButton, createElement } from '../../ui/dom.ts';
import { formatElapsed } from '../../ui/format-elapsed.ts';

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
  const title = toPrintable(entry.title);
  const link = createElement('a', { href: `/meeting#${encodeURIComponent(entry.name)}`, textContent: title });
  const day = new Date(entry.startedAt).toLocaleString(undefined, { dateStyle: 'medium', timeStyle: 'short' });
  const storage = entry.where === 'server' ? '' : ' · in this browser only';
  const details = `${day} · ${formatElapsed(entry.durationMs)} · ${entry.sentences} sentences${storage}`;
  const item = createElement('li', { className: 'meeting', dataset: { name: entry.name } }, link);
  item.append(createElement('p', { className: 'hint', textContent: details }));
  if (entry.snippet !== undefined && entry.snippet !== '')
    item.append(createElement('p', { className: 'snippet', textContent: entry.snippet }));
  const attributes = { 'aria-label': `Delete ${title}` };
  item.append(createButton('Delete', () => events.remove(entry), { className: 'button danger', attributes }));
  return item;
}
