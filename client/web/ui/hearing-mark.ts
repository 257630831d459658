import { createElement } from './dom.ts';

const SIGN = '↻';

/** What is known of a sentence that was heard again. */
export interface Hearing {
  /** Whether the sentence is shown as it was first heard. */
  readonly isFirst: boolean;
  /** Says what a press does, for screen readers and as a tooltip. */
  readonly label: string;
}

/** The mark of a sentence that was heard again. Screen readers find it, but do not announce that it has appeared. */
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
