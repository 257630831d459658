import type { Meeting, Note, Said, Summary } from './meeting-state.ts';
import { newMeeting } from './meeting-state.ts';
import type { Parcel } from './outgoing.ts';

/** A transcript as the server gives it. */
export interface KeptTranscript {
  readonly id: string;
  readonly title: string;
  readonly startedAt: string;
  readonly durationMs: number;
  readonly speakers: Readonly<Record<string, string>>;
  readonly sentences: readonly KeptSentence[];
  readonly notes: readonly Note[];
  readonly summary?: Summary;
}

interface KeptSentence extends Omit<Said, 'key'> {
  readonly part: number;
  readonly sentence: number;
}

export function meetingOf(kept: KeptTranscript): Meeting {
  const sentences = kept.sentences.map(({ part, sentence, ...said }) => {
    const { text, cleaned, correction, highlight, language, channel, fromMs, toMs } = said;
    return {
      key: `${part}.${channel}.${sentence}`,
      ...{ channel, text, highlight, language, fromMs, toMs },
      ...(cleaned === undefined ? {} : { cleaned }),
      ...(correction === undefined ? {} : { correction }),
    };
  });
  const base = newMeeting(kept.id, kept.startedAt, kept.title);
  return {
    ...base,
    ...{ transcript: kept.id, sentences, consentAt: kept.startedAt },
    speakers: { ...base.speakers, ...kept.speakers },
    notes: [...kept.notes].sort((a, b) => a.atMs - b.atMs),
    parts: kept.sentences.reduce((most, { part }) => Math.max(most, part), 0),
    ...(kept.summary === undefined ? {} : { summary: kept.summary }),
  };
}

/**
 * What the server keeps, with what this browser did and the server has not been told yet. Sentences only the browser has
 * were on screen when a session broke; they stay, unless the server finished them.
 */
export function merged(kept: Meeting, local: Meeting, unsent: readonly string[]): Meeting {
  const known = new Set(kept.sentences.map(({ key }) => key));
  const mine = new Map(local.sentences.map((said) => [said.key, said]));
  const edited = new Set(unsent);
  const sentences = [
    ...kept.sentences.map((said) => {
      const own = mine.get(said.key);
      if (own === undefined || !edited.has(`said:${said.key}`)) return said;
      const { correction: _, ...rest } = said;
      return {
        ...rest,
        highlight: own.highlight,
        ...(own.correction === undefined ? {} : { correction: own.correction }),
      };
    }),
    ...local.sentences.filter(({ key }) => !known.has(key)),
  ].sort((a, b) => a.fromMs - b.fromMs);
  const notes = [
    ...kept.notes.filter(({ id }) => !edited.has(`gone:${id}`) && !edited.has(`note:${id}`)),
    ...local.notes.filter(({ id }) => edited.has(`note:${id}`)),
  ].sort((a, b) => a.atMs - b.atMs);
  const head = edited.has('head') ? { title: local.title, speakers: local.speakers } : {};
  const { id, consentAt = kept.startedAt } = local;
  return { ...kept, ...head, id, consentAt, sentences, notes, parts: Math.max(kept.parts, local.parts) };
}

/** Brings one parcel to its address. */
export function deliver(transcript: string, parcel: Parcel): Promise<void> {
  const base = `/v1/transcripts/${encodeURIComponent(transcript)}`;
  switch (parcel.what) {
    case 'head':
      return send('PATCH', base, { title: parcel.title, speakers: parcel.speakers });
    case 'said':
      return send('PUT', `${base}/sentences/${parcel.key}`, {
        correction: parcel.correction,
        highlight: parcel.highlight,
      });
    case 'note':
      return send('PUT', `${base}/notes/${parcel.id}`, { atMs: Math.round(parcel.atMs), text: parcel.text });
    case 'gone':
      return send('DELETE', `${base}/notes/${parcel.id}`);
  }
}

export interface Listing {
  readonly id: string;
  readonly title: string;
  readonly startedAt: string;
  readonly durationMs: number;
  readonly sentences: number;
  readonly snippet?: string;
}

/** An answer that was no: the server's words, and its status. */
export class Refusal extends Error {
  readonly status: number;
  readonly code: string;
  constructor(status: number, code: string, text: string) {
    super(text);
    this.status = status;
    this.code = code;
  }
}

export const transcripts = {
  async list(
    query: string,
    before?: string,
  ): Promise<{ readonly transcripts: readonly Listing[]; readonly next?: string }> {
    const asked = new URLSearchParams({ limit: '50' });
    if (query !== '') asked.set('query', query);
    if (before !== undefined) asked.set('before', before);
    return (await ask('GET', `/v1/transcripts?${asked}`)) as never;
  },
  async read(id: string): Promise<KeptTranscript> {
    return (await ask('GET', `/v1/transcripts/${encodeURIComponent(id)}`)) as KeptTranscript;
  },
  async remove(id: string): Promise<void> {
    await send('DELETE', `/v1/transcripts/${encodeURIComponent(id)}`);
  },
  /** What summaries are to hold, as this key's owner or the server says. */
  async template(): Promise<string> {
    return ((await ask('GET', '/v1/transcripts/template')) as { readonly template: string }).template;
  },
  /** Empty: back to the server's own. */
  async setTemplate(template: string): Promise<string> {
    return ((await ask('PUT', '/v1/transcripts/template', { template })) as { readonly template: string }).template;
  },
  async summarise(id: string): Promise<Summary> {
    return (await ask('POST', `/v1/transcripts/${encodeURIComponent(id)}/summary`, {}, SUMMARY_MS)) as Summary;
  },
  async export(id: string, format: string): Promise<string> {
    const address = `/v1/transcripts/${encodeURIComponent(id)}/export?format=${format}`;
    const response = await fetch(address, { signal: AbortSignal.timeout(ANSWER_MS) });
    if (!response.ok) throw new Refusal(response.status, '', response.statusText);
    return response.text();
  },
};

const ANSWER_MS = 15_000;
/** A model on this machine reads a long meeting for minutes. */
const SUMMARY_MS = 600_000;

async function send(method: string, address: string, body?: object): Promise<void> {
  await ask(method, address, body);
}

async function ask(method: string, address: string, body?: object, timeoutMs = ANSWER_MS): Promise<unknown> {
  const response = await fetch(address, {
    method,
    cache: 'no-store',
    signal: AbortSignal.timeout(timeoutMs),
    ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
  });
  const answer = (await response.json().catch(() => ({}))) as { code?: string; text?: string };
  if (!response.ok) throw new Refusal(response.status, answer.code ?? '', answer.text ?? response.statusText);
  return answer;
}
