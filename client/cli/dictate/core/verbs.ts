import { parseJson } from '../../../../protocol/parse-json.ts';
/** What a running instance can be asked. */
export const VERBS = ['begin', 'end', 'cancel', 'toggle', 'undo', 'status', 'history', 'again', 'stop'] as const;
export type Verb = (typeof VERBS)[number];

/** One line to the instance. */
export interface InstanceRequest {
  readonly verb: Verb;
  /** `again`: which one. */
  readonly id?: string;
  /** `again`: to the clipboard instead of the window. */
  readonly clipboard?: boolean;
  /** `history`: how many. */
  readonly count?: number;
}

/** One line back. */
export interface InstanceAnswer {
  readonly ok: boolean;
  /** For people. */
  readonly text: string;
  /** `status`. */
  readonly status?: InstanceStatus;
}

export type DictationPhase = 'idle' | 'listening' | 'finishing';

export interface InstanceStatus {
  readonly phase: DictationPhase;
  readonly server: string;
  /** Of the session that the next dictation uses, or of the one that is under way. */
  readonly connection: 'ready' | 'connecting' | 'in use';
  readonly inserter: string;
  readonly mode: string;
  /** Sentences that were said and not inserted. */
  readonly waiting: number;
  /** Sentences inserted since the start. */
  readonly inserted: number;
}

/** A line is a request as JSON, or a verb alone, so that a shell can write it without us. */
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
