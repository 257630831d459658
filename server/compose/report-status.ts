import type { ServerStatus } from '../../protocol/server-status.ts';
import { sendToParent } from '../process/child/parent-link.ts';

/** Reports to the program that forked this server; does nothing when it was started in another way. */
export function reportStatus(status: ServerStatus): void {
  sendToParent(status);
}
