import { PACKET_SAMPLES } from './opus-codec.ts';

/** Some Opus packets in a row, as they are stored. */
export interface PacketRow {
  /** Position of the first, in 16 kHz samples of its session; a multiple of `PACKET_SAMPLES`. */
  readonly at: number;
  /** Each behind its length as 16 bits, little endian. */
  readonly packets: Uint8Array;
}

export function packPackets(packets: readonly Uint8Array[]): Uint8Array {
  const packed = new Uint8Array(packets.reduce((sum, { length }) => sum + 2 + length, 0));
  let at = 0;
  for (const packet of packets) {
    packed[at] = packet.length & 0xff;
    packed[at + 1] = packet.length >> 8;
    packed.set(packet, at + 2);
    at += 2 + packet.length;
  }
  return packed;
}

/** Stops at a length that goes beyond the end. */
export function unpackPackets(packed: Uint8Array): Uint8Array[] {
  const packets: Uint8Array[] = [];
  for (let at = 0; at + 2 <= packed.length; ) {
    const end = at + 2 + packed[at]! + (packed[at + 1]! << 8);
    if (end > packed.length) break;
    packets.push(packed.subarray(at + 2, end));
    at = end;
  }
  return packets;
}

/** Packets by their number from the beginning of the session, each covering `PACKET_SAMPLES`. */
export function numberPackets(rows: readonly PacketRow[]): Map<number, Uint8Array> {
  return new Map(
    rows.flatMap(({ at, packets }) =>
      unpackPackets(packets).map((packet, i): [number, Uint8Array] => [at / PACKET_SAMPLES + i, packet]),
    ),
  );
}
