// Runs the four parts that have child processes where no descriptor is left, and says how they answered. It wants a limit
// set on it (`ulimit -n`), for it takes all there are. Its argument is the path of the children's program.
import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { PARTS, type ProcessPart } from './process-parts.ts';
import { simulateDelay, until } from './until.ts';

process.execArgv.splice(0);
const childPath = process.argv[2]!;
const taken: number[] = [];

function takeAll(): void {
  try {
    for (;;) taken.push(openSync('/dev/null', 'r'));
  } catch {
    // All are taken now.
  }
}

const outcomeOf = (part: ProcessPart, text: string): Promise<string> =>
  part.ask(text).catch((error: { code?: string }) => error.code ?? String(error));

async function recover(part: ProcessPart): Promise<string> {
  let outcome = '';
  const hasAnswered = async (): Promise<boolean> => {
    outcome = await outcomeOf(part, 'afterwards');
    return outcome === 'afterwards';
  };
  await until(hasAnswered, { what: 'the process answers again', everyMs: 20 });
  return outcome;
}

const parts: Record<string, ProcessPart> = {};
for (const [name, open] of Object.entries(PARTS)) parts[name] = await open({ childPath });
takeAll();
const refusal = await new Promise((resolve) => {
  spawn(process.execPath, ['--version'], { stdio: 'ignore' }).once('error', ({ code }: NodeJS.ErrnoException) =>
    resolve({ code }),
  );
});
const without: Record<string, string> = {};
const kept: Record<string, Promise<string>> = {};
const ended: Promise<string>[] = [];
for (const [name, part] of Object.entries(parts)) {
  // Ends the process that is there; what that gives back is too little for another one. The recogniser tries it twice.
  ended.push(outcomeOf(part, 'exit'));
  kept[name] = outcomeOf(part, 'afterwards');
  const soon = simulateDelay(1_000).then(() => 'kept');
  without[name] = await Promise.race([kept[name]!, soon]);
  takeAll();
}
for (const descriptor of taken.splice(0)) closeSync(descriptor);
const again: Record<string, string> = {};
for (const [name, part] of Object.entries(parts)) {
  const first = await kept[name];
  again[name] = without[name] === 'kept' ? first! : await recover(part);
}
await Promise.all(ended);
await Promise.all(Object.values(parts).map((part) => part.close()));
console.log(JSON.stringify({ refusal, without, again }));
