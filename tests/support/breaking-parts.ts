import { ScriptedRecogniser, type ScriptWord } from '../../server/engine/script.ts';
import type { Dialect, DialectRoutes, DialectSession } from '../../server/ports/dialect.ts';
import type { DecodeAnswer, DecodeJob } from '../../server/ports/recogniser.ts';
import type { SpeechModel } from '../../server/ports/speech-model.ts';
import type {
  Connection,
  ConnectionHandler,
  StreamDecision,
  TransportHandler,
  UpgradeDecision,
} from '../../server/ports/transport.ts';

/** A bug that was put in on purpose. */
export class InjectedError extends Error {}

/** Throws now and then. */
export type MaybeThrow = (where: string) => void;

export function throwNowAndThen(random: () => number, chance: number): MaybeThrow {
  return (where) => {
    if (random() < chance) throw new InjectedError(where);
  };
}

/** Whether an error, or what caused it, was put in. */
export function isInjected(error: unknown): boolean {
  for (let each = error; each instanceof Error; each = each.cause) if (each instanceof InjectedError) return true;
  return false;
}

/** A handler whose every callback throws now and then, at once or later. */
export function breakHandler(handler: TransportHandler, maybe: MaybeThrow): TransportHandler {
  const connected = (
    connection: Connection,
    open: (connection: Connection) => ConnectionHandler,
  ): ConnectionHandler => {
    maybe('open');
    const own = open(connection);
    return {
      message: (frame) => {
        own.message(frame);
        maybe('message');
      },
      drained: () => {
        own.drained();
        maybe('drained');
      },
      close: (status) => {
        own.close(status);
        maybe('close');
      },
    };
  };
  return {
    handleUpgrade: (request) => {
      maybe('upgrade');
      return handler.handleUpgrade(request).then((upgrade): UpgradeDecision => {
        maybe('upgrade, later');
        return upgrade.kind === 'refuse'
          ? upgrade
          : { ...upgrade, open: (connection) => connected(connection, (each) => upgrade.open(each)) };
      });
    },
    handleStream: (request) => {
      maybe('follow');
      return handler.handleStream?.(request)?.then((following): StreamDecision => {
        maybe('follow, later');
        return following.kind === 'refuse'
          ? following
          : { ...following, open: (connection) => connected(connection, (each) => following.open(each)) };
      });
    },
    handleRequest: async (request, address) => {
      maybe('fetch');
      return handler.handleRequest(request, address);
    },
  };
}

/** The same protocols, spoken by sessions that throw now and then. */
export function breakRoutes(routes: DialectRoutes, maybe: MaybeThrow): DialectRoutes {
  const broken = (dialect: Dialect): Dialect => ({
    ...dialect,
    open: (request, context) => {
      const session = dialect.open(request, context);
      return session instanceof Error ? session : breakSession(session, maybe);
    },
  });
  return new Map([...routes].map(([path, dialect]) => [path, broken(dialect)]));
}

function breakSession(session: DialectSession, maybe: MaybeThrow): DialectSession {
  return {
    lifetime: session.lifetime,
    get encoded() {
      return session.encoded;
    },
    greet: () => {
      maybe('greet');
      return session.greet();
    },
    read: (frame) => {
      maybe('read');
      return session.read(frame);
    },
    write: (event) => {
      maybe('write');
      return session.write(event);
    },
    end: (status, reason) => {
      maybe('end');
      return session.end(status, reason);
    },
  };
}

/** A scripted recogniser that rejects now and then, as none may. */
export class BreakingRecogniser extends ScriptedRecogniser {
  readonly #maybe: MaybeThrow;

  constructor(words: readonly ScriptWord[], maybe: MaybeThrow) {
    super(words);
    this.#maybe = maybe;
  }

  override async decode(job: DecodeJob): Promise<DecodeAnswer> {
    this.jobs.length = 0;
    this.#maybe('decode');
    return super.decode(job);
  }
}

/** A speech model that throws now and then. */
export function breakSpeechModel(model: SpeechModel, maybe: MaybeThrow): SpeechModel {
  return {
    ...{ close: () => model.close() },
    thresholds: model.thresholds,
    openProbe: () => {
      maybe('open a probe');
      const probe = model.openProbe();
      return {
        computeProbability: (window) => {
          maybe('probability');
          return probe.computeProbability(window);
        },
        close: () => probe.close(),
      };
    },
  };
}
