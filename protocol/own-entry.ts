/**
 * Returns the entry under a key that may be any text, such as a name that a client sent. Undefined when the table has no such
 * entry of its own: `table[key]` would find the properties of `Object.prototype`, such as `constructor`.
 */
export function getOwnEntry<T>(table: Readonly<Record<string, T>>, key: string): T | undefined {
  return Object.hasOwn(table, key) ? table[key] : undefined;
}

/** Whether a table has an entry of its own under a key that may be any text. */
export function hasOwnKey<T extends object>(table: T, key: string): key is keyof T & string {
  return Object.hasOwn(table, key);
}
