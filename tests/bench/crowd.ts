import { WebSocket } from 'ws';
import { connect, type Session } from '../../client/sdk/index.ts';
import { FaultyLine } from '../support/faulty-line.ts';
import { freePort, type Look, type ScriptedProcess, startScriptedProcess } from '../support/scripted-process.ts';
import { script, sound } from '../support/scripted-server.ts';

const SENTENCES = 20;
/** Every word is another one, so that each can be counted. */
const TEXTS = Array.from({ length: SENTENCES }, (_, i) => `First${i} second${i} third${i} fourth${i}.`);
export const WORDS = TEXTS.flatMap((text, i) => script(text, i * 3 + 0.6));
const SOUND = sound(
  SENTENCES * 3,
  TEXTS.map((_, i) => [i * 3 + 0.5, i * 3 + 1.9] as const),
);
const PER_SENTENCE = WORDS.length / SENTENCES;
const STEP = 1_600;

/** What became of the words of all sessions. */
export interface Tally {
  sessions: number;
  spoken: number;
  lost: number;
  doubled: number;
  /** Sessions that ended otherwise than by `done`. */
  failed: number;
}

export interface CrowdSetup {
  readonly programs: string;
  readonly folder: string;
  readonly sessions: number;
  /** Times real time. */
  readonly pace: number;
  readonly random: () => number;
  /** Fewest and most words of a session; default all there are. */
  readonly lengths?: readonly [number, number];
}

/** One place in the crowd: session after session over a line of its own. */
interface Place {
  readonly line: FaultyLine;
  session: Session | undefined;
  /** When text came last, ms. */
  textMs: number;
  readonly wakes: Set<() => void>;
}

/** Streams that go on and on against one server in a process of its own. */
export class Crowd {
  readonly #setup: CrowdSetup;
  readonly #port: number;
  readonly #tally: Tally = { sessions: 0, spoken: 0, lost: 0, doubled: 0, failed: 0 };
  #server: ScriptedProcess;
  #places: readonly Place[] = [];
  #running: Promise<unknown> = Promise.resolve();
  #over = false;

  constructor(setup: CrowdSetup, port: number, server: ScriptedProcess) {
    this.#setup = setup;
    this.#port = port;
    this.#server = server;
  }

  get pid(): number {
    return this.#server.pid;
  }

  async open(): Promise<void> {
    const { sessions } = this.#setup;
    this.#places = await Promise.all(
      Array.from({ length: sessions }, async () => ({
        ...{
          line: await FaultyLine.open(this.#server.url),
          session: undefined,
          textMs: 0,
          wakes: new Set<() => void>(),
        },
      })),
    );
    this.#running = Promise.all(this.#places.map((place) => this.#goOn(place)));
  }

  line(session: number): FaultyLine {
    return this.#places[session]!.line;
  }

  isSpeaking(session: number): boolean {
    return this.#places[session]!.session !== undefined;
  }

  /** Says nothing more and goes: what was not final is nobody's loss. */
  leave(session: number): void {
    const place = this.#places[session]!;
    place.session?.close();
    place.session = undefined;
  }

  look(): Promise<Look> {
    return this.#server.look();
  }

  async restart(): Promise<void> {
    await this.#server.kill();
    this.#server = await startServer(this.#setup, this.#port);
  }

  /** How long after `startMs` text came, ms; undefined when the session was over before. */
  async textAfter(session: number, startMs: number): Promise<number | undefined> {
    const place = this.#places[session]!;
    const { session: speaking } = place;
    while (place.session === speaking && place.textMs <= startMs)
      await new Promise<void>((resolve) => place.wakes.add(resolve));
    return place.textMs > startMs ? place.textMs - startMs : undefined;
  }

  /** Lets everybody finish, and says what was lost. */
  async disperse(): Promise<Tally> {
    this.#over = true;
    await this.#running;
    for (const { line } of this.#places) line.close();
    await this.#server.kill();
    return this.#tally;
  }

  async #goOn(place: Place): Promise<void> {
    // Not all at the same word.
    await new Promise((resolve) => setTimeout(resolve, this.#setup.random() * 1_000));
    while (!this.#over) {
      try {
        await this.#speak(place);
      } catch {
        // No session came of it, so nothing was said: the server was not there.
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    }
  }

  async #speak(place: Place): Promise<void> {
    const { pace, random, lengths = [WORDS.length, WORDS.length] } = this.#setup;
    const session = await connect({ url: place.line.url, WebSocket: WebSocket as never, partials: { everyMs: 100 } });
    place.session = session;
    const finals: string[] = [];
    const reading = (async () => {
      for await (const event of session) {
        if (event.type === 'final') finals.push(event.text);
        if (event.type !== 'final' && event.type !== 'partial') continue;
        place.textMs = performance.now();
        for (const wake of place.wakes) wake();
        place.wakes.clear();
      }
    })();
    const sentences = Math.ceil((lengths[0] + random() * (lengths[1] - lengths[0])) / PER_SENTENCE);
    let sentSamples = 0;
    const startMs = performance.now();
    for (; sentSamples < sentences * 3 * 16_000 && place.session === session; sentSamples += STEP) {
      const wait = startMs + sentSamples / 16 / pace - performance.now();
      if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
      session.send(SOUND.subarray(sentSamples, sentSamples + STEP));
      // A test that ends does not wait for all that could be said.
      if (this.#over && sentSamples % (3 * 16_000) === 0 && sentSamples > 0) break;
    }
    const left = place.session !== session;
    const done = left
      ? true
      : await Promise.race([session.finish().then(() => true), session.closed.then(({ code }) => code === 1000)]);
    await reading.catch(() => {});
    // It may have been told to leave while it waited for its last words.
    const stayed = !left && place.session === session;
    if (place.session === session) place.session = undefined;
    for (const wake of place.wakes) wake();
    place.wakes.clear();
    this.#count(finals, stayed ? sentSamples + STEP : undefined, done);
  }

  /** `sentSamples` is undefined when it left before its end: then only doubles count. */
  #count(finals: readonly string[], sentSamples: number | undefined, done: boolean): void {
    const received = finals.join(' ').split(/\s+/).filter(Boolean);
    const expected = new Set(
      TEXTS.flatMap((text, i) =>
        sentSamples !== undefined && i * 3 * 16_000 + 1.9 * 16_000 < sentSamples ? text.split(' ') : [],
      ),
    );
    this.#tally.sessions++;
    this.#tally.spoken += expected.size;
    this.#tally.lost += [...expected].filter((word) => !received.includes(word)).length;
    this.#tally.doubled += received.length - new Set(received).size;
    if (!done) this.#tally.failed++;
  }
}

export async function gather(setup: CrowdSetup): Promise<Crowd> {
  const port = await freePort();
  const crowd = new Crowd(setup, port, await startServer(setup, port));
  await crowd.open();
  return crowd;
}

function startServer({ folder, programs }: CrowdSetup, port: number): Promise<ScriptedProcess> {
  const program = `${programs}/scripted-process-main.mjs`;
  return startScriptedProcess(program, { words: WORDS, port, folder, programs });
}
