// Adds to the number in a file so many times, as one of several processes that do so at once. Arguments: path, times, how long
// writing takes each time, ms, and `number` to do without the database library. Says `writing` when it has the file.
import { existsSync, readFileSync, writeSync } from 'node:fs';
import { replaceFile } from '../../server/files/replace-file.ts';

const [, , path, times, takesMs = '0', by] = process.argv;
const options = { sync: false, staleMs: 30, waitMs: 20_000, ...(by === 'number' ? { library: undefined } : {}) };
for (let time = 0; time < Number(times); time++) {
  const next = (): string => {
    const before = existsSync(path!) ? Number(readFileSync(path!, 'utf8')) : 0;
    writeSync(1, 'writing\n');
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, Number(takesMs));
    return String(before + 1);
  };
  replaceFile(path!, next, options);
}
