import { Fault, RoomName } from '../../protocol/index.ts';
import type { RoomSubscription } from '../ports/room.ts';
import type { OpenRequest } from '../ports/transport.ts';

/** A parsed request to read a room. */
export interface ViewingRequest extends RoomSubscription {
  readonly room: string;
  readonly words: 'with' | 'without';
  /** Token in the URL, where a browser source has no other place for it. */
  readonly token: string | undefined;
}

/**
 * Parses `BEGINNING/ROOM/END?…`. Throws `http.unknown` for a path without a valid room, `command.option` for an invalid query.
 */
export function parseViewingRequest(
  { url, headers }: Pick<OpenRequest, 'url' | 'headers'>,
  prefix: string,
  end: string,
): ViewingRequest {
  const [path = '', search] = url.split('?');
  const room = path.slice(prefix.length, path.length - end.length);
  if (!path.startsWith(prefix) || !path.endsWith(end) || !RoomName.safeParse(room).success)
    throw new Fault('http.unknown', { path: path.slice(0, 100) });
  const query = new URLSearchParams(search);
  const from = fromOf(query, headers['last-event-id']);
  const words = readQueryChoice(query, { name: 'words', form: /^[01]$/, want: '0 or 1' }) === '1' ? 'with' : 'without';
  const translate = readQueryChoice(query, {
    name: 'translate',
    form: /^[a-z]{2,3}$/,
    want: 'a language code such as de',
  });
  return { room, from, words, translate, token: query.get('token') ?? undefined };
}

function fromOf(query: URLSearchParams, lastEventId: string | undefined): ViewingRequest['from'] {
  // A browser that reconnects sends the cursor of its last event, to its original address.
  if (lastEventId !== undefined && /^\d{1,15}$/.test(lastEventId)) return Number(lastEventId);
  const want = 'now, start, or the cursor of an event';
  const from = readQueryChoice(query, { name: 'from', form: /^(now|start|\d{1,15})$/, want }) ?? 'now';
  return from === 'now' || from === 'start' ? from : Number(from);
}

export interface QueryChoice {
  readonly name: string;
  readonly form: RegExp;
  readonly want: string;
}

/** Reads one value of a query; undefined when it is absent. Throws `command.option`. */
export function readQueryChoice(query: URLSearchParams, { name, form, want }: QueryChoice): string | undefined {
  const got = query.get(name);
  if (got === null || got === '') return undefined;
  if (!form.test(got)) throw new Fault('command.option', { name, got: got.slice(0, 40), want });
  return got;
}
