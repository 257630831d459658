import {
  type Command,
  Fault,
  LIMITS,
  readClientMessage,
  type ServerEvent,
  writeMessage,
} from '../../protocol/index.ts';

/** Our own protocol: text frames are messages, binary frames are audio. */
export function readFrame(frame: string | Uint8Array): Command {
  if (typeof frame !== 'string') return { type: 'audio', bytes: frame };
  if (frame.length > LIMITS.textBytesMax)
    throw new Fault('frame.size', { bytes: frame.length, limit: LIMITS.textBytesMax });
  return readClientMessage(frame);
}

export function writeEvent(event: ServerEvent): string {
  return writeMessage(event);
}
