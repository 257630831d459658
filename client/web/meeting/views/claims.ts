import { formatElapsed } from '../../ui/format-elapsed.ts';
import { findSentence, type Meeting, type SummaryClaim } from '../meeting-state.ts';
import { createElement } from './conversation-view.ts';

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
    const title = createElement('h2');
    title.textContent = heading;
    const list = createElement('ul', 'claims');
    list.append(...claims.map((claim) => createItem(claim, meeting, jump)));
    groups.push(title, list);
  }
  into.replaceChildren(...groups);
}

const filterKnown = (meeting: Meeting, keys: readonly string[]): readonly string[] =>
  keys.filter((key) => findSentence(meeting, key) !== undefined);

function createItem({ text, owner, from }: SummaryClaim, meeting: Meeting, jump: (key: string) => void): HTMLElement {
  const made = createElement('li');
  if (owner !== undefined) {
    const who = createElement('b');
    who.textContent = `${owner}: `;
    made.append(who);
  }
  made.append(text, ' ');
  for (const key of filterKnown(meeting, from)) {
    const button = createElement('button', 'moment') as HTMLButtonElement;
    const at = formatElapsed(findSentence(meeting, key)!.fromMs);
    button.type = 'button';
    button.textContent = at;
    button.setAttribute('aria-label', `Go to the sentence at ${at}`);
    button.addEventListener('click', () => jump(key));
    made.append(button);
  }
  return made;
}
