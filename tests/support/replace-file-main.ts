// Adds to the number in a file so many times, as one of several processes that do so at once. Arguments: path, times.
import { existsSync, readFileSync } from 'node:fs';
import { replaceFile } from '../../server/files/replace-file.ts';

const [, , path, times] = process.argv;
for (let time = 0; time < Number(times); time++) {
  const next = (): string => String((existsSync(path!) ? Number(readFileSync(path!, 'utf8')) : 0) + 1);
  replaceFile(path!, next, { sync: false });
}
