// A server with a script in a process that may open few more files: prints its URL, and ends with its standard input.
// It wants a limit set on it (`ulimit -n`), for it takes all there are but some.
import { closeSync, openSync } from 'node:fs';
import { openScriptedServer, script } from './scripted-server.ts';

const LEFT = 12;
const server = await openScriptedServer(script('Hello there.', 0.5), 8);
const taken: number[] = [];
try {
  for (;;) taken.push(openSync('/dev/null', 'r'));
} catch {
  // All are taken now.
}
for (const descriptor of taken.slice(-LEFT)) closeSync(descriptor);
console.log(server.url);
process.stdin.resume();
process.stdin.once('end', () => process.exit(0));
