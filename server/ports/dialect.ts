import type { Command, ServerEvent } from '../../protocol/index.ts';

/** Translation between a client's frames and our commands and events. Pure. */
export interface Dialect {
  /** Throws `command.*` and `frame.*` faults. */
  read(frame: string | Uint8Array): Command;
  write(event: ServerEvent): string | Uint8Array;
}
