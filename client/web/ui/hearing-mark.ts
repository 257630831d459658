import { createElement } from './dom.ts';

const SIGN = '↻';

/** What is shown of a revised sentence. */
export interface Hearing {
  /** Whether its first version is shown. */
  readonly isFirst: boolean;
  /** Says what a press does, for screen readers and as a tooltip. */
  readonly label: string;
}

/** The mark of a revised sentence. Screen readers find it, but do not announce that it has appeared. */
export const createHearingMark = (): HTMLButtonElement =>
  createElement('button', {
    ...{ type: 'button', className: 'hearing-mark' },
    attributes: { 'aria-live': 'off' },
  });

export function updateHearingMark(mark: HTMLButtonElement, { isFirst, label }: Hearing): void {
  mark.textContent = SIGN;
  mark.setAttribute('aria-pressed', String(isFirst));
  mark.setAttribute('aria-label', label);
  mark.title = label;
}
