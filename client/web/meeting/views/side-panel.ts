import { getElement, onClick } from '../../ui/dom.ts';

const PANELS = ['notes', 'summary'] as const;
type PanelName = (typeof PANELS)[number];

/** Shows one of the panels beside the meeting. */
export function showSidePanel(name: PanelName): void {
  for (const other of PANELS) {
    const tab = getElement(`tab-${other}`);
    tab.setAttribute('aria-selected', String(other === name));
    tab.tabIndex = other === name ? 0 : -1;
    getElement(`panel-${other}`).hidden = other !== name;
  }
}

/** Lets clicks and arrow keys switch between the panels. */
export function wireTabs(): void {
  for (const name of PANELS) {
    const tab = getElement(`tab-${name}`);
    onClick(tab.id, () => showSidePanel(name));
    tab.addEventListener('keydown', (event) => {
      if (event.key !== 'ArrowLeft' && event.key !== 'ArrowRight') return;
      event.preventDefault();
      const other = name === 'notes' ? 'summary' : 'notes';
      showSidePanel(other);
      getElement(`tab-${other}`).focus();
    });
  }
}
