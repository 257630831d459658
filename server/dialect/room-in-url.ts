import { type Command, Fault, isFault, RoomName, type ServerEvent } from '../../protocol/index.ts';
import type { CloseFrames, Dialect, DialectSession, EncodedFormat, FrameResult, WireFrame } from '../ports/dialect.ts';

/**
 * Wraps a dialect so that its clients may open a room for viewers with `?room=NAME` in their URL: their protocols have
 * no field for it, and ignore unknown names in the query. An invalid name refuses the connection.
 */
export function acceptRoomInUrl(dialect: Dialect): Dialect {
  return {
    ...dialect,
    open(request, context) {
      const room = new URLSearchParams(request.url.split('?')[1] ?? '').get('room');
      if (room === null || room === '') return dialect.open(request, context);
      const { error } = RoomName.safeParse(room);
      if (error !== undefined)
        return new Fault('command.option', { name: 'room', got: room.slice(0, 80), want: error.issues[0]!.message });
      const session = dialect.open(request, context);
      return isFault(session) ? session : new RoomDialectSession(session, room);
    },
  };
}

class RoomDialectSession implements DialectSession {
  readonly #session: DialectSession;
  readonly #room: string;

  constructor(session: DialectSession, room: string) {
    this.#session = session;
    this.#room = room;
  }

  get lifetime(): DialectSession['lifetime'] {
    return this.#session.lifetime;
  }

  get encoded(): EncodedFormat | undefined {
    return this.#session.encoded;
  }

  greet(): FrameResult {
    return this.#addRoom(this.#session.greet());
  }

  read(frame: WireFrame): FrameResult {
    return this.#addRoom(this.#session.read(frame));
  }

  write(event: ServerEvent): readonly WireFrame[] {
    return this.#session.write(event);
  }

  end(status: number, reason: string): CloseFrames {
    return this.#session.end(status, reason);
  }

  #addRoom({ replies, commands }: FrameResult): FrameResult {
    const withRoom = (command: Command): Command =>
      command.type === 'start' ? { room: this.#room, ...command } : command;
    return { replies, commands: commands.map(withRoom) };
  }
}
