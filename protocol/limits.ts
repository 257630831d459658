/** Every number a client can run into. `protocol/README.md` says what happens at each. */
export const LIMITS = {
  /** Largest frame a client may send, bytes (one second of 48 kHz float, 5 channels). */
  frameBytesMax: 1_048_576,
  /** Longest JSON text frame, bytes. */
  textBytesMax: 65_536,
  /** Audio received and not yet decoded, seconds. */
  backlogSecondsMax: 60,
  /** Time from connecting to `start`, ms. */
  openTimeoutMs: 10_000,
  /** Time without any frame, ms. A `keepalive` counts. */
  idleTimeoutMs: 60_000,
  /** Length of a session, minutes. */
  sessionMinutesMax: 480,
  /** Bytes waiting for a slow client before it is let go. */
  outboxBytesMax: 4_194_304,
  /** Bytes of events kept for a client that comes back over a new connection. */
  replayBytesMax: 2_097_152,
  /** Characters of vocabulary hints, all together. */
  vocabularyCharsMax: 1_000,
  /** Characters of a cleanup instruction. */
  instructionCharsMax: 500,
} as const;
