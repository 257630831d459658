// A server with a script, for a process that may open few files: prints its URL, and ends with its standard input.
import { openScriptedServer, script } from './scripted-server.ts';

const server = await openScriptedServer(script('Hello there.', 0.5), 8);
console.log(server.url);
process.stdin.resume();
process.stdin.once('end', () => process.exit(0));
