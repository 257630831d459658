/** The WebSocket subprotocol. A new major version is a new name, so both can be served side by side. */
export const SUBPROTOCOL = 'sotto.v1';
/** Where the native protocol is served. */
export const STREAM_PATH = '/v1/stream';
