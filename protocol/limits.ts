/** Every number a client can run into. `protocol/README.md` says what happens at each. */
export const LIMITS = {
  /** Largest frame a client may send, bytes (one second of 48 kHz float, 5 channels). */
  frameBytesMax: 1_048_576,
  /** Longest JSON text frame, bytes. */
  textBytesMax: 65_536,
  /** Levels of arrays and objects in a JSON text that came from elsewhere. */
  jsonDepthMax: 32,
  /** Frames a second, over any length of time; twice as many at once. Twenty times 10 ms frames in real time. */
  framesPerSecondMax: 2_000,
  /** Messages a second that are no audio; four times as many at once. */
  commandsPerSecondMax: 50,
  /** Pings a second from a client; five times as many at once. */
  pingsPerSecondMax: 10,
  /** Longest rest that a client gets for what it sent too fast, ms. */
  restMsMax: 20_000,
  /** Bytes kept of a client that is not read, on a transport that cannot stop reading. */
  heldBytesMax: 16_777_216,
  /** Time for the head of an HTTP request, the handshake of TLS with it, ms. */
  headersTimeoutMs: 10_000,
  /** Connections that have not sent a whole request. */
  handshakesMax: 256,
  /** Time from connecting to `start`, ms. */
  openTimeoutMs: 10_000,
  /** Time without any frame, ms. A `keepalive` counts. */
  idleTimeoutMs: 60_000,
  /** Between two pings of the server, ms. */
  pingEveryMs: 15_000,
  /** Longest silence of the server on a line that is alive, ms. Short, for it is all a client has to tell a dead line by. */
  aliveEveryMs: 1_500,
  /** Time a client has to answer a close, ms. */
  closeTimeoutMs: 10_000,
  /** Length of a session, minutes. */
  sessionMinutesMax: 480,
  /** Bytes waiting for a slow client before its connection is cut. Less than is kept, so that it can come back. */
  outboxBytesMax: 1_048_576,
  /** Bytes of events kept for a client that comes back over a new connection. */
  replayBytesMax: 2_097_152,
  /** Bytes of finals, cleanings and translations that a room keeps for viewers who come late. */
  roomHistoryBytesMax: 1_048_576,
  /** Bytes that all rooms keep in which nobody speaks. */
  roomsIdleBytesMax: 67_108_864,
  /** How long a room without speakers and viewers keeps its text, ms. */
  roomIdleMs: 3_600_000,
  /** The same of a room that has no name but its session's, ms. */
  roomOfSessionIdleMs: 60_000,
  /** Rooms where nobody speaks that one key holds by what was said there. */
  roomsPerKeyMax: 1_000,
  /** Good tokens of viewers, of all rooms, and of them those that one key made. */
  viewerTokensMax: 10_000,
  viewerTokensPerKeyMax: 1_000,
  /** How often the keys and tokens of those who watch are checked, ms. */
  viewerTokenEveryMs: 5_000,
  /** Longest silence of a room to its viewers, ms. */
  viewerAliveEveryMs: 10_000,
  /** Bytes the transport may hold for a viewer before it gets no more for now. */
  viewerBusyBytes: 16_384,
  /** Time in which a viewer for whom something waits must have taken some of it, ms. */
  viewerStallMs: 20_000,
  /** Playlists of captions for HLS that are asked for, of all rooms and forms. */
  hlsPlaylistsMax: 64,
  /** Those of them that one key asks for, on a server that wants keys. */
  hlsPlaylistsPerKeyMax: 32,
  /** Time after which one that nobody asks for is forgotten, ms: longer than a player looks back. */
  hlsIdleMs: 120_000,
  /** Languages the sentences of one session are translated into. */
  translationsMax: 4,
  /** Time one translation may take, ms, waiting included. */
  translationTimeoutMs: 8_000,
  /** Translations of one session that wait for others of it. */
  translationsWaitingMax: 8,
  /** Sound of one session that is held to be heard again as English, ms. */
  translationSoundMsMax: 60_000,
  /** Characters of vocabulary hints, all together. */
  vocabularyCharsMax: 1_000,
  /** Characters of a cleanup instruction. */
  instructionCharsMax: 500,
  /** Size of an uploaded file, bytes. */
  uploadBytesMax: 104_857_600,
  /** Bytes of uploaded files held at one time, all together. */
  uploadsBytesMax: 419_430_400,
  /** Processes that decode uploaded files at one time. */
  fileDecodersMax: 16,
  /** Processes that decode compressed live audio at one time. */
  liveDecodersMax: 64,
  /** Length of the sound in an uploaded file, minutes. */
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
  /** Transcripts one key may have. */
  transcriptsMax: 10_000,
  /** Characters of a search, and the words of it that are looked at. */
  queryCharsMax: 200,
  queryWordsMax: 8,
  /** Characters of the template of a summary. */
  templateCharsMax: 4_000,
} as const;
