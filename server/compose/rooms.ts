import { ViewerTokenFile } from '../access/viewer-token-file.ts';
import type { Config } from '../config/options.ts';
import { guardClock, guardScheduler } from '../flow/guarded-clock.ts';
import { Rooms } from '../flow/rooms.ts';
import type { ViewingOptions } from '../gateway/viewing-routes.ts';
import { systemClock } from '../observe/clock.ts';
import type { ReportBug } from '../ports/bug.ts';
import type { Meter } from '../ports/meter.ts';

/** Creates the rooms of a server, and the options for their viewers. */
export function openRooms(of: {
  readonly config: Config;
  readonly folder: string;
  readonly meter: Meter;
  readonly reportBug: ReportBug;
}): {
  readonly rooms: Rooms;
  readonly viewing: ViewingOptions;
} {
  const { config, folder, meter, reportBug } = of;
  const viewerTokens = new ViewerTokenFile(folder, Date.now);
  const viewersMax = config['viewers-max'];
  const limits = {
    viewersMax,
    viewersPerRoomMax: config['viewers-per-room'] || viewersMax,
    viewersPerAddressMax: config['viewers-per-address'] || viewersMax,
  };
  const fail = (error: unknown): void => reportBug(error, 'a bug in a room');
  const clock = guardClock(systemClock, fail);
  const later = guardScheduler(setImmediate, fail);
  return { rooms: new Rooms({ clock, meter, runLater: later }), viewing: { viewerTokens: viewerTokens, limits } };
}
