import { parseJson } from '../../../../protocol/parse-json.ts';
import type { DictationMode } from './plan.ts';

/** The commands that a running instance accepts. */
export const VERBS = ['begin', 'end', 'cancel', 'toggle', 'undo', 'status', 'history', 'again', 'stop'] as const;
export type Verb = (typeof VERBS)[number];

/** A request to the instance: one line of JSON. */
export interface InstanceRequest {
  readonly verb: Verb;
  /** For `again`: which sentence or dictation. */
  readonly id?: string;
  /** For `again`: to the clipboard instead of the window. */
  readonly clipboard?: boolean;
  /** For `history`: how many sentences. */
  readonly count?: number;
}

/** The instance's response: one line of JSON. */
export interface InstanceAnswer {
  readonly ok: boolean;
  /** For people. */
  readonly text: string;
  /** For `status`. */
  readonly status?: InstanceStatus;
}

export type DictationPhase = 'idle' | 'listening' | 'finishing';

export interface InstanceStatus {
  readonly phase: DictationPhase;
  readonly server: string;
  /** State of the spare session, or `in use` during a dictation. */
  readonly connection: 'ready' | 'connecting' | 'in use';
  readonly inserter: string;
  readonly mode: string;
  /** Number of sentences that were not inserted yet. */
  readonly waiting: number;
  /** Number of sentences inserted since the start. */
  readonly inserted: number;
}

/** Parses a line: a request as JSON, or a verb alone, so that a shell script can write it. */
export function parseInstanceRequest(line: string): InstanceRequest | { readonly problem: string } {
  const text = line.trim();
  const verb = text as Verb;
  if (VERBS.includes(verb)) return { verb };
  let value: unknown;
  try {
    value = parseJson(text);
  } catch {
    return { problem: `${JSON.stringify(text.slice(0, 40))} is not known; there are ${VERBS.join(', ')}.` };
  }
  const { verb: name, id, clipboard, count } = (value ?? {}) as Record<string, unknown>;
  if (typeof name !== 'string' || !VERBS.includes(name as Verb))
    return { problem: `${JSON.stringify(name)} is not known; there are ${VERBS.join(', ')}.` };
  return {
    verb: name as Verb,
    ...(typeof id === 'string' ? { id } : {}),
    ...(typeof clipboard === 'boolean' ? { clipboard } : {}),
    ...(typeof count === 'number' && Number.isInteger(count) && count > 0 ? { count } : {}),
  };
}

export const describeStatus = (status: InstanceStatus): string =>
  `${status.phase}; ${status.inserter}, ${status.mode}; ${status.server} ${status.connection}; ` +
  `${status.inserted} inserted, ${status.waiting} waiting`;

const WHEN: Readonly<Record<DictationMode, string>> = {
  sentence: 'each sentence is inserted when it is complete',
  live: 'words are inserted while you speak',
  hold: 'everything is inserted when you end the dictation',
};

const WHERE = { window: 'into the focused window', clipboard: 'into the clipboard', stdout: 'to standard output' };

/** What an instance prints once it can be used: what it does with speech, and how to begin. */
export function describeReady(mode: DictationMode, target: keyof typeof WHERE, inserter: string): string {
  // The other two are named by what they are.
  const means = target === 'window' ? `, using ${inserter}` : '';
  const text = `Ready: ${WHEN[mode]}, ${WHERE[target]}${means}.`;
  return `${text} \`sotto dictate toggle\` begins and ends a dictation, \`sotto dictate stop\` ends this program.`;
}
