/**
 * The document as the pages use it: elements are looked up with their type checked, created with their properties, and
 * changed without disturbing whoever reads or selects their text.
 */

type ElementType<E extends Element> = abstract new (...args: never) => E;

/** The element with this id. Throws a TypeError when the page has none, or one of another kind. */
export function getElement(id: string): HTMLElement;
export function getElement<E extends HTMLElement>(id: string, type: ElementType<E>): E;
export function getElement(id: string, type: ElementType<HTMLElement> = HTMLElement): HTMLElement {
  return checked(document.getElementById(id), type, `#${id}`);
}

/** The first descendant of `root` that matches `selector`. Throws a TypeError when there is none, or one of another kind. */
export function getDescendant(root: ParentNode, selector: string): HTMLElement;
export function getDescendant<E extends HTMLElement>(root: ParentNode, selector: string, type: ElementType<E>): E;
export function getDescendant(
  root: ParentNode,
  selector: string,
  type: ElementType<HTMLElement> = HTMLElement,
): HTMLElement {
  return checked(root.querySelector(selector), type, selector);
}

function checked<E extends HTMLElement>(element: Element | null, type: ElementType<E>, selector: string): E {
  if (element instanceof type) return element;
  throw new TypeError(`${selector} is ${element?.constructor.name ?? 'missing'}; wanted is ${type.name}.`);
}

type TagName = keyof HTMLElementTagNameMap;

interface DataAndAttributes {
  readonly dataset?: Readonly<Record<string, string>>;
  /** For what has no property in every browser, such as `aria-label`. */
  readonly attributes?: Readonly<Record<string, string>>;
}
export type ElementProperties<K extends TagName> = Partial<Omit<HTMLElementTagNameMap[K], keyof DataAndAttributes>> &
  DataAndAttributes;

/** A new element that is not in the document yet. */
export function createElement<K extends TagName>(
  tag: K,
  properties?: ElementProperties<K>,
  ...children: readonly (Node | string)[]
): HTMLElementTagNameMap[K] {
  const { dataset = {}, attributes = {}, ...others } = (properties ?? {}) as DataAndAttributes;
  const element = document.createElement(tag);
  Object.assign(element, others);
  Object.assign(element.dataset, dataset);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

/** A new button that submits no form. What `onClick` returns is not awaited. */
export function createButton(
  text: string,
  onClick: () => unknown,
  properties: ElementProperties<'button'> = {},
): HTMLButtonElement {
  const button = createElement('button', { type: 'button', textContent: text, ...properties });
  button.addEventListener('click', () => void onClick());
  return button;
}

/** Calls `run` whenever the element with this id is clicked. What it returns is not awaited. */
export function onClick(id: string, run: () => unknown): void {
  getElement(id).addEventListener('click', () => void run());
}

/** Sets the text of an element, unless it is there already: setting it again would announce it again and drop a selection. */
export function setText(element: HTMLElement, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}

/** Sets the text of an element that mostly grows: what stands there already stays untouched, without flicker. */
export function extendText(element: HTMLElement, text: string): void {
  const shown = element.textContent ?? '';
  if (text.startsWith(shown)) element.append(text.slice(shown.length));
  else element.textContent = text;
}

/** Whether a toggle button is on, for the eye and for screen readers. */
export function setPressed(button: HTMLElement, isPressed: boolean): void {
  button.setAttribute('aria-pressed', String(isPressed));
}

/** Whether what a field holds is refused. */
export function setInvalid(field: HTMLElement, isInvalid: boolean): void {
  if (isInvalid) field.setAttribute('aria-invalid', 'true');
  else field.removeAttribute('aria-invalid');
}

/** Opens a dialog. Resolves with true when it was closed by its button of the value `yes`. */
export function confirmDialog(dialog: HTMLDialogElement): Promise<boolean> {
  dialog.returnValue = '';
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener('close', () => resolve(dialog.returnValue === 'yes'), { once: true });
  });
}
