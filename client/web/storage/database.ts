import { type DBSchema, type IDBPDatabase, openDB } from 'idb';

/**
 * Opens a database of this browser, at version 1; `create` makes the object stores of a new one. Resolves with undefined where the
 * browser forbids storage: the page then works without.
 *
 * What people have in their browsers must stay readable: never change the name, the stores or the key paths of a database
 * without a new version and an upgrade from the old one.
 */
export async function openDatabase<Schema extends DBSchema>(
  name: string,
  create: (database: IDBPDatabase<Schema>) => void,
): Promise<IDBPDatabase<Schema> | undefined> {
  try {
    return await openDB<Schema>(name, 1, { upgrade: create });
  } catch {
    return undefined;
  }
}
