import type { ServerEvent } from '../../protocol/index.ts';
import type { CloseFrames, Dialect, DialectSession, FrameResult, WireFrame } from '../ports/dialect.ts';
import { readUrlToken } from './url-token.ts';
import { VoskSession } from './vosk.ts';
import { readUid, WhisperLiveSession, whisperLiveDialect } from './whisper-live.ts';

/** `/`: clients of vosk-server and of WhisperLive send no path. The first frame tells which of them it is. */
export const barePathDialect: Dialect = {
  name: 'bare-path',
  subprotocol: () => undefined,
  credential: ({ url }) => readUrlToken(url),
  open: () => new BarePathSession(),
  reject: (fault, context) => whisperLiveDialect.reject!(fault, context),
};

class BarePathSession implements DialectSession {
  readonly lifetime = 'connection';
  #session: DialectSession | undefined;

  greet(): FrameResult {
    return { replies: [], commands: [] };
  }

  read(frame: WireFrame): FrameResult {
    this.#session ??= readUid(frame) === undefined ? new VoskSession() : new WhisperLiveSession();
    return this.#session.read(frame);
  }

  write(event: ServerEvent): readonly WireFrame[] {
    return this.#session?.write(event) ?? [];
  }

  end(status: number, reason: string): CloseFrames {
    return this.#session?.end(status, reason) ?? { frames: [], status, reason };
  }
}
