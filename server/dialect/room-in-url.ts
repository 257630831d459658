import { type Command, Fault, isFault, RoomName, type ServerEvent } from '../../protocol/index.ts';
import type { CloseFrames, Dialect, DialectSession, EncodedFormat, FrameResult, WireFrame } from '../ports/dialect.ts';

/**
 * A door whose clients say with `?room=NAME` in their address that viewers may read along: their protocols have no word
 * for it, and let an unknown name in the query pass. A name that cannot be one refuses the connection.
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
      return isFault(session) ? session : new SpeakerInRoom(session, room);
    },
  };
}

class SpeakerInRoom implements DialectSession {
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
    return this.#placed(this.#session.greet());
  }

  read(frame: WireFrame): FrameResult {
    return this.#placed(this.#session.read(frame));
  }

  write(event: ServerEvent): readonly WireFrame[] {
    return this.#session.write(event);
  }

  end(status: number, reason: string): CloseFrames {
    return this.#session.end(status, reason);
  }

  #placed({ replies, commands }: FrameResult): FrameResult {
    const placed = (command: Command): Command =>
      command.type === 'start' ? { room: this.#room, ...command } : command;
    return { replies, commands: commands.map(placed) };
  }
}
