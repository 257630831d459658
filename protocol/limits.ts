/** Every limit that a client can reach. `protocol/README.md` says what happens at each. */
export const LIMITS = {
  /** Largest frame a client may send, bytes (one second of 48 kHz float, 5 channels). */
  frameBytesMax: 1_048_576,
  /** Longest JSON text frame, bytes. */
  textBytesMax: 65_536,
  /** Levels of arrays and objects in JSON from a foreign source. */
  jsonDepthMax: 32,
  /** Sustained frames per second, with bursts of twice as many. Twenty times the rate of 10 ms frames in real time. */
  framesPerSecondMax: 2_000,
  /** Sustained messages per second other than audio, with bursts of four times as many. */
  commandsPerSecondMax: 50,
  /** Sustained pings per second from a client, with bursts of five times as many. */
  pingsPerSecondMax: 10,
  /** Longest time for which the server stops reading a client that sends too fast, ms. */
  restMsMax: 20_000,
  /** Bytes buffered of a client that is not being read, on a transport that cannot stop reading. */
  heldBytesMax: 16_777_216,
  /** Time for the head of an HTTP request, including the TLS handshake, ms. */
  headersTimeoutMs: 10_000,
  /** Connections that have not sent a complete request. */
  handshakesMax: 256,
  /** Time from connecting to `start`, ms. */
  openTimeoutMs: 10_000,
  /** Time without any frame, ms. A `keepalive` counts. */
  idleTimeoutMs: 60_000,
  /** Interval of the server's pings, ms. */
  pingEveryMs: 15_000,
  /** Longest silence of the server on a live connection, ms. Short, because it is how a client recognises a dead one. */
  aliveEveryMs: 1_500,
  /** Time for a client to answer a close frame, ms. */
  closeTimeoutMs: 10_000,
  /** Length of a session, minutes. */
  sessionMinutesMax: 480,
  /** Bytes queued for a slow client before its connection is closed. Less than `replayBytesMax`, so that it can resume. */
  outboxBytesMax: 1_048_576,
  /** Bytes of events stored for a client that resumes over a new connection. */
  replayBytesMax: 2_097_152,
  /** Bytes of finals, cleanings and translations that a room stores for viewers who join late. */
  roomHistoryBytesMax: 1_048_576,
  /** Bytes of all rooms together in which nobody speaks. */
  roomsIdleBytesMax: 67_108_864,
  /** How long a room without speakers and viewers stores its text, ms. */
  roomIdleMs: 3_600_000,
  /** The same for a room that is named after its session, ms. */
  roomOfSessionIdleMs: 60_000,
  /** Rooms in which nobody speaks and whose text one key still owns. */
  roomsPerKeyMax: 1_000,
  /** Valid viewer tokens of all rooms, and those among them that one key made. */
  viewerTokensMax: 10_000,
  viewerTokensPerKeyMax: 1_000,
  /** Interval at which the keys and tokens of viewers are checked, ms. */
  viewerTokenEveryMs: 5_000,
  /** Longest silence towards a viewer, ms. */
  viewerAliveEveryMs: 10_000,
  /**
   * A connection has drained when no more bytes than this are queued in it, after there were more. Code that holds back
   * what it sends must not do so below this.
   */
  queuedBytesLow: 8_192,
  /** Bytes that the transport may buffer for a viewer before sending to it pauses. */
  viewerBusyBytes: 16_384,
  /** Time within which a viewer must take some of what is queued for it, ms. */
  viewerStallMs: 20_000,
  /** HLS caption playlists in use, of all rooms and forms. */
  hlsPlaylistsMax: 64,
  /** Those among them that one key requests, on a server that requires keys. */
  hlsPlaylistsPerKeyMax: 32,
  /** Time after which a playlist that nobody requests is dropped, ms: longer than a player looks back. */
  hlsIdleMs: 120_000,
  /** Languages into which the sentences of one session are translated. */
  translationsMax: 4,
  /** Time that one translation may take, including waiting, ms. */
  translationTimeoutMs: 8_000,
  /** Queued translations of one session. */
  translationsWaitingMax: 8,
  /** Audio of one session that is stored to be decoded again as English, ms. */
  translationSoundMsMax: 60_000,
  /** How long after its first sentence was said a stretch may be heard a second time, ms. */
  secondHearingMs: 40_000,
  /** How long the end of a session waits for each second hearing, ms. */
  secondHearingAtEndMs: 5_000,
  /** Characters of all vocabulary hints together. */
  vocabularyCharsMax: 1_000,
  /** Characters of a cleanup instruction. */
  instructionCharsMax: 500,
  /** Size of an uploaded file, bytes. */
  uploadBytesMax: 104_857_600,
  /** Bytes of all uploaded files that are held at one time. */
  uploadsBytesMax: 419_430_400,
  /** Processes that decode uploaded files at one time. */
  fileDecodersMax: 16,
  /** Processes that decode compressed live audio at one time. */
  liveDecodersMax: 64,
  /** Length of the audio in an uploaded file, minutes. */
  uploadMinutesMax: 240,
  /** Characters of a transcript's title. */
  titleCharsMax: 200,
  /** Characters of a corrected sentence. */
  correctionCharsMax: 5_000,
  /** Characters of one note. */
  noteCharsMax: 16_000,
  /** Notes, sentences and sessions of one transcript. */
  notesMax: 2_000,
  sentencesMax: 20_000,
  partsMax: 1_000,
  /** Transcripts that one key may have. */
  transcriptsMax: 10_000,
  /** Transcripts that wait to be heard again, and those among them of one key. */
  rehearingsMax: 32,
  rehearingsPerKeyMax: 8,
  /** Length of a piece of kept audio that is served as a file of its own, ms. */
  clipMsMax: 600_000,
  /** Characters of a search query, and words of it that are used. */
  queryCharsMax: 200,
  queryWordsMax: 8,
  /** Characters of the template of a summary. */
  templateCharsMax: 4_000,
} as const;
