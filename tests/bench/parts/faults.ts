// What faults cost a live server with paced streams: words lost, words doubled, seconds until text flows again.
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { randomFrom } from '../../support/random.ts';
import { bundle } from '../../support/scripted-process.ts';
import { type Crowd, gather, type Tally, WORDS } from '../crowd.ts';
import { realFaults } from '../real-faults.ts';
import { machine, quantile, readArgs, reportFailures, table } from '../report.ts';

/**
 * Does one thing wrong; resolves when it has been done, with the moment (`performance.now()`) if it had to wait for it. `all`
 * faults hit every session, the others one.
 */
interface FaultKind {
  readonly name: string;
  readonly hits: 'one' | 'all';
  inflict(crowd: Crowd, session: number, random: () => number): Promise<unknown>;
}

const signal =
  (which: 'recogniser' | 'cleaner', name: NodeJS.Signals) =>
  async (crowd: Crowd): Promise<number> => {
    for (;;) {
      const pid = (await crowd.look())[which];
      const hitMs = performance.now();
      if (pid !== undefined && isHit(pid, name)) return hitMs;
      // It died a moment ago; the next one is hit.
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  };

function isHit(pid: number, name: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, name);
  } catch {
    return false;
  }
}

const KINDS: readonly FaultKind[] = [
  { name: 'control: nothing', hits: 'one', inflict: async () => {} },
  { name: 'connection cut', hits: 'one', inflict: async (crowd, session) => crowd.line(session).cut() },
  { name: 'line half-open', hits: 'one', inflict: async (crowd, session) => crowd.line(session).mute() },
  {
    name: 'line stalls 0-6 s',
    hits: 'one',
    inflict: (crowd, session, random) => crowd.line(session).stall(random() * 6_000, 'both'),
  },
  {
    name: 'client stops reading 0-2 s',
    hits: 'one',
    inflict: (crowd, session, random) => crowd.line(session).stall(random() * 2_000, 'down'),
  },
  { name: 'recogniser kill -9', hits: 'all', inflict: signal('recogniser', 'SIGKILL') },
  { name: 'recogniser abort', hits: 'all', inflict: signal('recogniser', 'SIGABRT') },
  { name: 'recogniser hangs', hits: 'all', inflict: signal('recogniser', 'SIGSTOP') },
  { name: 'recogniser decodes without end', hits: 'all', inflict: signal('recogniser', 'SIGUSR2') },
  { name: 'recogniser grows beyond its limit', hits: 'all', inflict: signal('recogniser', 'SIGHUP') },
  { name: 'cleaner kill -9', hits: 'all', inflict: signal('cleaner', 'SIGKILL') },
  { name: 'cleaner hangs', hits: 'all', inflict: signal('cleaner', 'SIGSTOP') },
  {
    name: 'server stands still 0-3 s',
    hits: 'all',
    inflict: async ({ pid }, _, random) => {
      process.kill(pid, 'SIGSTOP');
      await new Promise((resolve) => setTimeout(resolve, random() * 3_000));
      process.kill(pid, 'SIGCONT');
    },
  },
  { name: 'server kill -9, restart', hits: 'all', inflict: (crowd) => crowd.restart() },
];

export async function run(args: string[]): Promise<void> {
  const options = readArgs(args, {
    times: '50',
    seconds: '60',
    crowds: '1',
    sessions: '8',
    pace: '4',
    seed: '1',
    only: '',
    soak: '0',
    // With real models instead, and only faults of the recogniser's process.
    models: '',
  });
  const random = randomFrom(Number(options['seed']));
  const models = options['models']!.split(',').filter(Boolean);
  if (models.length > 0) {
    console.log(`${machine()}; real engine, a decode of 5 s of speech is hit`);
    return console.log(table(await realFaults(models, Number(options['times']), random)));
  }
  const folder = mkdtempSync(join(tmpdir(), 'sotto-faults-'));
  const programs = await bundle('scripted-process-main', 'scripted-worker', 'scripted-cleaner');
  const crowds = Number(options['crowds']);
  const setup = {
    programs: programs.folder,
    folder,
    sessions: Number(options['sessions']),
    pace: Number(options['pace']),
    random,
  };
  try {
    const streams = Number(options['soak']) > 0 ? setup.sessions : `${crowds} times ${setup.sessions}`;
    console.log(`${machine()}; scripted engine, ${streams} streams at ${setup.pace} times real time`);
    if (Number(options['soak']) > 0) return await soak(setup, Number(options['soak']));
    const rows: (string | number)[][] = [];
    for (const kind of KINDS) {
      if (!kind.name.includes(options['only']!)) continue;
      const bounds = { crowds, times: Number(options['times']), seconds: Number(options['seconds']) };
      rows.push(await measure(kind, setup, bounds));
      console.log(table([HEAD, rows.at(-1)!]));
    }
    console.log(`\n${table([HEAD, ...rows])}`);
    reportFailures(rows.flatMap(failuresOf));
  } finally {
    programs.remove();
    rmSync(folder, { recursive: true, force: true });
  }
}

const HEAD = ['fault', 'injected', 'affected', 'spoken', 'lost', 'doubled', 'failed', 'text again p50', 'p95', 'max'];
/** What no fault may cost: a word that was spoken, one that was not, or a session. */
function failuresOf(row: readonly (string | number)[]): string[] {
  const [fault = '', , , , ...counts] = row;
  return ['lost', 'doubled', 'failed'].flatMap((name, i) =>
    counts[i] === '0' ? [] : [`${fault}: ${counts[i]} ${name}`],
  );
}

type Setup = Parameters<typeof gather>[0];

interface Bounds {
  /** Servers, each with streams of its own; faults of a process hit those of one. */
  readonly crowds: number;
  readonly times: number;
  readonly seconds: number;
}

/** Injects until it was often enough or the seconds are over; then lets everybody finish. */
async function measure(kind: FaultKind, setup: Setup, { crowds, times, seconds }: Bounds) {
  const folders = Array.from({ length: crowds }, () => mkdtempSync(join(setup.folder, 'crowd-')));
  const gathered = await Promise.all(folders.map((folder) => gather({ ...setup, folder })));
  const endMs = performance.now() + seconds * 1_000;
  const again: number[] = [];
  let injected = 0;
  let affected = 0;
  const injector = async (crowd: Crowd, hit: readonly number[]): Promise<void> => {
    while (injected < times && performance.now() < endMs) {
      await new Promise((resolve) => setTimeout(resolve, 100 + setup.random() * 900));
      const live = hit.filter((session) => crowd.isSpeaking(session));
      if (live.length === 0 || injected >= times) continue;
      injected++;
      affected += live.length;
      const begunMs = performance.now();
      const hitMs = await kind.inflict(crowd, live[0]!, setup.random);
      const startMs = typeof hitMs === 'number' ? hitMs : begunMs;
      const waits = live.map((session) => crowd.textAfter(session, startMs));
      again.push(...(await Promise.all(waits)).filter((ms) => ms !== undefined));
    }
  };
  const everybody = Array.from({ length: setup.sessions }, (_, i) => i);
  const hits = kind.hits === 'all' ? [everybody] : everybody.map((session) => [session]);
  await Promise.all(gathered.flatMap((crowd) => hits.map((hit) => injector(crowd, hit))));
  const tallies: readonly Tally[] = await Promise.all(gathered.map((crowd) => crowd.disperse()));
  const sum = (of: (tally: Tally) => number): number => tallies.reduce((all, tally) => all + of(tally), 0);
  const [p50, p95, max] = [0.5, 0.95, 1].map((share) => quantile(again, share) / 1_000);
  const counts = [sum(({ spoken }) => spoken), sum(({ lost }) => lost), sum(({ doubled }) => doubled)];
  return [kind.name, ...[injected, affected, ...counts, sum(({ failed }) => failed)].map(String), p50!, p95!, max!];
}

/** Sessions come, speak, are cut off, come back and leave: does the server grow? */
async function soak(setup: Setup, minutes: number): Promise<void> {
  const crowd = await gather({ ...setup, lengths: [8, WORDS.length] });
  const rows: (string | number)[][] = [
    ['minute', 'sessions', 'memory MB', 'in use MB', 'descriptors', 'timers', 'lag max ms', 'journals'],
  ];
  const startMs = performance.now();
  const at = (): number => (performance.now() - startMs) / 60_000;
  const look = async (): Promise<void> => {
    const { sessions, memoryMb, usedMb, timers, lagMs } = await crowd.look();
    const descriptors = readdirSync(`/proc/${crowd.pid}/fd`).length;
    const journals = readdirSync(setup.folder).filter((name) => name.endsWith('.journal')).length;
    rows.push([at(), String(sessions), memoryMb, usedMb, String(descriptors), String(timers), lagMs, String(journals)]);
    console.log(rows.at(-1)!.join('  '));
  };
  // The first quarter of a minute warms up.
  let nextLook = 0.25;
  while (at() < minutes) {
    await new Promise((resolve) => setTimeout(resolve, setup.random() * 400));
    const session = Math.floor(setup.random() * setup.sessions);
    if (crowd.isSpeaking(session)) {
      if (setup.random() < 0.8) crowd.line(session).cut();
      else crowd.leave(session);
    }
    if (at() < nextLook) continue;
    await look();
    nextLook += Math.max(0.5, minutes / 8);
  }
  await look();
  const { spoken, lost, doubled, failed, sessions } = await crowd.disperse();
  console.log(
    `\n${table(rows)}\n\n${sessions} sessions; ${spoken} words: ${lost} lost, ${doubled} doubled; ${failed} failed`,
  );
  const counts = Object.entries({ lost, doubled, failed });
  reportFailures(counts.flatMap(([name, count]) => (count === 0 ? [] : [`soak: ${count} ${name}`])));
}
