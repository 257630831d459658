import type { ServerEvent } from '../../protocol/index.ts';
import type { Dialect, DialectSession, Frame, Goodbye, Reading } from '../ports/dialect.ts';
import { tokenOf } from './url-token.ts';
import { VoskSession } from './vosk.ts';
import { uidOf, WhisperLiveSession, whisperLiveDialect } from './whisper-live.ts';

/** `/`: clients of vosk-server and of WhisperLive know no path. The first frame tells which of them it is. */
export const barePathDialect: Dialect = {
  name: 'bare-path',
  subprotocol: () => undefined,
  credential: ({ url }) => tokenOf(url),
  open: () => new BarePathSession(),
  turnAway: (fault, context) => whisperLiveDialect.turnAway!(fault, context),
};

class BarePathSession implements DialectSession {
  readonly lifetime = 'connection';
  #session: DialectSession | undefined;

  greet(): Reading {
    return { replies: [], commands: [] };
  }

  read(frame: Frame): Reading {
    this.#session ??= uidOf(frame) === undefined ? new VoskSession() : new WhisperLiveSession();
    return this.#session.read(frame);
  }

  write(event: ServerEvent): readonly Frame[] {
    return this.#session?.write(event) ?? [];
  }

  end(status: number, reason: string): Goodbye {
    return this.#session?.end(status, reason) ?? { frames: [], status, reason };
  }
}
