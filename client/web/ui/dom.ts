/** The element of that id, which the page's HTML holds. */
export const findElement = <E extends HTMLElement>(id: string): E => document.querySelector<E>(`#${id}`)!;
