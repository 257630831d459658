/** What has the focus: a text field needs its letters, a button its space bar. */
export interface KeyFocus {
  readonly typing: boolean;
  readonly pressable: boolean;
}

/** What the target of a key event is for the shortcuts of the page. */
export function readFocus(target: EventTarget | null): KeyFocus {
  const within = (selector: string): boolean => target instanceof Element && target.closest(selector) !== null;
  return {
    typing: within('input:not([type="checkbox"], [type="file"]), select, textarea, [contenteditable], dialog'),
    pressable: within('button, summary, a, input'),
  };
}
