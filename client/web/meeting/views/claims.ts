import { createButton, createElement } from '../../ui/dom.ts';
import { formatElapsed } from '../../ui/format-elapsed.ts';
import { findSentence, type Meeting, type SummaryClaim } from '../meeting-state.ts';

const GROUPS = [
  ['summary', 'Summary'],
  ['decisions', 'Decisions'],
  ['actions', 'Actions'],
] as const;

/** Shows the summary: each claim with links to the sentences it cites. Claims without a known sentence are left out. */
export function renderClaims(into: HTMLElement, meeting: Meeting, jump: (key: string) => void): void {
  const groups: HTMLElement[] = [];
  for (const [field, heading] of GROUPS) {
    const claims = (meeting.summary?.[field] ?? []).filter(({ from }) => filterKnown(meeting, from).length > 0);
    if (claims.length === 0) continue;
    const items = claims.map((claim) => createItem(claim, meeting, jump));
    groups.push(createElement('h2', {}, heading), createElement('ul', { className: 'claims' }, ...items));
  }
  into.replaceChildren(...groups);
}

const filterKnown = (meeting: Meeting, keys: readonly string[]): readonly string[] =>
  keys.filter((key) => findSentence(meeting, key) !== undefined);

function createItem({ text, owner, from }: SummaryClaim, meeting: Meeting, jump: (key: string) => void): HTMLElement {
  const item = createElement('li');
  if (owner !== undefined) item.append(createElement('b', {}, `${owner}: `));
  item.append(text, ' ');
  for (const key of filterKnown(meeting, from)) {
    const time = formatElapsed(findSentence(meeting, key)!.fromMs);
    const attributes = { 'aria-label': `Go to the sentence at ${time}` };
    item.append(createButton(time, () => jump(key), { className: 'time-button', attributes }));
  }
  return item;
}
